import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { Store } from '../../src/ports/store.ts';
import { collections } from '../../src/store/collections.ts';
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts';

/** A store of a test's own, gone after it. */
export interface TestStore {
  readonly store: Store;
  /** Everything it has on the disk, for tests that look for what must not be there. */
  rawBytes(): Promise<Buffer>;
}

export interface StoreKind {
  readonly name: string;
  open(): Promise<TestStore>;
}

const sqlite: StoreKind = {
  name: 'SQLite',
  async open() {
    const folder = await mkdtemp(join(tmpdir(), 'wasl-store-'));
    const store = await openSqliteStore({
      file: join(folder, 'wasl.db'),
      blobsDir: join(folder, 'blobs'),
      collections,
    });
    closing.push(async () => {
      await store.close();
      await rm(folder, { recursive: true, force: true });
    });
    return { store, rawBytes: () => bytesUnder(folder) };
  },
};

/** The stores on which the tests of the repositories run. */
export const storeKinds: readonly StoreKind[] = [sqlite];

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function bytesUnder(folder: string): Promise<Buffer> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Buffer.concat(await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name)))));
}
