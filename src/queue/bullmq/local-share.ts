import type { Clock } from '../../ports/clock.ts';
import type { Urgency } from '../../domain/urgency.ts';
import type { Bucket, Budget } from '../../ports/queue.ts';
import { createTokenBuckets } from '../shared/token-buckets.ts';

/** Buckets whose debts are remembered; past it the oldest debt, which is the nearest to none, is forgotten. */
const maxDebts = 50_000;

/**
 * One worker's part of the sending limits for as long as the shared ones cannot be asked: `share` of each bucket's refill and
 * capacity (but one token can always be saved up), empty when the outage begins. What was taken is owed to the shared buckets, less
 * what they would have refilled since, so that a limit holds across the return as well.
 */
export function createLocalShare({ clock, share }: { readonly clock: Clock; readonly share: number }) {
  const debts = new Map<string, { tokens: number; at: number }>();
  let own: Pick<Budget, 'take' | 'hold'> | null = null;

  function owed({ key, refillPerSecond }: Bucket): number {
    const debt = debts.get(key);
    return debt ? Math.max(0, debt.tokens - ((clock.now() - debt.at) / 1000) * refillPerSecond) : 0;
  }

  function owe(bucket: Bucket, tokens: number): void {
    debts.delete(bucket.key);
    if (tokens <= 0) return;
    debts.set(bucket.key, { tokens, at: clock.now() });
    for (const key of debts.keys()) {
      if (debts.size <= maxDebts) return;
      debts.delete(key);
    }
  }

  function toOwn({ key, capacity, refillPerSecond, reserve = 0 }: Bucket): Bucket {
    const part = { capacity: Math.max(1, capacity * share), refillPerSecond: refillPerSecond * share };
    return { key, ...part, reserve: reserve * share };
  }

  return {
    async take(buckets: readonly Bucket[], urgency: Urgency): ReturnType<Budget['take']> {
      own ??= createTokenBuckets({ clock });
      const answer = await own.take(buckets.map(toOwn), urgency);
      if (answer.granted) for (const bucket of buckets) owe(bucket, owed(bucket) + 1);
      return answer;
    },
    async hold(bucket: Bucket, forMs: number): Promise<void> {
      own ??= createTokenBuckets({ clock });
      await own.hold(toOwn(bucket), forMs);
    },
    /** The outage is over; the next one begins with empty buckets again. */
    end(): void {
      own = null;
    },
    /** What the shared buckets are to be charged. Counts as paid; give it back with `unpaid` when they could not be reached. */
    pay(buckets: readonly Bucket[]): readonly number[] {
      return buckets.map((bucket) => {
        const tokens = owed(bucket);
        debts.delete(bucket.key);
        return tokens;
      });
    },
    unpaid(buckets: readonly Bucket[], payment: readonly number[]): void {
      buckets.forEach((bucket, index) => owe(bucket, owed(bucket) + (payment[index] ?? 0)));
    },
  };
}
