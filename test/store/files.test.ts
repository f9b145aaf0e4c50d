import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openRepositories } from '../../src/store/repositories.ts';
import { storeKinds } from '../support/open-test-store.ts';
import { address, followUpOf, now, sampleConversation, sampleEvent, sampleLine, secretKey } from './samples.ts';

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
    return { store, rawBytes, repositories, files: repositories.files, id: repositories.ids.conversation(address) };
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

  describe('in the order of their age', () => {
    it('are given a few at a time, the oldest first, and begin anew when asked', async () => {
      const { files, id } = await setUp();
      for (const name of ['f1', 'f2', 'f3']) await files.put(id, name, pieces(Buffer.from(name)));
      const all = await files.aged(Date.now(), { limit: 10 });
      expect(all.map((file) => file.id).sort()).toEqual(['f1', 'f2', 'f3']);
      const [first] = await files.aged(Date.now(), { limit: 1 });
      const rest = await files.aged(Date.now(), { limit: 10, after: first! });
      expect([first!.id, ...rest.map((file) => file.id)]).toEqual(all.map((file) => file.id));
      expect(await files.aged(all[0]!.ageFrom - 1, { limit: 10 })).toEqual([]);

      const later = Date.now() + 60_000;
      await files.keepFrom(first!, later);
      await files.keepFrom(first!, later + 1); // Read before it was written: somebody else was first.
      expect((await files.aged(later - 1, { limit: 10 })).map((file) => file.id)).toEqual(rest.map((file) => file.id));
      expect((await files.aged(later, { limit: 10 })).at(-1)).toMatchObject({ id: first!.id, ageFrom: later });
    });
  });

  describe('that belong to nothing', () => {
    const tomorrow = () => Date.now() + 86_400_000;

    async function withLine(setting: Awaited<ReturnType<typeof setUp>>, name: string) {
      const line = sampleLine(setting.id, 0, { id: name });
      await setting.repositories.followUps.apply(followUpOf(sampleConversation(setting.id, 1), { lines: [line] }));
    }

    it('go once they are old enough: a row without bytes, bytes without a row, and a file without a message', async () => {
      const setting = await setUp();
      const { store, files, id } = setting;
      await withLine(setting, 'whole');
      for (const name of ['whole', 'unsent', 'no-bytes', 'no-row']) await files.put(id, name, pieces(Buffer.from('x')));
      await withLine(setting, 'no-bytes');
      await store.blobs.remove('no-bytes');
      await store.collection('files').remove('no-row');

      expect(await files.removeOrphans(Date.now() - 60_000, 10)).toBe(0);
      expect(await files.removeOrphans(tomorrow(), 10)).toBe(3);
      expect((await collect(await files.open('whole'))).toString()).toBe('x');
      for (const name of ['unsent', 'no-bytes', 'no-row']) {
        expect(await store.blobs.get(name), name).toBeNull();
        expect(await store.collection('files').get(name), name).toBeNull();
      }
    });

    it('are found a few at a time, however many are kept', async () => {
      const setting = await setUp();
      const { files, id } = setting;
      for (let count = 0; count < 7; count += 1) await files.put(id, `f${count}`, pieces(Buffer.from('x')));
      const removed = [];
      for (let round = 0; round < 5; round += 1) removed.push(await files.removeOrphans(tomorrow(), 3));
      expect(removed.every((count) => count <= 6)).toBe(true);
      expect(await files.aged(tomorrow(), { limit: 10 })).toEqual([]);
    });

    it('are not those whose message still waits', async () => {
      const { repositories, files, id } = await setUp();
      const event = sampleEvent(repositories, 1);
      await repositories.events.insert([event]);
      await files.put(id, event.id, pieces(Buffer.from('x')));
      expect(await files.removeOrphans(tomorrow(), 10)).toBe(0);
    });

    it('are dated by their message when an older version kept them', async () => {
      const setting = await setUp();
      const { store, files, id } = setting;
      await withLine(setting, 'old');
      await files.put(id, 'old', pieces(Buffer.from('x')));
      const { ageFrom: _, ...row } = (await store.collection('files').get('old'))!;
      await store.collection('files').replace({ ...row, version: row.version + 1 }, row.version);
      expect(await files.aged(tomorrow(), { limit: 10 })).toEqual([]);
      expect(await files.removeOrphans(tomorrow(), 10)).toBe(0);
      expect(await files.aged(tomorrow(), { limit: 10 })).toMatchObject([{ id: 'old', ageFrom: now }]);
    });
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
