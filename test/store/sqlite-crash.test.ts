import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../src/domain/errors.ts';
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts';

const rounds = 20;
const writer = join(import.meta.dirname, '../support/store-writer.ts');
const collections = [
  { name: 'notes', indexes: { by: { fields: ['by', 'n'] }, words: { fields: ['words'], multi: true } } },
] as const;

let folder: string;
const children = new Set<ChildProcess>();
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wasl-crash-'));
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
  await rm(folder, { recursive: true, force: true });
});

const open = () => openSqliteStore({ file: join(folder, 'wasl.sqlite'), blobsDir: join(folder, 'blobs'), collections });

/** Starts the writer; `lines` grows as it prints, and `line(n)` waits for the n-th. */
function startWriter(...options: string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', writer, folder, ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.add(child);
  const lines: string[] = [];
  let heard = () => {};
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    heard();
  });
  const closed = once(child, 'close');
  return {
    lines,
    async line(n: number): Promise<string> {
      while (lines[n] === undefined) await new Promise<void>((resolve) => (heard = resolve));
      return lines[n];
    },
    /** Resolves when all it printed has been read. */
    async kill() {
      child.kill('SIGKILL');
      await closed;
    },
  };
}

describe('a process that is killed while it writes', () => {
  it(`leaves everything it acknowledged, ${rounds} times`, { timeout: 180_000 }, async () => {
    const acknowledged: string[] = [];
    for (let round = 0; round < rounds; round++) {
      const child = startWriter('write', `round${round}`);
      await child.line(20 + round * 7);
      await child.kill();
      acknowledged.push(...child.lines.filter((line) => line !== 'opened'));
    }
    const store = await open();
    const notes = store.collection('notes');
    expect(acknowledged.length).toBeGreaterThan(rounds * 20);
    for (let from = 0; from < acknowledged.length; from += 500) {
      const ids = acknowledged.slice(from, from + 500);
      const found = await notes.getMany(ids);
      expect(found.map(({ id }) => id).sort()).toEqual(ids.toSorted());
      expect(found.every(({ version }) => version === 2)).toBe(true);
    }
    // The side table agrees with the documents: each is found by its own word, and no replaced one by the word it lost.
    for (const id of acknowledged.slice(-50))
      expect((await notes.search({ index: 'words', tokens: [id], limit: 9 })).map((note) => note.id)).toEqual([id]);
    const unfinished = await notes.search({ index: 'words', tokens: ['every'], limit: 1_000 });
    expect(unfinished.every(({ version }) => version === 1)).toBe(true);
    await store.close();
  });
});

describe('a second process', () => {
  it('is refused while the first holds the store, and admitted once that was killed', async () => {
    const first = startWriter('hold');
    expect(await first.line(0)).toBe('opened');
    const second = startWriter('hold');
    expect(await second.line(0)).toMatch(/^refused store-locked .*wasl\.sqlite is held by another process/);
    await expect(open()).rejects.toMatchObject({ code: 'store-locked' });
    await first.kill();
    const third = await open();
    await third.ping();
    await third.close();
  });

  it('is refused within one process too', async () => {
    const first = await open();
    await expect(open()).rejects.toBeInstanceOf(AppError);
    await first.collection('notes').insert({ id: 'still-mine', version: 1 });
    await first.close();
  });
});

describe('writes that wait together', () => {
  it('share one fsync', async () => {
    const store = await open();
    const notes = store.collection('notes');
    const note = (n: number) => ({ id: `note-${n}`, version: 1, n, by: 'me' });
    const before = countCommits(join(folder, 'wasl.sqlite-wal'));
    for (let n = 0; n < 10; n++) await notes.insert(note(n));
    const alone = countCommits(join(folder, 'wasl.sqlite-wal'));
    expect(alone - before).toBe(10);
    await Promise.all(Array.from({ length: 200 }, (_, n) => notes.insert(note(100 + n))));
    expect(countCommits(join(folder, 'wasl.sqlite-wal')) - alone).toBeLessThanOrEqual(2);
    await store.close();
  });

  it('are all kept when one of them is refused', async () => {
    const store = await open();
    const notes = store.collection('notes');
    const outcomes = await Promise.allSettled([
      notes.insert({ id: 'a', version: 1, words: ['one'] }),
      notes.insert({ id: 'a', version: 1, words: ['two'] }),
      notes.replace({ id: 'a', version: 9, words: ['three'] }, 8),
      store.batch([
        { type: 'insert', collection: 'notes', document: { id: 'b', version: 1 } },
        {
          type: 'replace',
          collection: 'notes',
          document: { id: 'a', version: 2, words: ['four'] },
          expectedVersion: 1,
        },
      ]),
      notes.insert({ id: 'c', version: 1 }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
    expect(await notes.getMany(['a', 'b', 'c'])).toHaveLength(3);
    expect((await notes.countBy('words')).size).toBe(1);
    expect((await notes.search({ index: 'words', tokens: ['four'], limit: 1 }))[0]).toMatchObject({
      id: 'a',
      version: 2,
    });
    await store.close();
  });
});

describe('more calls than the queue takes', () => {
  it('wait for their turn and are all answered', async () => {
    const store = await open();
    const notes = store.collection('notes');
    await Promise.all(
      Array.from({ length: 10_000 }, (_, n) => notes.insert({ id: `n${n}`, version: 1, by: 'all', n })),
    );
    expect(await notes.count('by', ['all'])).toBe(10_000);
    const late = notes.insert({ id: 'late', version: 1 });
    await store.close();
    await late;
    await expect(notes.get('late')).rejects.toMatchObject({ code: 'store-unavailable' });
  });
});

describe('what is on the disk', () => {
  it('keeps no blob that a crash left half written', async () => {
    const store = await open();
    await store.blobs.put(
      'whole',
      (async function* () {
        yield Buffer.from('whole');
      })(),
    );
    await store.close();
    const half = join(folder, 'blobs', 'incoming', 'half');
    closeSync(openSync(half, 'w'));
    const again = await open();
    expect(() => readFileSync(half)).toThrow(/ENOENT/);
    expect(await again.blobs.get('whole')).not.toBeNull();
    await again.close();
  });
});

describe('a walk over the blobs', () => {
  it("meets what is half written as nobody's, and removes it", async () => {
    const store = await open();
    const half = join(folder, 'blobs', 'incoming', 'half');
    closeSync(openSync(half, 'w'));
    for await (const blob of store.blobs.walk()) {
      expect(blob.id).toBeNull();
      await blob.remove();
    }
    expect(() => readFileSync(half)).toThrow(/ENOENT/);
    await store.close();
  });
});

/** Commits in a write-ahead log: frames of its current salt that say how large the database is (https://sqlite.org/fileformat.html#walformat). */
function countCommits(file: string): number {
  const descriptor = openSync(file, 'r');
  const head = Buffer.alloc(32);
  readSync(descriptor, head, 0, 32, 0);
  const frame = Buffer.alloc(24);
  const frameBytes = 24 + head.readUInt32BE(8);
  let commits = 0;
  for (let at = 32; readSync(descriptor, frame, 0, 24, at) === 24; at += frameBytes)
    if (frame.subarray(8, 16).equals(head.subarray(16, 24)) && frame.readUInt32BE(4) > 0) commits++;
  closeSync(descriptor);
  return commits;
}
