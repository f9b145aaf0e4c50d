import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mongoose from 'mongoose';
import { afterEach, inject } from 'vitest';
import type { Store } from '../../src/ports/store.ts';
import { collections } from '../../src/store/collections.ts';
import { openMongoStore } from '../../src/store/mongo/open-mongo-store.ts';
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

const mongodbUri = inject('mongodbUri');

const mongo: StoreKind = {
  name: 'MongoDB',
  async open() {
    const uri = `${mongodbUri ?? ''}/wasl-${randomUUID()}`;
    const store = await openMongoStore({ uri, collections });
    closing.push(async () => {
      await withDatabase(uri, (database) => database.dropDatabase());
      await store.close();
    });
    return { store, rawBytes: () => withDatabase(uri, bytesIn) };
  },
};

/** The stores on which the tests of the repositories run. */
export const storeKinds: readonly StoreKind[] = mongodbUri === null ? [sqlite] : [sqlite, mongo];

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function bytesUnder(folder: string): Promise<Buffer> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Buffer.concat(await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name)))));
}

type Database = NonNullable<mongoose.Connection['db']>;

async function withDatabase<Result>(uri: string, use: (database: Database) => Promise<Result>): Promise<Result> {
  const connection = await mongoose.createConnection(uri).asPromise();
  try {
    if (!connection.db) throw new Error('connected without a database');
    return await use(connection.db);
  } finally {
    await connection.close();
  }
}

async function bytesIn(database: Database): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for (const { name } of await database.listCollections().toArray()) {
    for await (const document of database.collection(name).find()) parts.push(mongoose.mongo.BSON.serialize(document));
  }
  return Buffer.concat(parts);
}
