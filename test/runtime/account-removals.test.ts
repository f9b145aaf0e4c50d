import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreUnavailable } from '../../src/domain/errors.ts';
import type { AccountKind } from '../../src/ports/accounts.ts';
import { systemClock as clock } from '../../src/ports/clock.ts';
import { createAccountRemovals } from '../../src/runtime/account-removals.ts';
import { openRepositories } from '../../src/store/repositories.ts';
import { openTemporaryStore, silentLog, testSecretKey } from '../support/world.ts';

describe('the cleaning up after removed accounts', () => {
  let opened: Awaited<ReturnType<typeof openTemporaryStore>>;
  beforeEach(async () => {
    opened = await openTemporaryStore();
  });
  afterEach(async () => {
    await opened.store.close();
    await opened.remove();
  });

  async function removed(forget: (account: string) => Promise<void>) {
    const repositories = await openRepositories({ store: opened.store, secretKey: testSecretKey });
    const { accounts } = repositories;
    for (const account of ['one', 'two']) {
      const one = { channel: 'test', account };
      await accounts.save({ ...one, title: '', isPaused: false, settings: {}, version: 1 }, null);
      await accounts.remove(one);
    }
    const kinds = [{ channel: 'test', forget } as Pick<AccountKind, 'channel' | 'forget'> as AccountKind];
    const left = (await accounts.list()).removed;
    return {
      removals: createAccountRemovals({
        ...{ accounts: { unsettled: () => left }, kinds, repositories, holder: 'here', clock, log: silentLog },
      }),
      unsettled: async () => (await accounts.list()).removed.filter((one) => !one.isSettled).map((one) => one.account),
    };
  }

  it('goes on with the others when what one left cannot be removed, and tries that one again', async () => {
    let isStuck = true;
    const { removals, unsettled } = await removed(async (account) => {
      if (account === 'one' && isStuck) throw new Error('a folder that is not ours');
    });
    // Whoever starts, or changes another account, waits for this.
    await removals.settle();
    expect(await unsettled()).toEqual(['one']);
    isStuck = false;
    await removals.settle();
    expect(await unsettled()).toEqual([]);
  });

  it('ends when the store is away', async () => {
    const { removals, unsettled } = await removed(async () => {
      throw new StoreUnavailable('the store is away');
    });
    await expect(removals.settle()).rejects.toThrow(StoreUnavailable);
    expect(await unsettled()).toEqual(['one', 'two']);
  });
});
