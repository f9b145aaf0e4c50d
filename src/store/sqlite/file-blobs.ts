import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StoreUnavailable } from '../../domain/errors.ts';
import type { Blobs, StoredBlob } from '../../ports/store.ts';
import { isBlobId } from '../../ports/store-rules.ts';

const readBytes = 64 * 1024;

/**
 * Blobs as files, `files/<id>` under the folder. One is written under another name, made durable, and only then renamed, so
 * that a reader sees the old one or the new one whole; what a crash left half written goes at the next start.
 */
export async function openFileBlobs(folder: string): Promise<Blobs> {
  const files = join(folder, 'files');
  const incoming = join(folder, 'incoming');
  await rm(incoming, { recursive: true, force: true });
  await mkdir(files, { recursive: true });
  await mkdir(incoming, { recursive: true });
  return {
    async put(id, bytes) {
      if (!isBlobId(id)) throw new TypeError(`"${id}" cannot name a blob; expected 1 to 200 of A-Z a-z 0-9 . _ -`);
      const half = join(incoming, randomUUID());
      try {
        const sizeBytes = await writeAll(half, bytes);
        await available(() => rename(half, join(files, id)));
        await available(() => syncFolder(files));
        return { sizeBytes };
      } catch (error) {
        await rm(half, { force: true }).catch(() => undefined); // The next start tries again.
        throw error;
      }
    },
    async get(id) {
      if (!isBlobId(id)) return null;
      const file = join(files, id);
      const found = await available(() => stat(file).catch(nullWhenMissing));
      return found === null ? null : readAll(file);
    },
    async remove(id) {
      if (!isBlobId(id)) return;
      await available(() => rm(join(files, id), { force: true }));
      await available(() => syncFolder(files));
    },
    async *walk() {
      yield* walkFolder(incoming, () => null);
      yield* walkFolder(files, (name) => name);
    },
  };
}

async function* walkFolder(folder: string, toBlobId: (name: string) => string | null): AsyncGenerator<StoredBlob> {
  for (const name of await available(() => readdir(folder))) {
    const file = join(folder, name);
    const timeOf = async () => (await available(() => stat(file).catch(nullWhenMissing)))?.mtimeMs ?? null;
    const at = await timeOf();
    if (at === null) continue;
    const remove = async () => {
      if ((await timeOf()) === at) await available(() => rm(file, { force: true }));
    };
    yield { id: toBlobId(name), at, remove };
  }
}

/** Throws what the stream throws as it is, and what the disk refuses as StoreUnavailable. */
async function writeAll(file: string, bytes: AsyncIterable<Uint8Array>): Promise<number> {
  const handle = await available(() => open(file, 'wx', 0o600));
  try {
    let sizeBytes = 0;
    for await (const chunk of bytes) {
      await available(() => handle.writeFile(chunk));
      sizeBytes += chunk.byteLength;
    }
    await available(() => handle.sync());
    return sizeBytes;
  } finally {
    await handle.close();
  }
}

/** Opens the file when it is read and closes it when the reader stops. */
async function* readAll(file: string): AsyncGenerator<Uint8Array> {
  const handle = await available(() => open(file, 'r'));
  try {
    for (;;) {
      const chunk = new Uint8Array(readBytes);
      const { bytesRead } = await available(() => handle.read(chunk, 0, readBytes, null));
      if (bytesRead === 0) return;
      yield chunk.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

/** A new name is durable once its folder is (https://man7.org/linux/man-pages/man2/fsync.2.html); Windows has no such call. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function available<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw new StoreUnavailable(`the blobs' folder: ${error instanceof Error ? error.message : String(error)}`, error);
  }
}

function nullWhenMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
