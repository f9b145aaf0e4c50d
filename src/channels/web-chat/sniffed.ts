import { sniffLength, sniffMedia, type SniffedMedia } from '../shared/sniff-media.ts';

/** A file that is being read, with what its first bytes say it is. */
export interface OpenFile {
  readonly media: SniffedMedia | null;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** Reads as much of a stream as tells its type and gives all of it on. A source that fails later fails later here too. */
export async function sniffed(source: AsyncIterable<Uint8Array>): Promise<OpenFile> {
  const iterator = source[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  let length = 0;
  while (length < sniffLength) {
    const { value, done } = await iterator.next();
    if (done === true) break;
    head.push(value);
    length += value.byteLength;
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    try {
      yield* head;
      for (;;) {
        const { value, done } = await iterator.next();
        if (done === true) return;
        yield value;
      }
    } finally {
      await iterator.return?.();
    }
  }
  return { media: sniffMedia(Buffer.concat(head)), bytes: all() };
}
