import { afterEach, describe, expect, it } from 'vitest';
import type { Urgency } from '../../src/domain/urgency.ts';
import type { Bucket, Budget } from '../../src/ports/queue.ts';

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
    const drain = async (budget: Budget, buckets: readonly Bucket[], urgency: Urgency = 'officer') => {
      let granted = 0;
      while ((await budget.take(buckets, urgency)).granted) granted++;
      return granted;
    };

    it('begins empty and says when to ask again', async () => {
      const { budget, pass } = await openBudget();
      const bucket = { key: 'new', capacity: 10, refillPerSecond: 5 };
      const answer = await budget.take([bucket], 'officer');
      expect(answer.granted).toBe(false);
      const afterMs = answer.granted ? 0 : answer.afterMs;
      expect(afterMs).toBeGreaterThan(150);
      expect(afterMs).toBeLessThanOrEqual(200);
      await pass(afterMs + 1);
      expect(await budget.take([bucket], 'officer')).toEqual({ granted: true });
    });

    it('fills a bucket that nobody knew since the memory began, up to its capacity', async () => {
      const { budget, pass } = await openBudget();
      // The first call is what begins the memory.
      await budget.take([{ key: 'any', capacity: 1, refillPerSecond: 1 }], 'officer');
      await pass(300);
      expect(await drain(budget, [{ key: 'unknown', capacity: 3, refillPerSecond: 20 }])).toBe(3);
    });

    it('takes from all buckets or from none', async () => {
      const { budget, pass } = await openBudget();
      const wide = { key: 'account', capacity: 5, refillPerSecond: 0.001 };
      const narrow = { key: 'person', capacity: 1, refillPerSecond: 10 };
      const filling = { ...wide, refillPerSecond: 50 };
      await budget.take([filling], 'officer');
      await pass(200);
      expect(await budget.take([filling, narrow], 'officer')).toEqual({ granted: true });
      expect((await budget.take([wide, narrow], 'officer')).granted).toBe(false);
      expect(await drain(budget, [wide])).toBe(4);
    });

    it('says which of the buckets refused', async () => {
      const { budget, pass } = await openBudget();
      const filling = { key: 'account', capacity: 2, refillPerSecond: 50 };
      const person = { key: 'person', capacity: 1, refillPerSecond: 0.01 };
      await budget.take([filling], 'officer');
      await pass(200);
      expect(await budget.take([filling, person], 'officer')).toMatchObject({ granted: false, refusedBy: ['person'] });
      expect(await budget.take([filling], 'officer')).toEqual({ granted: true });
      const account = { ...filling, refillPerSecond: 0.01 };
      expect(await drain(budget, [account])).toBe(1);
      expect(await budget.take([account, person], 'officer')).toMatchObject({ refusedBy: ['account', 'person'] });
    });

    it('leaves a reserve of a bucket to who is more urgent, and gives everybody all that refills', async () => {
      const { budget, pass } = await openBudget();
      const filling = { key: 'account', capacity: 6, refillPerSecond: 100, reserve: 2 };
      const slow = { ...filling, refillPerSecond: 0.01 };
      await budget.take([filling], 'officer');
      await pass(200);
      expect(await budget.take([filling], 'officer')).toEqual({ granted: true });
      expect(await drain(budget, [slow], 'broadcast')).toBe(1);
      expect(await budget.take([slow], 'broadcast')).toMatchObject({ granted: false, refusedBy: ['account'] });
      expect(await drain(budget, [slow], 'bot')).toBe(2);
      expect(await drain(budget, [slow], 'officer')).toBe(2);
      const answer = await budget.take([filling], 'bot');
      // Three tokens are missing.
      expect(answer.granted).toBe(false);
      expect(answer.granted ? 0 : answer.afterMs).toBeLessThanOrEqual(30);
    });

    it('lets anybody take from a full bucket, however large its reserve', async () => {
      const { budget, pass } = await openBudget();
      const bucket = { key: 'narrow', capacity: 1, refillPerSecond: 50, reserve: 3 };
      await budget.take([bucket], 'broadcast');
      await pass(100);
      expect(await budget.take([bucket], 'broadcast')).toEqual({ granted: true });
    });

    it('closes a bucket for as long as its platform asked, and opens it with one token', async () => {
      const { budget, pass } = await openBudget();
      const bucket = { key: 'account', capacity: 5, refillPerSecond: 50 };
      await budget.take([bucket], 'officer');
      await pass(200);
      await budget.hold(bucket, 300);
      await budget.hold(bucket, 100);
      const answer = await budget.take([bucket], 'officer');
      expect(answer).toMatchObject({ granted: false, refusedBy: ['account'] });
      expect(answer.granted ? 0 : answer.afterMs).toBeGreaterThan(200);
      expect(answer.granted ? 0 : answer.afterMs).toBeLessThanOrEqual(300);
      await pass(301);
      const slow = { ...bucket, refillPerSecond: 0.001 };
      expect(await drain(budget, [slow])).toBe(1);
    });

    it('never asks anybody to wait for more than a minute at once', async () => {
      const { budget } = await openBudget();
      const answer = await budget.take([{ key: 'slow', capacity: 1, refillPerSecond: 1 / 86_400 }], 'officer');
      expect(answer).toEqual({ granted: false, afterMs: 60_000, refusedBy: ['slow'] });
    });

    it('grants everything when no limit applies', async () => {
      const { budget } = await openBudget();
      expect(await budget.take([], 'officer')).toEqual({ granted: true });
    });
  });
}
