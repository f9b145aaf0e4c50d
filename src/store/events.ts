import { Duplicate, VersionConflict } from '../domain/errors.ts';
import type { EventOutcome, StoredEvent } from '../domain/event.ts';
import type { ConversationId, EventId } from '../domain/ids.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventRepository } from '../ports/conversation-repositories.ts';
import type { BatchWrite, Store, StoredDocument } from '../ports/store.ts';
import type { KeyRing, Processes } from './key-ring.ts';
import { distinct } from './pages.ts';
import type { DataKey } from './seal.ts';
import { erased, openAll, openFields, sealFields, toRow, type Sealed, type SealedRow } from './sealing.ts';

const name = 'events';

/** A waiting event. `mailbox` and `waitingSince` are only there while it waits. */
interface EventRow extends SealedRow {
  readonly id: EventId;
  readonly conversationId: ConversationId;
  readonly mailbox: ConversationId;
  readonly waitingSince: number;
  readonly order: string;
  readonly tries: number;
}

/** What stays of a consumed event: enough to refuse it when it comes again and to tell what became of it. */
interface ConsumedRow extends StoredDocument {
  readonly outcome: EventOutcome;
  readonly consumedAt: number;
}

type SealedEvent = Pick<StoredEvent, 'address' | 'event'>;

/** Sealed texts of events that were opened here, so that counting a try seals nothing anew. */
const carried = new WeakMap<StoredEvent, Sealed>();

export function openEvents(dependencies: {
  store: Store;
  keys: KeyRing;
  clock: Clock;
  processes: Processes;
}): EventRepository {
  const { store, keys, clock, processes } = dependencies;
  const events = store.collection(name);

  async function open(row: EventRow): Promise<StoredEvent | typeof erased> {
    const fields = await openFields<SealedEvent>(keys, name, row);
    if (fields === erased) return erased;
    const event: StoredEvent = {
      id: row.id,
      version: row.version,
      conversationId: row.conversationId,
      address: fields.address,
      order: row.order,
      receivedAt: row.waitingSince,
      tries: row.tries,
      event: fields.event,
    };
    carried.set(event, { keyId: row.keyId, sealed: row.sealed });
    return event;
  }

  async function insertOne(event: StoredEvent, key: DataKey): Promise<'inserted' | 'duplicate'> {
    try {
      await events.insert(toEventRow(key, event));
      return 'inserted';
    } catch (error) {
      if (error instanceof Duplicate) return 'duplicate';
      throw error;
    }
  }

  async function insertMany(batch: readonly StoredEvent[], used: ReadonlyMap<string, DataKey>) {
    const existing = new Set((await events.getMany(batch.map((event) => event.id))).map((row) => row.id));
    const writes = batch
      .filter((event) => !existing.has(event.id))
      .map((event): BatchWrite => ({
        type: 'insert',
        collection: name,
        document: toEventRow(keyOf(used, event), event),
      }));
    await store.batch(writes);
    return batch.map((event) => {
      if (existing.has(event.id)) return 'duplicate';
      existing.add(event.id);
      return 'inserted';
    });
  }

  /**
   * Another process may have erased the person since this one read the key: then nobody can open what was just sealed. The key is
   * read again AFTER the insert, so whatever still carries a live key was sealed before any erasure that destroys it.
   */
  async function sealAgainIfErased(batch: readonly StoredEvent[], used: ReadonlyMap<string, DataKey>): Promise<void> {
    const destroyed = await keys.destroyedOf([...used.values()]);
    for (const event of batch) {
      const old = keyOf(used, event);
      if (!destroyed.has(old.id)) continue;
      for (;;) {
        const row = await events.get(event.id);
        const isUnreadable = row && ('mailbox' in row ? toRow<EventRow>(row).sealed.startsWith(old.mark) : isLost(row));
        if (!isUnreadable) break;
        const document = toEventRow(await keys.forSealing(event.conversationId), event, row.version + 1);
        const written = await unlessConflict(events.replace(document, row.version));
        if (written) break;
      }
    }
  }

  async function waiting(conversationId: ConversationId, limit: number): Promise<StoredEvent[]> {
    const rows = await events.find({ index: 'mailbox', equals: [conversationId], order: 'ascending', limit });
    const opened = await openAll(rows.map(toRow<EventRow>), open);
    if (opened.length === rows.length) return opened;
    // What nobody can read any more must not be found waiting for ever.
    const readable = new Set<string>(opened.map((event) => event.id));
    const outcome: EventOutcome = { is: 'refused', code: 'erased' };
    const lost = rows.filter((row) => !readable.has(row.id));
    await store.batch(lost.map((row) => consumeWrite(toRow<EventRow>(row), outcome, clock.now())));
    return opened.length > 0 ? opened : waiting(conversationId, limit);
  }

  return {
    async insert(batch) {
      const used = new Map<string, DataKey>();
      for (const { conversationId } of batch) {
        if (!used.has(conversationId)) used.set(conversationId, await keys.forSealing(conversationId));
      }
      const [first] = batch;
      if (!first) return [];
      const inserted =
        batch.length === 1 ? [await insertOne(first, keyOf(used, first))] : await insertMany(batch, used);
      if (processes === 'several') {
        await sealAgainIfErased(
          batch.filter((_, index) => inserted[index] === 'inserted'),
          used,
        );
      }
      return inserted;
    },

    waiting,

    async countTries(batch) {
      return Promise.all(
        batch.map(async (event) => {
          const counted: StoredEvent = { ...event, version: event.version + 1, tries: event.tries + 1 };
          const sealed = carried.get(event) ?? sealEvent(await keys.forSealing(event.conversationId), event);
          await events.replace({ ...plainFields(counted, counted.version), ...sealed }, event.version);
          carried.set(counted, sealed);
          return counted;
        }),
      );
    },

    async outcome(id) {
      const row = await events.get(id);
      return row && 'outcome' in row ? toRow<ConsumedRow>(row).outcome : null;
    },

    exists: async (id) => (await events.get(id)) !== null,

    stranded: (receivedBefore, limit) =>
      distinct<EventRow, ConversationId>(
        events,
        { index: 'waiting', to: receivedBefore, order: 'ascending' },
        (row) => row.conversationId,
        limit,
      ),

    async removeConsumedBefore(time, limit) {
      const rows = await events.find({ index: 'consumed', to: time, order: 'ascending', limit });
      await store.batch(rows.map((row) => ({ type: 'remove', collection: name, id: row.id })));
      return rows.length;
    },
  };
}

