import type { Clock } from '../../ports/clock.ts';
import type { Budget } from '../../ports/queue.ts';
import { createTokenBuckets } from '../shared/token-buckets.ts';

/** Sending limits of one process. A bucket that is not known was empty when the process started and has been filling since. */
export function createInProcessBudget({ clock }: { readonly clock: Clock }): Budget {
  return { ...createTokenBuckets({ clock }), async close() {} };
}
