import { describe, expect, it } from 'vitest';
import type { Conversation } from '../../src/domain/conversation.ts';
import { toEffectId, toId } from '../../src/domain/ids.ts';
import { systemClock } from '../../src/ports/clock.ts';
import type { Repositories } from '../../src/ports/repositories.ts';
import type { Collection, Store } from '../../src/ports/store.ts';
import { createArrivalOrder } from '../../src/runtime/arrival-order.ts';
import { createIntake } from '../../src/runtime/intake.ts';
import { createLinking } from '../../src/runtime/linking.ts';
import { createInProcessQueue } from '../../src/queue/in-process/queue.ts';
import { openRepositories } from '../../src/store/repositories.ts';
import { storeKinds } from '../support/open-test-store.ts';
import { silentLog } from '../support/world.ts';
import { address, sampleConversation, secretKey } from '../store/samples.ts';

const otherAddress = { ...address, channel: 'whatsapp-web' };

/** A store that tells before each of its writes how many there were, so that others may act in between. */
function withHook(store: Store, before: (written: number) => Promise<void>): Store {
  let written = 0;
  const tell = async () => before(written++);
  const wrap = (collection: Collection): Collection => ({
    ...collection,
    insert: async (document) => {
      await tell();
      return collection.insert(document);
    },
    replace: async (document, version) => {
      await tell();
      return collection.replace(document, version);
    },
    remove: async (id) => {
      await tell();
      return collection.remove(id);
    },
    get: (id) => collection.get(id),
    getMany: (ids) => collection.getMany(ids),
    find: (query) => collection.find(query),
  });
  return {
    ...store,
    collection: (name) => wrap(store.collection(name)),
    batch: async (writes) => {
      await tell();
      return store.batch(writes);
    },
    blobs: store.blobs,
  };
}

/** What the runtime says of `joining`, which has passed to the person of `known`. */
async function settled(repositories: Repositories, known: Conversation, joining: Conversation): Promise<unknown> {
  const clock = systemClock;
  const door = createIntake({
    ...{ events: repositories.events, ids: repositories.ids, log: silentLog },
    queue: createInProcessQueue({ clock, log: silentLog }),
    meter: { received() {} },
    nextOrder: createArrivalOrder({ clock, processName: 'test' }),
  });
  const event = await createLinking({ repositories, door, clock }).carryOut(joining, toEffectId(joining.id, 2, 0), {
    ...{ type: 'settle-link', key: 'k', from: joining.personId, to: known.personId, knownId: known.id },
  });
  return event?.type === 'link-settled' ? event.is : event;
}

