import { describe, expect, it } from 'vitest';
import { pauseBeforeRetry } from '../../src/runtime/sender.ts';

describe('the pause before a send is tried again', () => {
  const at = 1_000_000;

  it('doubles with each attempt, up to five minutes', () => {
    const old = at + 86_400_000;
    expect([1, 2, 3, 9, 10, 600].map((attempts) => pauseBeforeRetry({ attempts, at }, old))).toEqual([
      1_000, 2_000, 4_000, 256_000, 300_000, 300_000,
    ]);
  });

  it('is at most half of what the message has waited, however many processes died with its claim', () => {
    expect(pauseBeforeRetry({ attempts: 8, at }, at)).toBe(1_000);
    expect(pauseBeforeRetry({ attempts: 8, at }, at + 20_000)).toBe(10_000);
  });
});
