import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dueSlot } from '../../src/queue/shared/due-slot.ts';

const now = fc.integer({ min: 1_700_000_000_000, max: 1_900_000_000_000 });

describe('the slot of a delayed bell', () => {
  it('never ends before the bell is due, and by a sixteenth of the delay (or 16 ms) later at most', () => {
    fc.assert(
      fc.property(now, fc.integer({ min: 1, max: 24 * 60 * 60_000 }), (at, delayMs) => {
        const late = dueSlot(at, delayMs) - (at + delayMs);
        expect(late).toBeGreaterThanOrEqual(0);
        expect(late).toBeLessThanOrEqual(Math.max(16, delayMs / 16));
      }),
    );
  });

  it('is one of a bounded number, however many bells of any delay up to a minute are rung', () => {
    fc.assert(
      fc.property(now, (at) => {
        const slots = new Set(Array.from({ length: 60_000 }, (_, index) => dueSlot(at, index + 1)));
        expect(slots.size).toBeLessThanOrEqual(32 * 9);
      }),
      { numRuns: 5 },
    );
  });

  it('is a day ahead at most, where the sweep takes over', () => {
    expect(dueSlot(0, Number.POSITIVE_INFINITY)).toBeLessThan(26 * 60 * 60_000);
  });
});
