import { systemClock as clock } from '../src/ports/clock.ts';
import { createRedisBroadcast } from '../src/queue/bullmq/broadcast.ts';
import { createRedisBudget } from '../src/queue/bullmq/budget.ts';
import { createBullmqQueue } from '../src/queue/bullmq/queue.ts';
import { collections } from '../src/store/collections.ts';
import { openMongoStore } from '../src/store/mongo/open-mongo-store.ts';
import { silentLog as log } from '../test/support/world.ts';
import type { Backend } from './end-to-end.ts';

/** A MongoDB and a Redis that exist already. They keep what the bench writes: give it servers for tests. */
export async function withServers<Result>(
  { mongodbUri, redisUrl }: { mongodbUri: string; redisUrl: string },
  work: (backend: Backend) => Promise<Result>,
): Promise<Result> {
  const settings = { redisUrl, log, prefix: `bench-${process.pid}`, clock };
  const store = await openMongoStore({ uri: mongodbUri, collections });
  const queue = createBullmqQueue(settings);
  const broadcast = createRedisBroadcast(settings);
  const budget = createRedisBudget(settings);
  try {
    return await work({ store, queue, broadcast, budget, isSoleWorker: false });
  } finally {
    await Promise.allSettled([queue.close(), broadcast.close(), budget.close()]);
    await store.close();
  }
}
