import { afterEach, describe, expect, it } from 'vitest';
import type { Budget } from '../../src/ports/queue.ts';

/** What every Budget does. `open` gives a budget whose memory began just now, and lets its time pass. */
export function budgetContract(
  name: string,
  open: () => Promise<{ readonly budget: Budget; pass: (ms: number) => Promise<void> }>,
): void {
  describe(`the sending limits of ${name}`, () => {
    const opened: Budget[] = [];
    const openBudget = async () => {
      const one = await open();
      opened.push(one.budget);
      return one;
    };
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((budget) => budget.close()));
    });
    /** Tokens granted in a row. */
    const drain = async (budget: Budget, buckets: Parameters<Budget['take']>[0]) => {
      let granted = 0;
      while ((await budget.take(buckets)).granted) granted++;
      return granted;
    };

    it('begins empty and says when to ask again', async () => {
      const { budget, pass } = await openBudget();
      const bucket = { key: 'new', capacity: 10, refillPerSecond: 5 };
      const answer = await budget.take([bucket]);
      expect(answer.granted).toBe(false);
      const afterMs = answer.granted ? 0 : answer.afterMs;
      expect(afterMs).toBeGreaterThan(150);
      expect(afterMs).toBeLessThanOrEqual(200);
      await pass(afterMs + 1);
      expect(await budget.take([bucket])).toEqual({ granted: true });
    });

    it('fills a bucket that nobody knew since the memory began, up to its capacity', async () => {
      const { budget, pass } = await openBudget();
      // The first call is what begins the memory.
      await budget.take([{ key: 'any', capacity: 1, refillPerSecond: 1 }]);
      await pass(300);
      expect(await drain(budget, [{ key: 'unknown', capacity: 3, refillPerSecond: 20 }])).toBe(3);
    });

    it('takes from all buckets or from none', async () => {
      const { budget, pass } = await openBudget();
      const wide = { key: 'account', capacity: 5, refillPerSecond: 0.001 };
      const narrow = { key: 'person', capacity: 1, refillPerSecond: 10 };
      const filling = { ...wide, refillPerSecond: 50 };
      await budget.take([filling]);
      await pass(200);
      expect(await budget.take([filling, narrow])).toEqual({ granted: true });
      expect((await budget.take([wide, narrow])).granted).toBe(false);
      expect(await drain(budget, [wide])).toBe(4);
    });

    it('never asks anybody to wait for more than a minute at once', async () => {
      const { budget } = await openBudget();
      const answer = await budget.take([{ key: 'slow', capacity: 1, refillPerSecond: 1 / 86_400 }]);
      expect(answer).toEqual({ granted: false, afterMs: 60_000 });
    });

    it('grants everything when no limit applies', async () => {
      const { budget } = await openBudget();
      expect(await budget.take([])).toEqual({ granted: true });
    });
  });
}