describe.each(storeKinds)('a link and an erasure at the same moment, on $name', (kind) => {
  /** The known conversation's person is erased; the other one passes to that person before write `joinAt`, and asks whether that holds before `settleAt`. */
  async function race(joinAt: number, settleAt: number) {
    const { store } = await kind.open();
    const repositories = await openRepositories({ store, secretKey });
    const { conversations, ids } = repositories;
    const known = sampleConversation(ids.conversation(address), 1);
    const joining = sampleConversation(ids.conversation(otherAddress), 1, { address: otherAddress });
    await conversations.commit(known);
    await conversations.commit(joining);

    let verdict: unknown = null;
    let total = 0;
    const join = async () => {
      const linking = { key: 'k', from: joining.personId };
      await conversations.commit({ ...joining, version: 2, personId: known.personId, linking });
    };
    const settle = async () => (verdict = await settled(repositories, known, joining));
    const hooked = withHook(store, async (written) => {
      total = written + 1;
      if (written === joinAt) await join();
      if (written === settleAt) await settle();
    });
    const erasing = await openRepositories({ store: hooked, secretKey });
    total = 0;
    await erasing.people.erase(known.personId);
    if (joinAt >= total) await join();
    if (settleAt >= total) await settle();
    const left = await conversations.get(joining.id);
    return { total, verdict, isErased: left !== null && 'erased' in left, known: await conversations.get(known.id) };
  }

  it('either takes the other along or refuses it, whichever write they meet at', async () => {
    const { total } = await race(Infinity, Infinity);
    expect(total).toBeGreaterThan(3);
    const seen = new Set<string>();
    for (let joinAt = 0; joinAt <= total; joinAt += 1)
      for (let settleAt = joinAt; settleAt <= total; settleAt += 1) {
        const { verdict, isErased, known } = await race(joinAt, settleAt);
        const what = `${String(verdict)}, ${isErased ? 'erased' : 'left'}`;
        expect(what, `joined before write ${joinAt}, settled before ${settleAt}`).not.toBe('linked, left');
        expect(known).toMatchObject({ erased: true });
        seen.add(what);
      }
    expect([...seen].sort()).toEqual(['gone, erased', 'gone, left', 'linked, erased']);
  }, 120_000);

  it('takes along whoever is unlinked once it is noted whose keys go', async () => {
    const { store } = await kind.open();
    const repositories = await openRepositories({ store, secretKey });
    const { conversations, ids, people } = repositories;
    const known = sampleConversation(ids.conversation(address), 1);
    const linked = sampleConversation(ids.conversation(otherAddress), 1, { personId: known.personId });
    await conversations.commit(known);
    await conversations.commit(linked);
    let isNoted = false;
    const hooked = withHook(store, async () => {
      const row = await store.collection('people').get(known.personId);
      if (isNoted || !row || !('keys' in row)) return;
      isNoted = true;
      await conversations.commit({ ...linked, version: 2, personId: toId('p-own') });
    });
    const erasing = await openRepositories({ store: hooked, secretKey });
    await erasing.people.erase(known.personId);
    expect(isNoted).toBe(true);
    expect(await conversations.get(linked.id)).toMatchObject({ erased: true });
    expect(await people.conversations(toId('p-own'))).toEqual([]);
  });
});

describe.each(storeKinds)('links that cross, on $name', (kind) => {
  /** Three conversations of three people; each may have passed, or be passing, to another's person. */
  async function setUp(people: readonly { readonly person: number; readonly isPassing?: true }[]) {
    const { store } = await kind.open();
    const repositories = await openRepositories({ store, secretKey });
    const { conversations, ids } = repositories;
    const all = people.map((_, index) => {
      const own = { ...address, chat: String(index) };
      return sampleConversation(ids.conversation(own), 1, { address: own });
    });
    for (const [index, one] of all.entries()) {
      const { person, isPassing } = people[index] ?? { person: index };
      const personId = all[person]?.personId ?? one.personId;
      const linking = { key: 'k', from: one.personId };
      await conversations.commit({ ...one, personId, ...(isPassing ? { linking } : {}) });
    }
    const [first, second, third] = all;
    if (!first || !second || !third) throw new Error('unreachable');
    return { repositories, first, second, third };
  }

  it('hold when nothing stands against them', async () => {
    const { repositories, first, second } = await setUp([{ person: 0 }, { person: 0, isPassing: true }, { person: 2 }]);
    expect(await settled(repositories, first, second)).toBe('linked');
  });

  it('are undone when somebody has joined whoever passes on', async () => {
    const { repositories, first, second } = await setUp([{ person: 0 }, { person: 0, isPassing: true }, { person: 1 }]);
    expect(await settled(repositories, first, second)).toBe('linked-elsewhere');
  });

  it('are undone when the known one is passing on itself, or has passed on', async () => {
    const passing = await setUp([{ person: 0, isPassing: true }, { person: 0, isPassing: true }, { person: 2 }]);
    expect(await settled(passing.repositories, passing.first, passing.second)).toBe('gone');
    const passed = await setUp([{ person: 2 }, { person: 0, isPassing: true }, { person: 2 }]);
    expect(await settled(passed.repositories, passed.first, passed.second)).toBe('gone');
  });

  it('are undone when together they would be more than five', async () => {
    const six = Array.from({ length: 6 }, () => ({ person: 0 }));
    const { repositories, first, second } = await setUp(six);
    expect(await settled(repositories, first, second)).toBe('full');
  });
});
