import { Queue as BullQueue, Worker, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Clock } from '../../ports/clock.ts';
import type { Bell, BellKind, Queue } from '../../ports/queue.ts';
import { dueSlot } from '../shared/due-slot.ts';
import { growingPause } from '../shared/growing-pause.ts';
import { defaultPrefix, openRedis, within, type RedisSettings } from './connect.ts';
import { warnOfEviction } from './eviction.ts';
import { bellOptions, delayedOptions, retryOptions, type BellData, type JobName } from './jobs.ts';

const ringLimitMs = 50;
const pingLimitMs = 2_000;
const closeLimitMs = 2_000;
/** A follow-up ring of a worker, which has nothing better to do than to wait a little. */
const followUpLimitMs = 1_000;
/** Rings whose answer is awaited at once; past it a ring is refused, so that a Redis that hangs fills no memory. */
const maxRinging = 10_000;
/** A worker that died is noticed after this at the earliest, and after twice as long at the latest. */
const lockMs = 5_000;
const complainEveryMs = 10_000;

type Handler = (bell: Bell) => Promise<void>;
type Bells = BullQueue<BellData, void, JobName>;

/**
 * Doorbells over BullMQ: a queue per kind of bell, a job per call. Redis may be away when it is made and at any time after: rings
 * are then refused at once, handlers that run finish, and everything goes on by itself when Redis is back.
 */
export function createBullmqQueue(settings: RedisSettings & { readonly clock: Clock }): Queue {
  const { clock, log, prefix = defaultPrefix } = settings;
  const { redis: asking, whenReady } = openRedis(settings, 'ring', 'asking');
  warnOfEviction(asking, log);
  const queues = new Map<BellKind, Bells>();
  const workers: Worker<BellData, void, JobName>[] = [];
  const running = new Set<Promise<void>>();
  let workersRedis: WorkersRedis | null = null;
  let ringing = 0;
  let quietUntil = 0;
  let closing: Promise<void> | null = null;

  function queueOf(kind: BellKind): Bells {
    let queue = queues.get(kind);
    if (!queue) {
      // Asking for the version or writing the queue's description at start would need a Redis that is there at start.
      const patient = { skipVersionCheck: true, skipWaitingForReady: true, skipMetasUpdate: true };
      queue = new BullQueue(kind, { connection: asking, prefix, ...patient });
      queue.on('error', () => {}); // Told by the connection and by whoever called.
      queues.set(kind, queue);
    }
    return queue;
  }

  async function add(kind: BellKind, limitMs: number, ...job: Parameters<Bells['add']>): Promise<void> {
    if (ringing >= maxRinging) throw new Error('too many bells are on their way to Redis');
    ringing++;
    const added = whenReady(limitMs)
      .then(() => queueOf(kind).add(...job))
      .finally(() => ringing--);
    await within(limitMs, added);
  }

  /** A handler's error never reaches BullMQ, which writes message and stack into Redis, where only ids may be. */
  async function answer(kind: BellKind, handler: Handler, job: Job<BellData, void, JobName>): Promise<void> {
    const { key, fresh, failures = 0 } = job.data;
    if (job.name === 'later') {
      await add(kind, followUpLimitMs, 'bell', { key, failures }, bellOptions(key));
      return;
    }
    const isFirstTry = job.attemptsStarted <= 1 && job.stalledCounter === 0;
    try {
      await handler({ kind, key, ...(fresh && isFirstTry ? { fresh } : {}) });
    } catch (error) {
      log.warn({ kind, key, failures: failures + 1, error }, 'a bell was not answered; it rings again');
      await add(kind, followUpLimitMs, 'later', { key, failures: failures + 1 }, retryOptions(key, failures + 1));
    }
  }

  /** An outage is told by the connection; what else goes wrong inside BullMQ may repeat at each step. */
  function complain(kind: BellKind, reason: string): void {
    if (closing || workersRedis?.redis.status !== 'ready' || clock.now() < quietUntil) return;
    quietUntil = clock.now() + complainEveryMs;
    log.warn({ kind, reason }, 'a worker had trouble with its queue');
  }

  function process(kind: BellKind, handler: Handler): (job: Job<BellData, void, JobName>) => Promise<void> {
    return async (job) => {
      const answered = answer(kind, handler, job);
      running.add(answered);
      try {
        await answered;
      } finally {
        running.delete(answered);
      }
    };
  }

  async function close(): Promise<void> {
    const leaving = workers.map((worker) => worker.close());
    while (running.size > 0) await Promise.allSettled(running);
    // Without Redis a worker waits for ever to take its leave; its jobs are then given to others as stalled.
    await within(closeLimitMs, Promise.allSettled(leaving)).catch(() => {});
    await Promise.allSettled([...queues.values()].map((queue) => queue.close()));
    workersRedis?.close();
    asking.disconnect();
  }

  return {
    async ring({ kind, key, fresh }, { delayMs, limitMs = ringLimitMs } = {}) {
      if (closing) throw new Error('the queue is closed');
      if (!delayMs) return add(kind, limitMs, 'bell', { key, ...(fresh ? { fresh } : {}) }, bellOptions(key));
      const now = clock.now();
      const dueAt = dueSlot(now, delayMs);
      return add(kind, limitMs, 'later', { key }, delayedOptions(key, dueAt, dueAt - now));
    },
    async listen(kind, handler, { concurrency }) {
      workersRedis ??= openWorkersRedis(settings);
      const worker = new Worker<BellData, void, JobName>(kind, process(kind, handler), {
        connection: workersRedis.redis,
        prefix,
        concurrency,
        lockDuration: lockMs,
        stalledInterval: lockMs / 2,
        maxStalledCount: 1_000, // Tries are counted in the store, which parks what kills the process.
        runRetryDelay: 500,
        settings: { backoffStrategy: (attempts) => growingPause(attempts) },
      });
      worker.on('error', (error) => complain(kind, error.message));
      workers.push(worker);
    },
    close() {
      closing ??= close();
      return closing;
    },
    async ping() {
      await within(
        pingLimitMs,
        whenReady(pingLimitMs).then(() => asking.ping()),
      );
    },
  };
}

interface WorkersRedis {
  readonly redis: Redis;
  close(): void;
}

/** BullMQ copies the connection for each worker's blocking call, and cannot close a copy while Redis is away; so they are known here. */
function openWorkersRedis(settings: RedisSettings): WorkersRedis {
  const { redis } = openRedis(settings, 'work', 'waiting');
  const copies: Redis[] = [];
  const duplicate = redis.duplicate.bind(redis);
  redis.duplicate = (override) => {
    const copy = duplicate(override);
    copies.push(copy);
    return copy;
  };
  return {
    redis,
    close() {
      for (const connection of [redis, ...copies]) connection.disconnect();
    },
  };
}
