import type { ConversationId } from '../domain/ids.ts';
import type { StoredTimer, TimerRepository } from '../ports/conversation-repositories.ts';
import type { BatchWrite, Collection, Store } from '../ports/store.ts';
import type { KeyRing } from './key-ring.ts';
import type { DataKey } from './seal.ts';
import { erased, openFields, sealFields, toRow, type SealedRow } from './sealing.ts';

const name = 'timers';

interface TimerRow extends SealedRow, Omit<StoredTimer, 'address'> {
  /** Version of the conversation that set it, so that an older commit carried out late does not undo a newer one. */
  readonly setBy: number;
}

export function openTimers({ store, keys }: { store: Store; keys: KeyRing }): TimerRepository {
  const timers = store.collection(name);

  async function open(row: TimerRow): Promise<StoredTimer | null> {
    const fields = await openFields<Pick<StoredTimer, 'address'>>(keys, name, row);
    if (fields === erased) return null;
    const { conversationId, dueAt, cause } = row;
    return { conversationId, address: fields.address, name: row.name, dueAt, cause };
  }

  return {
    async due(now, limit) {
      const rows = await timers.find({ index: 'due', to: now, order: 'ascending', limit });
      const due: StoredTimer[] = [];
      for (const row of rows) {
        const timer = await open(toRow<TimerRow>(row));
        if (timer) due.push(timer);
        else await timers.remove(row.id); // Of a person who was erased meanwhile.
      }
      return due;
    },
    async get(conversationId, timerName) {
      const row = await timers.get(toTimerId(conversationId, timerName));
      return row && open(toRow<TimerRow>(row));
    },
    async remove(timer) {
      const id = toTimerId(timer.conversationId, timer.name);
      const row = await timers.get(id);
      if (row && toRow<TimerRow>(row).cause === timer.cause) await timers.remove(id);
    },
  };
}

/**
 * The writes that set and cancel the timers of one commit. A timer of the same name is replaced; should it fire between this look
 * and the write, the insert behind it sets the new one all the same.
 */
export async function toTimerWrites(
  timers: Collection,
  key: DataKey,
  change: {
    readonly version: number;
    readonly conversationId: ConversationId;
    readonly set: readonly StoredTimer[];
    readonly cancelled: readonly string[];
  },
): Promise<BatchWrite[]> {
  const { version, conversationId, set, cancelled } = change;
  const ids = [...set.map((timer) => timer.name), ...cancelled].map((each) => toTimerId(conversationId, each));
  if (ids.length === 0) return [];
  const existing = new Map((await timers.getMany(ids)).map((row) => [row.id, toRow<TimerRow>(row)]));
  const isNewer = (id: string): boolean => (existing.get(id)?.setBy ?? 0) >= version;
  const writes: BatchWrite[] = [];
  for (const each of cancelled) {
    const id = toTimerId(conversationId, each);
    if (existing.has(id) && !isNewer(id)) writes.push({ type: 'remove', collection: name, id });
  }
  for (const timer of set) {
    const id = toTimerId(conversationId, timer.name);
    if (isNewer(id)) continue;
    const { address, ...plain } = timer;
    const fields = { id, ...plain, setBy: version, ...sealFields(key, name, id, { address }) };
    const old = existing.get(id);
    if (old && !cancelled.includes(timer.name)) {
      const document = { ...fields, version: old.version + 1 };
      writes.push({ type: 'replace', collection: name, document, expectedVersion: old.version });
    }
    writes.push({ type: 'insert', collection: name, document: { ...fields, version: 1 } });
  }
  return writes;
}

function toTimerId(conversationId: ConversationId, timerName: string): string {
  return `${conversationId}/${timerName}`;
}
