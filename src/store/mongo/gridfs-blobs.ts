import { once } from 'node:events';
import { mongo } from 'mongoose';
import { StoreUnavailable } from '../../domain/errors.ts';
import type { Blobs, StoredBlob } from '../../ports/store.ts';
import { isBlobId } from '../../ports/store-rules.ts';
import { translated } from './mongo-errors.ts';

const subject = 'the blobs';
const bucketName = 'blobs';
const walkPageSize = 200;
/** The newest of a name counts; the id decides between two of one millisecond, the same way everywhere. */
const newestFirst = { uploadDate: -1, _id: -1 } as const;

/**
 * Blobs in GridFS: a blob's id is the file's name. A replacement is uploaded whole before the older file goes, so a reader finds
 * one or the other. A process that is killed while it uploads leaves chunks that no file names; they are never read, and `walk` finds them.
 */
export function gridFsBlobs(database: mongo.Db): Blobs {
  const bucket = new mongo.GridFSBucket(database, { bucketName, writeConcern: { w: 'majority', j: true } });

  const filesOf = (id: string) =>
    translated(subject, () => bucket.find({ filename: id }, { sort: newestFirst }).toArray());

  const findAll = (filter: mongo.Filter<mongo.GridFSFile>) =>
    translated(subject, () => bucket.find(filter, { sort: { uploadDate: 1, _id: 1 } }).toArray());

  const removeAll = async (files: readonly mongo.GridFSFile[]) => {
    for (const { _id } of files)
      await translated(subject, () =>
        bucket.delete(_id).catch((error: unknown) => {
          // Somebody else removed it first.
          if (!(error instanceof mongo.MongoRuntimeError && /^File not found/.test(error.message))) throw error;
        }),
      );
  };

  return {
    async put(id, bytes) {
      if (!isBlobId(id)) throw new TypeError(`"${id}" cannot name a blob; expected 1 to 200 of A-Z a-z 0-9 . _ -`);
      const upload = bucket.openUploadStream(id);
      const sizeBytes = await uploadAll(upload, bytes);
      const files = await filesOf(id);
      await removeAll(files.slice(files.findIndex(({ _id }) => _id.equals(upload.id)) + 1));
      return { sizeBytes };
    },
    async get(id) {
      if (!isBlobId(id)) return null;
      const [newest] = await filesOf(id);
      return newest === undefined ? null : readAll(bucket, newest._id);
    },
    async remove(id) {
      if (isBlobId(id)) await removeAll(await filesOf(id));
    },
    async *walk() {
      const chunks = database.collection(`${bucketName}.chunks`);
      for await (const ids of pagesOfUploads(chunks)) {
        const uploads = await findAll({ _id: { $in: ids } });
        const names = uploads.map(({ filename }) => filename);
        // Oldest first, so that of several the newest stays in the map.
        const newest = new Map((await findAll({ filename: { $in: names } })).map((file) => [file.filename, file._id]));
        for (const id of ids) {
          const file = uploads.find(({ _id }) => _id.equals(id));
          const isReadable = file !== undefined && newest.get(file.filename)?.equals(id) === true;
          yield {
            id: isReadable ? file.filename : null,
            at: id.getTimestamp().getTime(),
            remove: () =>
              file
                ? removeAll([file])
                : translated(subject, async () => void (await chunks.deleteMany({ files_id: id }))),
          } satisfies StoredBlob;
        }
      }
    },
  };
}

/** The ids of all uploads that have chunks, by the index that GridFS makes. */
async function* pagesOfUploads(chunks: mongo.Collection): AsyncGenerator<mongo.ObjectId[]> {
  let last: mongo.ObjectId | null = null;
  for (;;) {
    const begin: mongo.Document = last ? { files_id: { $gt: last } } : {};
    const options = { projection: { files_id: 1 }, sort: { files_id: 1 }, limit: walkPageSize } as const;
    const found = await translated(subject, () => chunks.find({ ...begin, n: 0 }, options).toArray());
    const ids = found.map((chunk) => chunk['files_id'] as mongo.ObjectId); // `uploadAll` lets the driver name them.
    if (ids.length > 0) yield ids;
    last = ids.at(-1) ?? null;
    if (ids.length < walkPageSize) return;
  }
}

/** Throws what the stream throws as it is, after taking back what was uploaded of it. */
async function uploadAll(upload: mongo.GridFSBucketWriteStream, bytes: AsyncIterable<Uint8Array>): Promise<number> {
  // An error may come while the source is being read, when nobody waits for the upload.
  let broken: Error | undefined;
  upload.on('error', (error: Error) => (broken = error));
  try {
    let sizeBytes = 0;
    for await (const chunk of bytes) {
      sizeBytes += chunk.byteLength;
      if (broken !== undefined) break;
      if (!upload.write(chunk)) await translated(subject, () => once(upload, 'drain'));
    }
    await translated(subject, async () => {
      if (broken !== undefined) throw broken;
      upload.end();
      await once(upload, 'finish');
    });
    return sizeBytes;
  } catch (error) {
    await upload.abort().catch(() => undefined); // Away or broken already: its chunks belong to no file.
    throw error;
  }
}

async function* readAll(bucket: mongo.GridFSBucket, id: mongo.ObjectId): AsyncGenerator<Uint8Array> {
  const download = bucket.openDownloadStream(id);
  try {
    for await (const chunk of download) yield chunk as Uint8Array; // GridFS streams Buffers.
  } catch (error) {
    throw new StoreUnavailable(`${subject}: ${error instanceof Error ? error.message : String(error)}`, error);
  } finally {
    download.destroy();
  }
}
