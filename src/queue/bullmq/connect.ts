import { Redis } from 'ioredis';
import type { Log } from '../../ports/log.ts';

/** Where Redis is and who says so when it goes away. */
export interface RedisSettings {
  readonly redisUrl: string;
  readonly log: Log;
  /** What all keys of this installation begin with. */
  readonly prefix?: string;
}

export const defaultPrefix = 'wasl';

const longestReconnectMs = 2_000;
/** A connection whose calls get no answer for so long is dead: it is dropped and opened again. */
const silentMs = { asking: 2_000, waiting: 12_000 };

export interface RedisConnection {
  readonly redis: Redis;
  /**
   * Waits for the first connection of a process that has just started; afterwards a Redis that is away is away.
   *
   * @throws at once, or after `limitMs`, when there is no connection.
   */
  readonly whenReady: (limitMs: number) => Promise<void>;
}

/**
 * A connection that opens by itself, reconnects for ever (pause growing to two seconds) and never throws outside a call: an
 * outage is two lines in the log. `asking` refuses a call at once while Redis is away and drops calls that were under way;
 * `waiting` (workers, subscribers) keeps them until Redis is back.
 */
export function openRedis(
  { redisUrl, log }: RedisSettings,
  name: string,
  manner: 'asking' | 'waiting',
): RedisConnection {
  const redis = new Redis(redisUrl, {
    connectionName: `wasl ${name}`,
    connectTimeout: 2_000,
    keepAlive: 10_000,
    socketTimeout: silentMs[manner],
    retryStrategy: (times) => Math.min(25 * 2 ** Math.min(times, 10), longestReconnectMs) * (0.75 + Math.random() / 4),
    ...(manner === 'asking'
      ? { enableOfflineQueue: false, autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0 }
      : { maxRetriesPerRequest: null }),
  });
  tellOutages(redis, name, log);
  let isOpening = true;
  const opened = new Promise<void>((resolve) => {
    redis.once('ready', resolve).once('close', resolve);
  }).then(() => void (isOpening = false));
  return {
    redis,
    async whenReady(limitMs) {
      if (isOpening && redis.status !== 'ready') await within(limitMs, opened);
      if (redis.status !== 'ready') throw new Error('Redis is away');
    },
  };
}

/** The promise's outcome, or an error after `limitMs`; a failure that comes later is of no interest any more. */
export async function within<Outcome>(limitMs: number, promise: Promise<Outcome>): Promise<Outcome> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Redis did not answer within ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Only the message is logged: the error of a refused login carries the password. */
function tellOutages(redis: Redis, name: string, log: Log): void {
  let isAway = false;
  const away = (reason: string) => {
    if (!isAway) log.warn({ connection: name, reason }, 'Redis is away; it is tried again until it is back');
    isAway = true;
  };
  redis.on('error', (error: Error) => away(error.message));
  redis.on('reconnecting', () => away('the connection was closed'));
  redis.on('ready', () => {
    if (isAway) log.info({ connection: name }, 'Redis is back');
    isAway = false;
  });
}
