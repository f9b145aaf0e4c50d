import type { Clock } from '../../ports/clock.ts';
import type { Bucket, Budget } from '../../ports/queue.ts';
import { tokensNeeded } from './tokens-needed.ts';

/** Buckets kept in memory; the one longest unused, which has had the longest time to fill, is forgotten first. */
const maxBuckets = 50_000;
/** However long a bucket takes to hold a token, whoever was refused asks again within a minute. */
const longestWaitMs = 60_000;
/** Sums of fractions may miss a whole token by less than this. */
const rounding = 1e-9;

/** What a bucket held at a time; a time to come is when a closed one opens. */
interface Level {
  readonly tokens: number;
  readonly at: number;
}

/** Token buckets in memory. One that is not known was empty when they were made and has been filling since. */
export function createTokenBuckets({ clock }: { readonly clock: Clock }): Pick<Budget, 'take' | 'hold'> {
  const madeAt = clock.now();
  const levels = new Map<string, Level>();

  function levelOf({ key, capacity, refillPerSecond }: Bucket, now: number): Level {
    const known = levels.get(key) ?? { tokens: 0, at: madeAt };
    if (known.at > now) return known;
    return { tokens: Math.min(capacity, known.tokens + ((now - known.at) / 1000) * refillPerSecond), at: now };
  }

  function set(key: string, level: Level): void {
    levels.delete(key);
    levels.set(key, level);
    for (const oldest of levels.keys()) {
      if (levels.size <= maxBuckets) return;
      levels.delete(oldest);
    }
  }

  return {
    async take(wanted, urgency) {
      const now = clock.now();
      let afterMs = 0;
      const refusedBy: string[] = [];
      const found = wanted.map((bucket) => {
        const level = levelOf(bucket, now);
        const missing = tokensNeeded(bucket, urgency) - level.tokens;
        if (level.at > now || missing > rounding) {
          refusedBy.push(bucket.key);
          const fillMs = Math.ceil((Math.max(0, missing) / bucket.refillPerSecond) * 1000);
          afterMs = Math.max(afterMs, level.at - now + fillMs);
        }
        return { key: bucket.key, level };
      });
      const granted = refusedBy.length === 0;
      for (const { key, level } of found) set(key, granted ? { ...level, tokens: level.tokens - 1 } : level);
      return granted ? { granted } : { granted, afterMs: Math.min(afterMs, longestWaitMs), refusedBy };
    },
    async hold(bucket, forMs) {
      const now = clock.now();
      set(bucket.key, { tokens: 1, at: Math.max(levelOf(bucket, now).at, now + forMs) });
    },
  };
}
