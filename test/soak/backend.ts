import { copyFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import type { Store } from '../../src/ports/store.ts';
import { collections } from '../../src/store/collections.ts';
import { openMongoStore } from '../../src/store/mongo/open-mongo-store.ts';
import { pagesOf } from '../../src/store/pages.ts';
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts';
import type { OwnRedis } from '../support/own-redis.ts';

/** Ids of messages that a dead process had claimed and not recorded as sent. */
export type Unrecorded = ReadonlySet<string>;

/** What the servers of a soak run on, and how to look at what a killed one left. */
export interface Backend {
  readonly is: 'embedded' | 'shared';
  readonly places: number;
  /** Settings of the process at a place. */
  settings(place: number): Readonly<Record<string, string>>;
  /** Called between a process's death and the next one's start; what it gives reads the claims of the dead, later. */
  lookAtDead(pid: number): Promise<() => Promise<Unrecorded>>;
  /** The store as the servers left it; embedded: only once they have stopped. */
  openStore(): Promise<Store>;
  close(): Promise<void>;
}

/** One process on SQLite. Its file is copied at each death, since nobody else may open it. */
export function embeddedBackend(folder: string): Backend {
  const dataDir = join(folder, 'data');
  const file = join(dataDir, 'wasl.sqlite');
  let copies = 0;
  return {
    is: 'embedded',
    places: 1,
    settings: () => ({ DATA_DIR: dataDir }),
    async lookAtDead(pid) {
      copies += 1;
      const copy = join(folder, `copy-${copies}`);
      await mkdir(copy);
      for (const suffix of ['', '-wal']) {
        // A process that was killed while it started has made no file yet.
        await copyFile(`${file}${suffix}`, join(copy, `wasl.sqlite${suffix}`)).catch(() => {});
      }
      return async () => {
        const ids = readClaimed(join(copy, 'wasl.sqlite'), pid);
        await rm(copy, { recursive: true });
        return ids;
      };
    },
    openStore: () => openSqliteStore({ file, blobsDir: join(dataDir, 'blobs'), collections }),
    close: async () => {},
  };
}

function readClaimed(file: string, pid: number): Unrecorded {
  const database = new DatabaseSync(file);
  try {
    if (!database.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'doc.messages'`).get()) return new Set();
    const rows = database.prepare(`SELECT json FROM "doc.messages" WHERE json LIKE '%"status":"sending"%'`).all();
    const documents = rows.map((row) => JSON.parse(String((row as { json: string }).json)) as unknown); // By the query.
    return claimedBy(pid, documents);
  } finally {
    database.close();
  }
}

/** Two workers on MongoDB and Redis, each with a data folder of its own. */
export async function sharedBackend(
  folder: string,
  { mongoUri, redis }: { mongoUri: string; redis: OwnRedis },
): Promise<Backend> {
  const openStore = () => openMongoStore({ uri: mongoUri, collections });
  // Open all the time: a dead worker's claims must be read before another one takes them over.
  const store = await openStore();
  return {
    is: 'shared',
    places: 2,
    settings: (place) => ({
      ...{ ROLE: 'worker', MONGODB_URI: mongoUri, REDIS_URL: redis.url, DATA_DIR: join(folder, `data-${place}`) },
    }),
    async lookAtDead(pid) {
      const query = { index: 'laneDue', order: 'ascending' } as const;
      const unrecorded = new Set<string>();
      for await (const page of pagesOf(store.collection('messages'), query))
        for (const id of claimedBy(pid, page)) unrecorded.add(id);
      return async () => unrecorded;
    },
    openStore,
    close: () => store.close(),
  };
}

/** A claim's holder is named `<host>.<pid>.<random>`. */
function claimedBy(pid: number, documents: readonly unknown[]): Unrecorded {
  const rows = documents as readonly { id: string; status?: string; claim?: { holder: string } }[]; // As `MessageRow` is kept.
  return new Set(
    rows
      .filter((row) => row.status === 'sending' && row.claim?.holder.split('.').at(-2) === String(pid))
      .map((row) => row.id),
  );
}
