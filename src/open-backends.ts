import { join } from 'node:path';
import type { Config } from './config.ts';
import type { Clock } from './ports/clock.ts';
import type { Log } from './ports/log.ts';
import type { Broadcast, Budget, Queue } from './ports/queue.ts';
import type { Store } from './ports/store.ts';
import { collections } from './store/collections.ts';

export interface Backends {
  readonly store: Store;
  readonly queue: Queue;
  readonly broadcast: Broadcast;
  readonly budget: Budget;
  /** Nobody else can open the store: SQLite belongs to one process. */
  readonly isSoleProcess: boolean;
  close(): Promise<void>;
}

/**
 * Opens what the environment chose: no MONGODB_URI means SQLite, no REDIS_URL means in-process. A client library that is not chosen
 * is not even loaded: together they take 50 MB. @throws StoreUnavailable, AppError 'store-locked'
 */
export async function openBackends(config: Config, clock: Clock, log: Log): Promise<Backends> {
  const store = await openStore(config);
  const bells = config.redisUrl
    ? await openRedisBells(config.redisUrl, clock, log)
    : await openInProcessBells(clock, log);
  return {
    store,
    ...bells,
    isSoleProcess: !config.mongodbUri,
    async close() {
      await Promise.allSettled([bells.queue.close(), bells.broadcast.close(), bells.budget.close()]);
      await store.close();
    },
  };
}

async function openStore({ mongodbUri, dataDir }: Config): Promise<Store> {
  if (mongodbUri) {
    const { openMongoStore } = await import('./store/mongo/open-mongo-store.ts');
    return openMongoStore({ uri: mongodbUri, collections });
  }
  const { openSqliteStore } = await import('./store/sqlite/open-sqlite-store.ts');
  return openSqliteStore({ file: join(dataDir, 'wasl.sqlite'), blobsDir: join(dataDir, 'blobs'), collections });
}

type Bells = Pick<Backends, 'queue' | 'broadcast' | 'budget'>;

async function openRedisBells(redisUrl: string, clock: Clock, log: Log): Promise<Bells> {
  const { createBullmqQueue } = await import('./queue/bullmq/queue.ts');
  const { createRedisBroadcast } = await import('./queue/bullmq/broadcast.ts');
  const { createRedisBudget } = await import('./queue/bullmq/budget.ts');
  const settings = { redisUrl, clock, log };
  return {
    queue: createBullmqQueue(settings),
    broadcast: createRedisBroadcast(settings),
    budget: createRedisBudget(settings),
  };
}

async function openInProcessBells(clock: Clock, log: Log): Promise<Bells> {
  const { createInProcessQueue } = await import('./queue/in-process/queue.ts');
  const { createInProcessBroadcast } = await import('./queue/in-process/broadcast.ts');
  const { createInProcessBudget } = await import('./queue/in-process/budget.ts');
  return {
    queue: createInProcessQueue({ clock, log }),
    broadcast: createInProcessBroadcast(),
    budget: createInProcessBudget({ clock }),
  };
}
