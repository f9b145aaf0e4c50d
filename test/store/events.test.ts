import { describe, expect, it } from 'vitest';
import { VersionConflict } from '../../src/domain/errors.ts';
import type { Address } from '../../src/domain/message.ts';
import { toId } from '../../src/domain/ids.ts';
import { openRepositories } from '../../src/store/repositories.ts';
import { createCountedStore } from '../support/counted-store.ts';
import { storeKinds } from '../support/open-test-store.ts';
import { followUpOf, now, sampleConversation, sampleEvent, secretKey } from './samples.ts';

const other: Address = { channel: 'telegram', account: 'main', chat: '2' };

describe.each(storeKinds)('the mailbox on $name', (kind) => {
  async function setUp() {
    const { store, writes } = createCountedStore((await kind.open()).store);
    const repositories = await openRepositories({ store, secretKey, processes: 'one' });
    writes.length = 0;
    return { repositories, events: repositories.events, writes };
  }

  it('gives back what was inserted, in arrival order, at most as many as asked', async () => {
    const { repositories, events } = await setUp();
    const [one, two, three] = [1, 2, 3].map((number) => sampleEvent(repositories, number));
    if (!one || !two || !three) throw new Error('unreachable');
    await events.insert([three]);
    await events.insert([one, two]);
    expect(await events.waiting(one.conversationId, 10)).toEqual([one, two, three]);
    expect(await events.waiting(one.conversationId, 2)).toEqual([one, two]);
    expect(await events.waiting(repositories.ids.conversation(other), 10)).toEqual([]);
  });

  it('writes once for one event of a person it knows, and once for a batch', async () => {
    const { repositories, events, writes } = await setUp();
    await events.insert([sampleEvent(repositories, 1)]);
    expect(writes).toEqual(['insert keys', 'insert events']);
    writes.length = 0;
    await events.insert([sampleEvent(repositories, 2)]);
    expect(writes).toEqual(['insert events']);
    writes.length = 0;
    await events.insert([3, 4].map((number) => sampleEvent(repositories, number)));
    expect(writes).toEqual(['batch insert events, insert events']);
  });

  it('refuses an event it holds, also one that was consumed, alone and within a batch', async () => {
    const { repositories, events } = await setUp();
    const [one, two, three] = [1, 2, 3].map((number) => sampleEvent(repositories, number));
    if (!one || !two || !three) throw new Error('unreachable');
    expect(await events.insert([one])).toEqual(['inserted']);
    expect(await events.insert([one])).toEqual(['duplicate']);
    expect(await events.insert([one, two, two])).toEqual(['duplicate', 'inserted', 'duplicate']);
    const conversation = sampleConversation(one.conversationId, 1);
    const consumed = [{ event: one, outcome: { is: 'accepted' as const } }];
    await repositories.followUps.apply(followUpOf(conversation, { consumed }));
    expect(await events.insert([one])).toEqual(['duplicate']);
    expect(await events.insert([one, three])).toEqual(['duplicate', 'inserted']);
    expect(await events.waiting(one.conversationId, 10)).toEqual([two, three]);
  });

  it('keeps the outcome of a consumed event and nothing else', async () => {
    const { repositories, events } = await setUp();
    const event = sampleEvent(repositories, 1);
    expect(await events.exists(event.id)).toBe(false);
    await events.insert([event]);
    expect(await events.outcome(event.id)).toBeNull();
    expect(await events.exists(event.id)).toBe(true);
    const outcome = { is: 'refused', code: 'not-owned' } as const;
    const conversation = sampleConversation(event.conversationId, 1);
    await repositories.followUps.apply(followUpOf(conversation, { consumed: [{ event, outcome }] }));
    expect(await events.outcome(event.id)).toEqual(outcome);
    expect(await events.exists(event.id)).toBe(true);
    expect(await events.waiting(event.conversationId, 10)).toEqual([]);
    expect(await events.outcome(toId('none'))).toBeNull();
  });

  it('counts tries, and refuses to count for one who read before another did', async () => {
    const { repositories, events } = await setUp();
    await events.insert([1, 2].map((number) => sampleEvent(repositories, number)));
    const { conversationId } = sampleEvent(repositories, 1);
    const read = await events.waiting(conversationId, 10);
    const counted = await events.countTries(read);
    expect(counted.map(({ tries, version }) => ({ tries, version }))).toEqual([
      { tries: 1, version: 2 },
      { tries: 1, version: 2 },
    ]);
    expect(await events.waiting(conversationId, 10)).toEqual(counted);
    await expect(events.countTries(read)).rejects.toThrow(VersionConflict);
    const again = await events.countTries(counted);
    expect(again.map((event) => event.tries)).toEqual([2, 2]);
    // A copy carries no sealed text with it and is sealed anew.
    const copies = again.map((event) => ({ ...event }));
    expect(await events.countTries(copies)).toEqual(await events.waiting(conversationId, 10));
  });

  it('names the conversations whose events wait too long, oldest first, each once', async () => {
    const { repositories, events } = await setUp();
    const early = sampleEvent(repositories, 1, { address: other });
    await events.insert([
      sampleEvent(repositories, 3),
      sampleEvent(repositories, 5),
      early,
      sampleEvent(repositories, 2),
    ]);
    const { conversationId } = sampleEvent(repositories, 3);
    expect(await events.stranded(now + 5, 10)).toEqual([early.conversationId, conversationId]);
    expect(await events.stranded(now + 1, 10)).toEqual([early.conversationId]);
    expect(await events.stranded(now + 5, 1)).toEqual([early.conversationId]);
    expect(await events.stranded(now, 10)).toEqual([]);
  });

  it('finds a stranded conversation behind another with hundreds of waiting events', async () => {
    const { repositories, events } = await setUp();
    await events.insert(Array.from({ length: 450 }, (_, index) => sampleEvent(repositories, index)));
    const late = sampleEvent(repositories, 1_000, { address: other });
    await events.insert([late]);
    expect(await events.stranded(now + 1_000, 2)).toEqual([
      sampleEvent(repositories, 1).conversationId,
      late.conversationId,
    ]);
  });

  it('forgets consumed events only, oldest first', async () => {
    const { repositories, events } = await setUp();
    const [one, two, three] = [1, 2, 3].map((number) => sampleEvent(repositories, number));
    if (!one || !two || !three) throw new Error('unreachable');
    await events.insert([one, two, three]);
    for (const [event, version] of [
      [one, 1],
      [two, 2],
    ] as const) {
      const conversation = sampleConversation(event.conversationId, version);
      const consumed = [{ event, outcome: { is: 'accepted' as const } }];
      await repositories.followUps.apply(followUpOf(conversation, { consumed }));
    }
    expect(await events.removeConsumedBefore(now + 1, 10)).toBe(1);
    expect(await events.exists(one.id)).toBe(false);
    expect(await events.exists(two.id)).toBe(true);
    expect(await events.removeConsumedBefore(now + 1_000_000, 10)).toBe(1);
    expect(await events.exists(three.id)).toBe(true);
  });
});
