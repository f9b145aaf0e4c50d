import { randomUUID } from 'node:crypto';
import type { AuditRepository } from '../ports/person-repositories.ts';
import type { Store, StoredDocument } from '../ports/store.ts';
import { toRow } from './sealing.ts';

type Entry = Parameters<AuditRepository['record']>[0];
type AuditRow = StoredDocument & Entry;

/** Append-only: no method changes or removes an entry. */
export function openAudit({ store }: { store: Store }): AuditRepository {
  const audit = store.collection('audit');
  return {
    async record(entry, cause = randomUUID()) {
      await store.batch([{ type: 'insert', collection: 'audit', document: { ...entry, id: cause, version: 1 } }]);
    },
    async list({ limit, before }) {
      const bound = before === undefined ? {} : { to: before - 1 }; // Times are whole milliseconds; the bound is inclusive.
      const rows = await audit.find({ index: 'at', ...bound, order: 'descending', limit });
      return rows.map((document) => {
        const { id: _id, version: _version, ...entry } = toRow<AuditRow>(document);
        return entry;
      });
    },
  };
}
