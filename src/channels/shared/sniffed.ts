import { sniffLength, sniffMedia, type SniffedMedia } from './sniff-media.ts';

/** A file that is being read, with what its first bytes say it is. */
export interface OpenFile {
  readonly media: SniffedMedia | null;
  readonly isEmpty: boolean;
  /** All of it, once. */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Lets the source go unread. */
  discard(): Promise<void>;
}

/** Reads as much of a stream as tells its type and gives all of it on. A source that fails later fails later here too. */
export async function sniffed(source: AsyncIterable<Uint8Array>): Promise<OpenFile> {
  const iterator = source[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  let length = 0;
  while (length < sniffLength) {
    const step = await iterator.next();
    if (step.done === true) break;
    head.push(step.value);
    length += step.value.byteLength;
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    try {
      yield* head;
      for (;;) {
        const step = await iterator.next();
        if (step.done === true) return;
        yield step.value;
      }
    } finally {
      await iterator.return?.();
    }
  }
  return {
    media: sniffMedia(Buffer.concat(head)),
    isEmpty: length === 0,
    bytes: all(),
    discard: async () => void (await iterator.return?.()),
  };
}