/** The row of a waiting event. */
export function toEventRow(key: DataKey, event: StoredEvent, version: number = event.version): StoredDocument {
  return { ...plainFields(event, version), ...sealEvent(key, event) };
}

/** Makes of a waiting event what stays of it. */
export function consumeWrite(
  event: { readonly id: string; readonly version: number },
  outcome: EventOutcome,
  consumedAt: number,
): BatchWrite {
  const document: ConsumedRow = { id: event.id, version: event.version + 1, outcome, consumedAt };
  return { type: 'replace', collection: name, document, expectedVersion: event.version };
}

function plainFields(event: StoredEvent, version: number) {
  return {
    id: event.id,
    version,
    conversationId: event.conversationId,
    mailbox: event.conversationId,
    waitingSince: event.receivedAt,
    order: event.order,
    tries: event.tries,
  };
}

function sealEvent(key: DataKey, event: StoredEvent): Sealed {
  const fields: SealedEvent = { address: event.address, event: event.event };
  return sealFields(key, name, event.id, fields);
}

function keyOf(used: ReadonlyMap<string, DataKey>, event: StoredEvent): DataKey {
  const key = used.get(event.conversationId);
  if (!key) throw new Error(`no key was read for conversation ${event.conversationId}`);
  return key;
}

/** Set aside by a worker that could not open it, in the moment between its insert and the second look at its key. */
function isLost(row: StoredDocument): boolean {
  const { outcome } = toRow<ConsumedRow>(row);
  return outcome.is === 'refused' && outcome.code === 'erased';
}

async function unlessConflict(write: Promise<void>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof VersionConflict) return false;
    throw error;
  }
}
