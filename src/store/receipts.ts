import { Duplicate, VersionConflict } from '../domain/errors.ts';
import type { KeptReceipt, ReceiptRepository } from '../ports/message-repositories.ts';
import type { Store, StoredDocument } from '../ports/store.ts';
import { platformToken, type Derivation } from './ids.ts';
import { toRow } from './sealing.ts';

type ReceiptRow = StoredDocument & KeptReceipt;

/** Receipts nobody could be found for yet. They hold a token for the platform's id and nothing of a person, so none is sealed. */
export function openReceipts({ store, ids }: { store: Store; ids: Derivation }): ReceiptRepository {
  const receipts = store.collection('receipts');

  return {
    async keep(receipt, { keptAt, dueAt }) {
      const { status, at, failure, platformMessageId } = receipt;
      const messageToken = platformToken(ids, receipt, platformMessageId);
      const row: ReceiptRow = {
        // One for each status, so that none of them can take another's place.
        id: `${messageToken}-${status}`,
        version: 1,
        ...{ messageToken, status, at, keptAt, dueAt, tries: 0 },
        ...(failure === undefined ? {} : { failure }),
      };
      await receipts.insert(row).catch((error: unknown) => {
        if (!(error instanceof Duplicate)) throw error;
      });
    },

    async due(now, limit) {
      const rows = await receipts.find({ index: 'due', to: now, order: 'ascending', limit });
      return rows.map(toRow<ReceiptRow>);
    },

    async postpone(receipt, dueAt) {
      const row = { ...receipt, version: receipt.version + 1, dueAt, tries: receipt.tries + 1 };
      await receipts.replace(row, receipt.version).catch((error: unknown) => {
        // Another worker has tried it too.
        if (!(error instanceof VersionConflict)) throw error;
      });
    },

    remove: ({ id }) => receipts.remove(id),
  };
}
