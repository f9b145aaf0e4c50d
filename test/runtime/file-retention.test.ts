import { beforeEach, describe, expect, it } from 'vitest';
import type { Case } from '../../src/domain/case.ts';
import { toId } from '../../src/domain/ids.ts';
import type { Store } from '../../src/ports/store.ts';
import { createFileRetention } from '../../src/runtime/file-retention.ts';
import { openRepositories } from '../../src/store/repositories.ts';
import { address, followUpOf, sampleCase, sampleConversation, sampleLine, secretKey } from '../store/samples.ts';
import { createCountedStore } from '../support/counted-store.ts';
import { createCrashingStore } from '../support/crashing-store.ts';
import { storeKinds } from '../support/open-test-store.ts';
import { silentLog } from '../support/world.ts';

const day = 86_400_000;
const keepMs = 365 * day;

async function* bytes() {
  yield await Promise.resolve(Buffer.from('a photo'));
}

describe.each(storeKinds)('files that people sent, on $name', ({ open }) => {
  let store: Store;
  let repositories: Awaited<ReturnType<typeof openRepositories>>;
  let time: number;
  const clock = { now: () => time, after: () => () => {} };

  beforeEach(async () => {
    ({ store } = await open());
    time = Date.UTC(2026, 0, 1);
    repositories = await openRepositories({ store, secretKey, clock });
  });

  const conversationId = () => repositories.ids.conversation(address);

  /** A line with its stored file, as the runtime leaves it. */
  async function send(id: string, cases: readonly Case[] = []): Promise<void> {
    const attachment = {
      ...{ id: toId<'attachment'>(id), kind: 'photo' as const, mimeType: 'image/jpeg' },
      state: { is: 'stored', blobId: toId<'blob'>(id) },
    } as const;
    const line = sampleLine(conversationId(), 0, { id, order: id, at: time, attachment });
    await repositories.followUps.apply(
      followUpOf(sampleConversation(conversationId(), 1), { lines: [line], cases: [...cases] }),
    );
    await repositories.files.put(conversationId(), id, bytes());
  }

  function caseWith(id: string, change: Partial<Case> = {}): Case {
    const made = sampleCase(conversationId(), 'W-0000018', { openedAt: time, updatedAt: time });
    return { ...made, attachments: [toId(id)], ...change };
  }

  const retention = (over: { store?: Store; keepMs?: number | null } = {}) =>
    createFileRetention({ repositories, keepMs, clock, log: silentLog, ...over });

  async function stateOf(id: string) {
    return {
      says: (await repositories.messages.get(id))?.attachment?.state.is,
      hasBytes: (await store.blobs.get(id)) !== null,
      hasRow: (await store.collection('files').get(id)) !== null,
    };
  }
  const kept = { says: 'stored', hasBytes: true, hasRow: true };
  const removed = { says: 'removed', hasBytes: false, hasRow: false };

  it('are kept for the time that is set and not a day longer, and the transcript says that they are gone', async () => {
    await send('f1');
    time += keepMs - 1;
    await retention().removeDue();
    expect(await stateOf('f1')).toEqual(kept);
    time += 1;
    await send('f2');
    await retention().removeDue();
    expect(await stateOf('f1')).toEqual(removed);
    expect(await stateOf('f2')).toEqual(kept);
    // What else the line says of it stays.
    expect((await repositories.messages.get('f1'))?.attachment).toMatchObject({
      kind: 'photo',
      mimeType: 'image/jpeg',
    });
  });

  it('are kept for ever when that is set', async () => {
    await send('f1');
    time += 100 * keepMs;
    await retention({ keepMs: null }).removeDue();
    expect(await stateOf('f1')).toEqual(kept);
  });

  it.each(['rejected', 'done'] as const)(
    'are kept while their case is open, and then as long again from its last change (%s)',
    async (status) => {
      await send('f1', [caseWith('f1')]);
      await send('f2');
      time += 2 * keepMs;
      await retention().removeDue();
      expect(await stateOf('f1')).toEqual(kept);
      expect(await stateOf('f2')).toEqual(removed);

      const [open] = await repositories.cases.ofConversation(conversationId());
      time += 10 * day;
      await repositories.cases.update({ ...open!, version: open!.version + 1, status, updatedAt: time });
      time += keepMs - 1;
      await retention().removeDue();
      expect(await stateOf('f1')).toEqual(kept);
      time += 1;
      await retention().removeDue();
      expect(await stateOf('f1')).toEqual(removed);
    },
  );

  it('are kept from the last change of a case that was closed long after they came', async () => {
    await send('f1', [caseWith('f1', { status: 'done', updatedAt: time + 300 * day })]);
    time += keepMs;
    await retention().removeDue();
    expect(await stateOf('f1')).toEqual(kept);
    time += 300 * day;
    await retention().removeDue();
    expect(await stateOf('f1')).toEqual(removed);
  });

  it('cost the same however many are kept, and all that are due go, a page at a time', async () => {
    for (let count = 0; count < 103; count += 1) await send(`old-${count}`);
    time += keepMs;
    const counted = createCountedStore(store);
    const over = { repositories: await openRepositories({ store: counted.store, secretKey, clock }), keepMs };
    const sweep = createFileRetention({ ...over, clock, log: silentLog });
    await sweep.removeDue();
    expect(await store.collection('files').count('age', [])).toBe(3);
    await sweep.removeDue();
    await sweep.removeDue();
    expect(await store.collection('files').count('age', [])).toBe(0);

    const readsOf = async () => {
      counted.reads.length = 0;
      await sweep.removeDue();
      return [...counted.reads];
    };
    const before = await readsOf();
    for (let count = 0; count < 50; count += 1) await send(`new-${count}`);
    expect(await readsOf()).toEqual(before);
    expect(before).toEqual(['find files']);
  });

  it('keep no other waiting when one cannot be removed', async () => {
    await send('bad');
    await send('good');
    time += keepMs;
    const broken = {
      ...repositories,
      messages: {
        ...repositories.messages,
        get: (id: string) => (id === 'bad' ? Promise.reject(new Error('seal')) : repositories.messages.get(id)),
      },
    };
    await createFileRetention({ repositories: broken, keepMs, clock, log: silentLog }).removeDue();
    expect(await stateOf('bad')).toEqual(kept);
    expect(await stateOf('good')).toEqual(removed);
  });

  it('are never offered without their bytes and leave nothing, whatever the process dies after', async () => {
    // The line, the bytes and the row: three writes.
    for (let writes = 0; writes <= 3; writes += 1) {
      const id = `f-${writes}`;
      await send(id);
      time += keepMs;
      const crashing = createCrashingStore(store, writes);
      const mortal = await openRepositories({ store: crashing.store, secretKey, clock });
      const sweeping = createFileRetention({ repositories: mortal, keepMs, clock, log: silentLog }).removeDue();
      await Promise.race([sweeping, crashing.died]);
      expect(crashing.isDead(), `died after write ${writes}`).toBe(true);
      const left = await stateOf(id);
      if (left.says === 'stored') expect(left).toEqual(kept);
      else expect(left.says).toBe('removed');
      expect(left.hasRow, `is found again after write ${writes}`).toBe(writes < 3);

      await retention().removeDue();
      expect(await stateOf(id)).toEqual(removed);
    }
  });
});
