import { Duplicate, VersionConflict } from '../domain/errors.ts';
import type { ConversationId } from '../domain/ids.ts';
import type { Clock } from '../ports/clock.ts';
import type { AgedFile, FileRepository } from '../ports/message-repositories.ts';
import type { Store, StoredDocument } from '../ports/store.ts';
import { createOrphanSweep } from './file-orphans.ts';
import type { KeyRing } from './key-ring.ts';
import { openSealedStream, sealStream } from './sealed-stream.ts';
import { toRow } from './sealing.ts';

/** Says whose file it is, so that an erasure finds it, and since when it is kept. */
export interface FileRow extends StoredDocument {
  readonly conversationId: ConversationId;
  readonly mark: string;
  /** Absent until `removeOrphans` has seen a file of an older version. */
  readonly ageFrom?: number;
}

export function openFiles({ store, keys, clock }: { store: Store; keys: KeyRing; clock: Clock }): FileRepository {
  const files = store.collection('files');

  /** Before the bytes: a file without its row would outlive its person. */
  async function record(row: Omit<FileRow, 'version'> & { readonly id: string }): Promise<void> {
    for (;;) {
      const old = await files.get(row.id);
      try {
        if (old) await files.replace({ ...row, version: old.version + 1 }, old.version);
        else await files.insert({ ...row, version: 1 });
        return;
      } catch (error) {
        if (!(error instanceof Duplicate || error instanceof VersionConflict)) throw error;
      }
    }
  }

  return {
    async put(conversationId, id, bytes) {
      const key = await keys.forSealing(conversationId);
      await record({ id, conversationId, mark: key.mark, ageFrom: clock.now() });
      let sizeBytes = 0;
      async function* counted() {
        for await (const piece of bytes) {
          sizeBytes += piece.length;
          yield piece;
        }
      }
      await store.blobs.put(id, sealStream(key, id, counted()));
      return { sizeBytes };
    },

    async open(id) {
      const bytes = await store.blobs.get(id);
      if (!bytes) return null;
      const sealed = await openSealedStream(id, bytes);
      const key = await keys.forOpening(sealed.header.keyId, sealed.header.mark);
      if (key) return sealed.open(key);
      await sealed.close();
      return null;
    },

    async remove(id) {
      await store.blobs.remove(id);
      await files.remove(id);
    },

    async aged(before, { limit, after }) {
      const rows = await files.find({
        ...{ index: 'age', to: before, order: 'ascending', limit },
        ...(after ? { after: { id: after.id, version: 1, ageFrom: after.ageFrom } } : {}),
      });
      return rows.map(toAgedFile);
    },

    async keepFrom({ id, version }, ageFrom) {
      const row = await files.get(id);
      if (row?.version !== version) return;
      try {
        await files.replace({ ...row, version: version + 1, ageFrom }, version);
      } catch (error) {
        if (!(error instanceof VersionConflict)) throw error;
      }
    },

    removeOrphans: createOrphanSweep({ store, clock }),
  };
}

function toAgedFile(document: StoredDocument): AgedFile {
  const { id, version, conversationId, ageFrom = 0 } = toRow<FileRow>(document);
  return { id, version, conversationId, ageFrom };
}
