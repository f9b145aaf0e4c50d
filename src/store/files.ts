import { Duplicate, VersionConflict } from '../domain/errors.ts';
import type { ConversationId } from '../domain/ids.ts';
import type { FileRepository } from '../ports/repositories.ts';
import type { Store, StoredDocument } from '../ports/store.ts';
import type { KeyRing } from './key-ring.ts';
import { openSealedStream, sealStream } from './sealed-stream.ts';

/** Says whose file it is, so that an erasure finds it. */
interface FileRow extends StoredDocument {
  readonly conversationId: ConversationId;
  readonly mark: string;
}

export function openFiles({ store, keys }: { store: Store; keys: KeyRing }): FileRepository {
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
      await record({ id, conversationId, mark: key.mark });
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
  };
}
