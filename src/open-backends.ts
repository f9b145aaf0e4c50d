import { join } from 'node:path';
import type { Config } from './config.ts';
import type { Clock } from './ports/clock.ts';
import type { Log } from './ports/log.ts';
import type { Broadcast, Budget, Queue } from './ports/queue.ts';
import type { Store } from './ports/store.ts';
import { createRedisBroadcast } from './queue/bullmq/broadcast.ts';
import { createRedisBudget } from './queue/bullmq/budget.ts';
import { createBullmqQueue } from './queue/bullmq/queue.ts';
import { createInProcessBroadcast } from './queue/in-process/broadcast.ts';
import { createInProcessBudget } from './queue/in-process/budget.ts';
import { createInProcessQueue } from './queue/in-process/queue.ts';
import { collections } from './store/collections.ts';
import { openMongoStore } from './store/mongo/open-mongo-store.ts';
import { openSqliteStore } from './store/sqlite/open-sqlite-store.ts';

export interface Backends {
  readonly store: Store;
  readonly queue: Queue;
  readonly broadcast: Broadcast;
  readonly budget: Budget;
  /** Nobody else can open the store: SQLite belongs to one process. */
  readonly isSoleProcess: boolean;
  close(): Promise<void>;
}

/** Opens what the environment chose: no MONGODB_URI means SQLite, no REDIS_URL means in-process. @throws StoreUnavailable, AppError 'store-locked' */
export async function openBackends(config: Config, clock: Clock, log: Log): Promise<Backends> {
  const { redisUrl, mongodbUri, dataDir } = config;
  const store = mongodbUri
    ? await openMongoStore({ uri: mongodbUri, collections })
    : await openSqliteStore({ file: join(dataDir, 'wasl.sqlite'), blobsDir: join(dataDir, 'blobs'), collections });
  const queue = redisUrl ? createBullmqQueue({ redisUrl, clock, log }) : createInProcessQueue({ clock, log });
  const broadcast = redisUrl ? createRedisBroadcast({ redisUrl, log }) : createInProcessBroadcast();
  const budget = redisUrl ? createRedisBudget({ redisUrl, clock, log }) : createInProcessBudget({ clock });
  return {
    store,
    queue,
    broadcast,
    budget,
    isSoleProcess: !mongodbUri,
    async close() {
      await Promise.allSettled([queue.close(), broadcast.close(), budget.close()]);
      await store.close();
    },
  };
}
