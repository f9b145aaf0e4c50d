import type { Clock } from '../../ports/clock.ts';
import type { Budget } from '../../ports/queue.ts';
import { defaultPrefix, openRedis, within, type RedisSettings } from './connect.ts';
import { createLocalShare } from './local-share.ts';
import { takeScript } from './take-script.ts';

const takeLimitMs = 100;
/** A Redis that did not answer in time is left alone for so long. */
const restMs = 1_000;
const longestWaitMs = 60_000;

/**
 * Token buckets shared by all workers: one script in Redis takes all tokens of a call or none. While Redis is away a worker goes on
 * alone with a conservative part of each limit: sending slows down, and neither stops nor exceeds what a platform allows.
 *
 * @param localShare The part of a limit that this worker may use alone: 1 / the number of workers that send, or less.
 */
export function createRedisBudget(
  settings: RedisSettings & { readonly clock: Clock; readonly localShare?: number },
): Budget {
  const { clock, log, prefix = defaultPrefix, localShare = 0.25 } = settings;
  const { redis, whenReady } = openRedis(settings, 'budget', 'asking');
  const local = createLocalShare({ clock, share: localShare });
  const beganKey = `${prefix}:budget-began`;
  let restUntil = 0;
  let isAlone = false;

  async function ask(buckets: Parameters<Budget['take']>[0]): Promise<number> {
    await whenReady(takeLimitMs);
    const owed = local.pay(buckets);
    try {
      const keys = buckets.map(({ key }) => `${prefix}:budget:${key}`);
      const numbers = buckets.flatMap(({ capacity, refillPerSecond }, index) => [
        capacity,
        refillPerSecond,
        owed[index] ?? 0,
      ]);
      const reply = await within(takeLimitMs, redis.eval(takeScript, keys.length + 1, beganKey, ...keys, ...numbers));
      return Number(reply);
    } catch (error) {
      local.unpaid(buckets, owed);
      throw error;
    }
  }

  return {
    async take(buckets) {
      if (clock.now() < restUntil) return local.take(buckets);
      let afterMs;
      try {
        afterMs = await ask(buckets);
      } catch (error) {
        // Only the message: the error itself repeats the whole call.
        const reason = error instanceof Error ? error.message : String(error);
        if (!isAlone) log.warn({ reason }, 'sending limits cannot be asked for; this worker uses its own part of them');
        isAlone = true;
        restUntil = clock.now() + restMs;
        return local.take(buckets);
      }
      isAlone = false;
      local.end();
      return afterMs === 0 ? { granted: true } : { granted: false, afterMs: Math.min(afterMs, longestWaitMs) };
    },
    async close() {
      redis.disconnect();
    },
  };
}
