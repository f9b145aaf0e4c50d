import { broken, decrypt, encrypt, sealOverheadBytes, type DataKey } from './seal.ts';

/**
 * A sealed file: a header that names its key, then chunks, each sealed by itself so that neither side holds the whole file.
 *
 *     mark of the key (9 bytes) | length of the key's id (1) | the key's id | chunk | chunk | ...
 *     chunk = last? (1 byte: 0 or 1) | length (4, big-endian) | nonce, tag, ciphertext
 *
 * A chunk is authenticated with the file's id, its number and whether it is the last: chunks that were swapped, left out or cut
 * off are found.
 */
interface SealedHeader {
  readonly keyId: string;
  readonly mark: string;
}

const chunkBytes = 64 * 1024;
const markBytes = 9;
const frameBytes = 5;

/** Seals a stream of bytes. An empty stream becomes one empty chunk. */
export async function* sealStream(
  key: DataKey,
  id: string,
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const keyId = Buffer.from(key.id);
  yield Buffer.concat([Buffer.from(key.mark, 'base64'), Buffer.of(keyId.length), keyId]);
  let number = 0;
  let held: Buffer | null = null;
  for await (const chunk of inChunks(bytes)) {
    if (held) yield sealChunk(key, id, number++, held, false);
    held = chunk;
  }
  yield sealChunk(key, id, number, held ?? Buffer.alloc(0), true);
}

function sealChunk(key: DataKey, id: string, number: number, plain: Buffer, isLast: boolean): Buffer {
  const sealed = encrypt(key.secret, chunkContext(id, number, isLast), plain);
  const frame = Buffer.alloc(frameBytes);
  frame.writeUInt8(isLast ? 1 : 0, 0);
  frame.writeUInt32BE(sealed.length, 1);
  return Buffer.concat([frame, sealed]);
}

/** Reads the header of a sealed file; `open` yields its bytes, each chunk only once it is known to be whole. @throws AppError `seal-broken` */
export async function openSealedStream(id: string, bytes: AsyncIterable<Uint8Array>) {
  const reader = createReader(`blobs/${id}`, bytes);
  const mark = (await reader.read(markBytes)).toString('base64');
  const keyIdLength = (await reader.read(1)).readUInt8(0);
  const header: SealedHeader = { mark, keyId: (await reader.read(keyIdLength)).toString() };

  async function* open(key: DataKey): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (let number = 0; ; number += 1) {
        const frame = await reader.read(frameBytes);
        const isLast = frame.readUInt8(0) === 1;
        const length = frame.readUInt32BE(1);
        if (length > chunkBytes + sealOverheadBytes) throw broken(`blobs/${id}`);
        yield decrypt(key.secret, chunkContext(id, number, isLast), await reader.read(length));
        if (isLast) break;
      }
      if (!(await reader.isAtEnd())) throw broken(`blobs/${id}`);
    } finally {
      await reader.close();
    }
  }
  return { header, open, close: () => reader.close() };
}

function chunkContext(id: string, number: number, isLast: boolean): string {
  return `blobs/${id}/${number}/${isLast ? 'last' : 'more'}`;
}

/** Cuts a stream, however it arrives, into chunks of 64 KiB; the last one may be shorter. */
async function* inChunks(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, undefined> {
  let parts: Uint8Array[] = [];
  let size = 0;
  for await (const piece of bytes) {
    let rest = piece;
    while (size + rest.length >= chunkBytes) {
      const head = rest.subarray(0, chunkBytes - size);
      yield Buffer.concat([...parts, head]);
      rest = rest.subarray(head.length);
      parts = [];
      size = 0;
    }
    if (rest.length > 0) parts.push(rest);
    size += rest.length;
  }
  if (size > 0) yield Buffer.concat(parts);
}

/** Reads exact lengths from a stream. @throws AppError `seal-broken` when it ends before. */
function createReader(context: string, bytes: AsyncIterable<Uint8Array>) {
  const iterator = bytes[Symbol.asyncIterator]();
  let buffered = Buffer.alloc(0);
  let isDone = false;

  async function fill(length: number): Promise<void> {
    const parts: Uint8Array[] = [buffered];
    let size = buffered.length;
    while (size < length && !isDone) {
      const next = await iterator.next();
      if (next.done) isDone = true;
      else {
        parts.push(next.value);
        size += next.value.length;
      }
    }
    if (parts.length > 1) buffered = Buffer.concat(parts);
  }

  return {
    async read(length: number): Promise<Buffer> {
      await fill(length);
      if (buffered.length < length) throw broken(context);
      const taken = buffered.subarray(0, length);
      buffered = buffered.subarray(length);
      return taken;
    },
    async isAtEnd(): Promise<boolean> {
      await fill(1);
      return buffered.length === 0;
    },
    async close(): Promise<void> {
      await iterator.return?.();
    },
  };
}
