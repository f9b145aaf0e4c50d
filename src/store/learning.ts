import type { LearningRecord, LearningRepository } from '../ports/content-repositories.ts';
import type { Store, StoredDocument } from '../ports/store.ts';
import type { KeyRing } from './key-ring.ts';
import type { DataKey } from './seal.ts';
import { erased, openAll, openFields, sealFields, toRow, type SealedRow } from './sealing.ts';

const name = 'learning';

interface LearningRow extends SealedRow, Omit<LearningRecord, 'body'> {
  readonly id: string;
}

export function openLearning({ store, keys }: { store: Store; keys: KeyRing }): LearningRepository {
  const learning = store.collection(name);

  async function open(row: LearningRow): Promise<LearningRecord | typeof erased> {
    const fields = await openFields<Pick<LearningRecord, 'body'>>(keys, name, row);
    if (fields === erased) return erased;
    const { id, kind, conversationId, at } = row;
    return { id, kind, conversationId, at, body: fields.body };
  }

  return {
    async list(kind, { limit, before }) {
      const bound = before === undefined ? {} : { to: before - 1 }; // Times are whole milliseconds; the bound is inclusive.
      const rows = await learning.find({ index: 'kind', equals: [kind], ...bound, order: 'descending', limit });
      return openAll(rows.map(toRow<LearningRow>), open);
    },
  };
}

/** The row of what was learnt. */
export function toLearningRow(key: DataKey, { body, ...plain }: LearningRecord): StoredDocument {
  return { ...plain, version: 1, ...sealFields(key, name, plain.id, { body }) };
}
