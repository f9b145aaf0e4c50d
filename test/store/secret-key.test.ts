import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/ports/clock.ts';
import { collections } from '../../src/store/collections.ts';
import { openKeyRing } from '../../src/store/key-ring.ts';
import { openRepositories } from '../../src/store/repositories.ts';
import { rotateSecretKey } from '../../src/store/rotate-secret-key.ts';
import { deriveMasterKey } from '../../src/store/secret-key.ts';
import { createCountedStore } from '../support/counted-store.ts';
import { createCrashingStore } from '../support/crashing-store.ts';
import { storeKinds } from '../support/open-test-store.ts';
import { otherSecretKey, sampleConversation, sampleEvent, secretKey } from './samples.ts';

const mismatch = expect.objectContaining({ code: 'store-key-mismatch' }) as Error;

describe.each(storeKinds)('SECRET_KEY on $name', (kind) => {
  async function setUp(people: number) {
    const { store } = await kind.open();
    const repositories = await openRepositories({ store, secretKey });
    const events = Array.from({ length: people }, (_, number) =>
      sampleEvent(repositories, number, { address: { channel: 'telegram', account: 'main', chat: String(number) } }),
    );
    await repositories.events.insert(events);
    return { store, repositories, events };
  }

  it('has 32 bytes', async () => {
    const { store } = await kind.open();
    await expect(openRepositories({ store, secretKey: Buffer.alloc(16) })).rejects.toThrow(
      /SECRET_KEY: has 16 bytes, expected 32/,
    );
  });

  it('of another store is refused at the start, and the store stays as it was', async () => {
    const { store, events } = await setUp(1);
    await expect(openRepositories({ store, secretKey: otherSecretKey })).rejects.toThrow(mismatch);
    const again = await openRepositories({ store, secretKey });
    expect(await again.events.waiting(events[0]!.conversationId, 1)).toEqual(events);
  });

  it('is refused when the store no longer says which one opens it', async () => {
    const { store } = await setUp(1);
    await store.collection('settings').remove('installation');
    await expect(openRepositories({ store, secretKey })).rejects.toThrow(mismatch);
  });

  it('is the same for processes that start together on an empty store', async () => {
    const { store } = await kind.open();
    const opened = await Promise.all([1, 2, 3].map(() => openRepositories({ store, secretKey })));
    const address = { channel: 'a', account: 'b', chat: 'c' };
    expect(new Set(opened.map(({ ids }) => ids.conversation(address))).size).toBe(1);
  });

  it('can be changed: everything opens with the new one, and ids stay', async () => {
    const { store, repositories, events } = await setUp(450);
    expect(await rotateSecretKey(store, secretKey, otherSecretKey)).toBe(450);
    await expect(openRepositories({ store, secretKey })).rejects.toThrow(mismatch);
    const rotated = await openRepositories({ store, secretKey: otherSecretKey });
    for (const event of [events[0]!, events[449]!]) {
      expect(rotated.ids.conversation(event.address)).toBe(repositories.ids.conversation(event.address));
      expect(await rotated.events.waiting(event.conversationId, 1)).toEqual([event]);
    }
    expect(await rotateSecretKey(store, secretKey, otherSecretKey)).toBe(0);
  });

  it('can be changed by whoever has the present one only', async () => {
    const { store } = await setUp(1);
    await expect(rotateSecretKey(store, otherSecretKey, Buffer.alloc(32, 'x'))).rejects.toThrow(mismatch);
    const empty = await kind.open();
    await expect(rotateSecretKey(empty.store, secretKey, otherSecretKey)).rejects.toThrow(/never started/);
  });

  it('opens nothing while a change of it is half done, and is changed to the end when that is run again', async () => {
    for (let writes = 1; writes <= 4; writes += 1) {
      const { store, events } = await setUp(3);
      const crashing = createCrashingStore(store, writes);
      await Promise.race([rotateSecretKey(crashing.store, secretKey, otherSecretKey), crashing.died]);
      await expect(openRepositories({ store, secretKey })).rejects.toThrow(mismatch);
      await expect(openRepositories({ store, secretKey: otherSecretKey })).rejects.toThrow(mismatch);
      await expect(rotateSecretKey(store, secretKey, Buffer.alloc(32, 'x'))).rejects.toThrow(/another rotation/);
      expect(await rotateSecretKey(store, secretKey, otherSecretKey)).toBe(3 - (writes - 1));
      const rotated = await openRepositories({ store, secretKey: otherSecretKey });
      for (const event of events) expect(await rotated.events.waiting(event.conversationId, 1)).toEqual([event]);
    }
  });
});

