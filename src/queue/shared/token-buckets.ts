import type { Clock } from '../../ports/clock.ts';
import type { Budget } from '../../ports/queue.ts';

/** Buckets kept in memory; the one longest unused, which has had the longest time to fill, is forgotten first. */
const maxBuckets = 50_000;
/** However long a bucket takes to hold a token, whoever was refused asks again within a minute. */
const longestWaitMs = 60_000;

/** Token buckets in memory. One that is not known was empty when they were made and has been filling since. */
export function createTokenBuckets({ clock }: { readonly clock: Clock }): Pick<Budget, 'take'> {
  const madeAt = clock.now();
  const buckets = new Map<string, { tokens: number; at: number }>();

  return {
    async take(wanted) {
      const now = clock.now();
      let afterMs = 0;
      const levels = wanted.map(({ key, capacity, refillPerSecond }) => {
        const known = buckets.get(key) ?? { tokens: 0, at: madeAt };
        const elapsedMs = Math.max(0, now - known.at);
        const tokens = Math.min(capacity, known.tokens + (elapsedMs / 1000) * refillPerSecond);
        if (tokens < 1) afterMs = Math.max(afterMs, Math.ceil(((1 - tokens) / refillPerSecond) * 1000));
        return { key, tokens };
      });
      const granted = afterMs === 0;
      for (const { key, tokens } of levels) {
        buckets.delete(key);
        buckets.set(key, { tokens: granted ? tokens - 1 : tokens, at: now });
      }
      forgetOldest(buckets);
      return granted ? { granted } : { granted, afterMs: Math.min(afterMs, longestWaitMs) };
    },
  };
}

function forgetOldest(buckets: Map<string, unknown>): void {
  for (const key of buckets.keys()) {
    if (buckets.size <= maxBuckets) return;
    buckets.delete(key);
  }
}
