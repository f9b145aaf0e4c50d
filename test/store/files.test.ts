import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openRepositories } from '../../src/store/repositories.ts';
import { storeKinds } from '../support/open-test-store.ts';
import { address, secretKey } from './samples.ts';

async function* pieces(...parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield part;
}

async function collect(bytes: AsyncIterable<Uint8Array> | null): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of bytes ?? pieces()) parts.push(part);
  return Buffer.concat(parts);
}

describe.each(storeKinds)('files on $name', (kind) => {
  async function setUp() {
    const { store, rawBytes } = await kind.open();
    const repositories = await openRepositories({ store, secretKey });
    return { store, rawBytes, files: repositories.files, id: repositories.ids.conversation(address) };
  }

  it('come back as they were put, say their size, and lie sealed', async () => {
    const { files, id, rawBytes } = await setUp();
    const bytes = randomBytes(200_000);
    expect(await files.put(id, 'f1', pieces(bytes.subarray(0, 7), bytes.subarray(7)))).toEqual({ sizeBytes: 200_000 });
    expect((await collect(await files.open('f1'))).equals(bytes)).toBe(true);
    expect((await rawBytes()).includes(bytes.subarray(1_000, 1_016))).toBe(false);
  });

  it('are replaced when they are put again', async () => {
    const { files, id } = await setUp();
    await files.put(id, 'f1', pieces(Buffer.from('one')));
    await files.put(id, 'f1', pieces(Buffer.from('two')));
    expect((await collect(await files.open('f1'))).toString()).toBe('two');
  });

  it('are gone when they were removed or never put', async () => {
    const { files, id } = await setUp();
    await files.put(id, 'f1', pieces(Buffer.from('one')));
    await files.remove('f1');
    await files.remove('f1');
    expect(await files.open('f1')).toBeNull();
    expect(await files.open('f2')).toBeNull();
  });

  it('that fail on their way in are not kept', async () => {
    const { files, id } = await setUp();
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield randomBytes(100_000);
      throw new Error('the platform hung up');
    }
    await expect(files.put(id, 'f1', failing())).rejects.toThrow('the platform hung up');
    expect(await files.open('f1')).toBeNull();
  });

  it('are refused when somebody cut or swapped them in the store', async () => {
    const { store, files, id } = await setUp();
    await files.put(id, 'f1', pieces(randomBytes(150_000)));
    const sealed = await collect(await store.blobs.get('f1'));
    await store.blobs.put('f1', pieces(sealed.subarray(0, -10)));
    await expect(collect(await files.open('f1'))).rejects.toThrow(expect.objectContaining({ code: 'seal-broken' }));
    await store.blobs.put('f2', pieces(sealed));
    await expect(collect(await files.open('f2'))).rejects.toThrow(expect.objectContaining({ code: 'seal-broken' }));
  });
});