describe.each(storeKinds)('the keys of people on $name', (kind) => {
  async function setUp() {
    const { store, reads, writes } = createCountedStore((await kind.open()).store);
    const master = deriveMasterKey(secretKey);
    let now = 1_000_000;
    const clock = { ...systemClock, now: () => now };
    const open = (processes: 'one' | 'several') =>
      openKeyRing({ keys: store.collection('keys'), master, clock, processes });
    return { store, open, reads, writes, pass: (ms: number) => (now += ms) };
  }

  it('are made once, also when several ask at the same moment in several processes', async () => {
    const { open, writes } = await setUp();
    const [one, two] = [open('several'), open('several')];
    const keys = await Promise.all([one, two].flatMap((ring) => [1, 2, 3].map(() => ring.forSealing('c'))));
    expect(new Set(keys.map((key) => key.mark)).size).toBe(1);
    const bytes = keys.map((key) => key.secret.export().toString('hex'));
    expect(new Set(bytes).size).toBe(1);
    expect(writes.length).toBeLessThanOrEqual(2); // One try of each process.
  });

  it('are read once by a process alone, and once a minute where others may destroy them', async () => {
    const { open, reads, pass } = await setUp();
    const [alone, together] = [open('one'), open('several')];
    for (const ring of [alone, together]) await ring.forSealing('c');
    reads.length = 0;
    pass(61_000);
    await alone.forSealing('c');
    expect(reads).toEqual([]);
    await together.forSealing('c');
    await together.forSealing('c');
    expect(reads).toEqual(['get keys']);
  });

  it('that were destroyed do not come back: the next one is another', async () => {
    const { open } = await setUp();
    const [one, two] = [open('several'), open('several')];
    const old = await one.forSealing('c');
    await two.forSealing('c');
    await one.destroy('c', old.mark);
    expect(await one.forOpening('c', old.mark)).toBeNull();
    const made = await one.forSealing('c');
    expect(made.mark).not.toBe(old.mark);
    expect(made.secret.equals(old.secret)).toBe(false);
    expect((await two.forOpening('c', made.mark))?.mark).toBe(made.mark);
    expect(await two.forOpening('c', old.mark)).toBeNull();
    await one.destroy('c', old.mark);
    expect((await one.forSealing('c')).mark).toBe(made.mark);
  });

  it('lie in the store wrapped', async () => {
    const { rawBytes, store } = await kind.open();
    const repositories = await openRepositories({ store, secretKey });
    const { conversationId } = sampleEvent(repositories, 1);
    await repositories.conversations.commit(sampleConversation(conversationId, 1));
    const ring = openKeyRing({
      keys: store.collection('keys'),
      master: deriveMasterKey(secretKey),
      clock: systemClock,
      processes: 'one',
    });
    const secret = (await ring.forSealing(conversationId)).secret.export();
    const bytes = await rawBytes();
    for (const form of [secret, secret.toString('base64').slice(0, 40), secret.toString('hex')]) {
      expect(bytes.includes(form)).toBe(false);
    }
    expect(bytes.includes(secretKey)).toBe(false);
  });
});

describe('the collections', () => {
  it('have names and indexes of their own', () => {
    expect(new Set(collections.map(({ name }) => name)).size).toBe(collections.length);
  });
});
