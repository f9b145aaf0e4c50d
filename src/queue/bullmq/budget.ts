import type { Clock } from '../../ports/clock.ts';
import type { Bucket, Budget, Grant } from '../../ports/queue.ts';
import type { Urgency } from '../../domain/urgency.ts';
import { tokensNeeded } from '../shared/tokens-needed.ts';
import { defaultPrefix, openRedis, within, type RedisSettings } from './connect.ts';
import { createLocalShare } from './local-share.ts';
import { holdScript, takeScript } from './take-script.ts';

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
  const keyOf = ({ key }: Bucket) => `${prefix}:budget:${key}`;

  async function ask(buckets: readonly Bucket[], urgency: Urgency): Promise<Grant> {
    await whenReady(takeLimitMs);
    const owed = local.pay(buckets);
    try {
      const numbers = buckets.flatMap((bucket, index) => [
        bucket.capacity,
        bucket.refillPerSecond,
        owed[index] ?? 0,
        tokensNeeded(bucket, urgency),
      ]);
      const script = redis.eval(takeScript, buckets.length + 1, beganKey, ...buckets.map(keyOf), ...numbers);
      const [afterMs = 0, ...refused] = (await within(takeLimitMs, script)) as number[]; // What the script returns.
      if (refused.length === 0) return { granted: true };
      const refusedBy = refused.flatMap((number) => buckets[number - 1]?.key ?? []);
      return { granted: false, afterMs: Math.min(afterMs, longestWaitMs), refusedBy };
    } catch (error) {
      local.unpaid(buckets, owed);
      throw error;
    }
  }

  function goAlone(error: unknown): void {
    // Only the message: the error itself repeats the whole call.
    const reason = error instanceof Error ? error.message : String(error);
    if (!isAlone) log.warn({ reason }, 'sending limits cannot be asked for; this worker uses its own part of them');
    isAlone = true;
    restUntil = clock.now() + restMs;
  }

  return {
    async take(buckets, urgency) {
      if (clock.now() < restUntil) return local.take(buckets, urgency);
      let grant;
      try {
        grant = await ask(buckets, urgency);
      } catch (error) {
        goAlone(error);
        return local.take(buckets, urgency);
      }
      isAlone = false;
      local.end();
      return grant;
    },
    async hold(bucket, forMs) {
      if (clock.now() < restUntil) return local.hold(bucket, forMs);
      try {
        await whenReady(takeLimitMs);
        const numbers = [Math.ceil(forMs), bucket.capacity, bucket.refillPerSecond];
        await within(takeLimitMs, redis.eval(holdScript, 1, keyOf(bucket), ...numbers));
      } catch (error) {
        goAlone(error);
        await local.hold(bucket, forMs);
      }
    },
    async close() {
      redis.disconnect();
    },
  };
}
