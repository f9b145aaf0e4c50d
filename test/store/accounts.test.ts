import { describe, expect, it } from 'vitest';
import { Duplicate, VersionConflict } from '../../src/domain/errors.ts';
import type { StoredAccount } from '../../src/ports/installation-repositories.ts';
import type { StoredDocument } from '../../src/ports/store.ts';
import { openRepositories } from '../../src/store/repositories.ts';
import { createCrashingStore } from '../support/crashing-store.ts';
import { storeKinds } from '../support/open-test-store.ts';
import { secretKey } from './samples.ts';

const secret = 'EAAG-nobody-may-see-this';
const name = { channel: 'whatsapp-cloud', account: 'branch' };
const number = '106540352242922';
const nothing: StoredDocument = { id: '', version: 0 };
const account: StoredAccount = {
  ...name,
  version: 1,
  title: 'فرع العوالي',
  isPaused: false,
  settings: { accessToken: secret, phoneNumberId: number },
};

describe.each(storeKinds)('accounts on $name', (kind) => {
  const setUp = async () => {
    const opened = await kind.open();
    const { accounts } = await openRepositories({ store: opened.store, secretKey });
    return { ...opened, accounts };
  };

  it('are kept with their secrets sealed, and their number nowhere to be read', async () => {
    const { accounts, rawBytes } = await setUp();
    await accounts.save(account, number);
    expect(await accounts.get(name)).toEqual(account);
    expect(await accounts.list()).toEqual({ accounts: [account], removed: [] });
    const raw = await rawBytes();
    expect(raw.includes('branch')).toBe(true);
    for (const hidden of [secret, number, account.title]) expect(raw.includes(hidden), hidden).toBe(false);
  });

  it('have their name and their number once', async () => {
    const { accounts } = await setUp();
    await accounts.save(account, number);
    await expect(accounts.save(account, 'other')).rejects.toThrow(Duplicate);
    await expect(accounts.save({ ...account, account: 'other' }, number)).rejects.toThrow(Duplicate);
    await accounts.save({ ...account, account: 'other' }, null);
    await accounts.save({ ...account, account: 'another' }, null);
    await accounts.save({ ...account, channel: 'telegram' }, number);
    expect((await accounts.list()).accounts).toHaveLength(4);
  });

  it('are changed by whoever knows them as they are', async () => {
    const { accounts } = await setUp();
    await accounts.save(account, number);
    const paused = { ...account, isPaused: true, version: 2 };
    await accounts.save(paused, number);
    expect(await accounts.get(name)).toEqual(paused);
    await expect(accounts.save({ ...account, version: 2 }, number)).rejects.toThrow(VersionConflict);
  });

  it('leave their name alone when they are removed, and nothing that opens', async () => {
    const { accounts, store } = await setUp();
    await accounts.save(account, number);
    const { identityToken: _token, ...sealed } =
      (await store.collection('accounts').get('whatsapp-cloud/branch')) ?? nothing;
    await accounts.remove(name);
    await accounts.remove(name);
    const removed = { ...name, version: 3, isSettled: false };
    expect(await accounts.list()).toEqual({ accounts: [], removed: [removed] });
    await expect(accounts.save({ ...account, account: 'branch' }, null)).rejects.toThrow(Duplicate);
    await accounts.save({ ...account, account: 'again' }, number);
    await accounts.settle(removed);
    expect(await accounts.get(name)).toMatchObject({ isSettled: true });
    // What was sealed does not open any more, were it put back.
    await store.collection('accounts').replace({ ...sealed, id: 'whatsapp-cloud/branch', version: 5 }, 4);
    await expect(accounts.get(name)).rejects.toMatchObject({ code: 'seal-broken' });
  });

  it.each([1, 2, 3])('lose their key although a removal was cut short after %i writes', async (writes) => {
    const { accounts, store } = await setUp();
    await accounts.save(account, number);
    const { wrapped } = (await store.collection('keys').get('account/whatsapp-cloud/branch')) ?? nothing;
    expect(wrapped).toBeTypeOf('string');
    const dying = createCrashingStore(store, writes);
    const { accounts: cut } = await openRepositories({ store: dying.store, secretKey });
    await Promise.race([cut.remove(name), dying.died]);
    await openRepositories({ store, secretKey });
    const key = await store.collection('keys').get('account/whatsapp-cloud/branch');
    expect(key).toEqual({ id: 'account/whatsapp-cloud/branch', version: 2 });
    expect(await accounts.get(name)).toMatchObject({ isSettled: false });
  });
});
