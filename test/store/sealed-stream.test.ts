import { createSecretKey, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openSealedStream, sealStream } from '../../src/store/sealed-stream.ts';
import { toMark, type DataKey } from '../../src/store/seal.ts';

const key: DataKey = { id: 'cKey', mark: toMark(randomBytes(8)), secret: createSecretKey(randomBytes(32)) };
const chunkBytes = 64 * 1024;
const headerBytes = 9 + 1 + key.id.length;
const frameBytes = 5 + 28;

async function* pieces(...parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield part;
}

async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of bytes) parts.push(part);
  return Buffer.concat(parts);
}

async function seal(id: string, ...parts: readonly Uint8Array[]): Promise<Buffer> {
  return collect(sealStream(key, id, pieces(...parts)));
}

async function open(id: string, ...parts: readonly Uint8Array[]): Promise<Buffer> {
  const sealed = await openSealedStream(id, pieces(...parts));
  expect(sealed.header).toEqual({ keyId: key.id, mark: key.mark });
  return collect(sealed.open(key));
}

describe('a sealed file', () => {
  it.each([0, 1, chunkBytes - 1, chunkBytes, chunkBytes + 1, 3 * chunkBytes, 3 * chunkBytes + 17])(
    'of %d bytes opens as it was',
    async (size) => {
      const bytes = randomBytes(size);
      expect((await open('f', await seal('f', bytes))).equals(bytes)).toBe(true);
    },
  );

  it('does not depend on how its bytes arrive, on either side', async () => {
    const parts = fc.array(fc.uint8Array({ maxLength: 90_000 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(parts, fc.integer({ min: 1, max: 50_000 }), async (written, step) => {
        const sealed = await seal('f', ...written);
        const read: Buffer[] = [];
        for (let at = 0; at < sealed.length; at += step) read.push(sealed.subarray(at, at + step));
        expect((await open('f', ...read)).equals(Buffer.concat(written))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('never holds more than a chunk or two', async () => {
    let given = 0;
    let taken = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (let index = 0; index < 64; index += 1) {
        given += chunkBytes;
        yield randomBytes(chunkBytes);
      }
    }
    for await (const part of sealStream(key, 'f', endless())) {
      taken += part.length;
      expect(given - taken).toBeLessThan(3 * chunkBytes);
    }
  });

  it('is refused when it was cut off, also exactly between two chunks', async () => {
    const sealed = await seal('f', randomBytes(2 * chunkBytes + 100));
    const firstChunkEnd = headerBytes + frameBytes + chunkBytes;
    for (const end of [0, 5, headerBytes, headerBytes + 3, firstChunkEnd, firstChunkEnd + 2, sealed.length - 1]) {
      await expect(open('f', sealed.subarray(0, end)), `cut at ${end}`).rejects.toThrow(
        expect.objectContaining({ code: 'seal-broken' }),
      );
    }
  });

  it('is refused when chunks are swapped, left out, repeated or added', async () => {
    const sealed = await seal('f', randomBytes(2 * chunkBytes + 100));
    const size = frameBytes + chunkBytes;
    const head = sealed.subarray(0, headerBytes);
    const [one, two, last] = [
      sealed.subarray(headerBytes, headerBytes + size),
      sealed.subarray(headerBytes + size, headerBytes + 2 * size),
      sealed.subarray(headerBytes + 2 * size),
    ];
    for (const order of [
      [two, one, last],
      [one, last],
      [one, one, last],
      [one, two, last, last],
      [one, two, two],
    ]) {
      await expect(open('f', head, ...order)).rejects.toThrow(expect.objectContaining({ code: 'seal-broken' }));
    }
  });

  it('is refused under another id', async () => {
    await expect(open('g', await seal('f', Buffer.from('x')))).rejects.toThrow(/blobs\/g\/0/);
  });

  it('lets go of its source when the reader stops early', async () => {
    const sealed = await seal('f', randomBytes(3 * chunkBytes));
    let isReleased = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (let at = 0; at < sealed.length; at += 1_000) yield sealed.subarray(at, at + 1_000);
      } finally {
        isReleased = true;
      }
    }
    const opened = await openSealedStream('f', source());
    for await (const _part of opened.open(key)) break;
    expect(isReleased).toBe(true);
  });
});
