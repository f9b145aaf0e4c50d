import type { Clock } from '../../ports/clock.ts';
import type { Budget } from '../../ports/queue.ts';

/** Buckets kept in memory; the ones longest unused are forgotten first. */
const maxBuckets = 50_000;

/** Token buckets of one process. One that is not known was empty when the process started and has been filling since. */
export function createInProcessBudget({ clock }: { clock: Clock }): Budget {
  const startedAt = clock.now();
  const buckets = new Map<string, { tokens: number; at: number }>();

  return {
    async take(wanted) {
      const now = clock.now();
      let afterMs = 0;
      const levels = wanted.map((bucket) => {
        const known = buckets.get(bucket.key) ?? { tokens: 0, at: startedAt };
        const tokens = Math.min(bucket.capacity, known.tokens + ((now - known.at) / 1000) * bucket.refillPerSecond);
        if (tokens < 1) afterMs = Math.max(afterMs, Math.ceil(((1 - tokens) / bucket.refillPerSecond) * 1000));
        return { key: bucket.key, tokens };
      });
      const granted = afterMs === 0;
      for (const { key, tokens } of levels) {
        buckets.delete(key);
        buckets.set(key, { tokens: granted ? tokens - 1 : tokens, at: now });
      }
      forgetOldest(buckets);
      return granted ? { granted } : { granted, afterMs };
    },
    async close() {
      buckets.clear();
    },
  };
}

/** The least recently used bucket has had the longest time to fill. */
function forgetOldest(buckets: Map<string, unknown>): void {
  for (const key of buckets.keys()) {
    if (buckets.size <= maxBuckets) return;
    buckets.delete(key);
  }
}
