import { urgencyRank, type Urgency } from '../../domain/urgency.ts';
import type { Bucket } from '../../ports/queue.ts';

/** How many tokens must be in a bucket so that a message may take one of them: what it leaves is for who is more urgent. */
export function tokensNeeded({ capacity, reserve = 0 }: Bucket, urgency: Urgency): number {
  return Math.min(1 + reserve * urgencyRank[urgency], Math.max(1, capacity));
}
