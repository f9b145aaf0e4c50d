import { describe, expect, it } from 'vitest';
import { finish, takeTurns, type Steps } from '../../src/faq/steps.ts';

/** Each step holds the thread for a millisecond; `done` counts them. */
function* work(steps: number, done: { count: number }): Steps<string> {
  for (let step = 0; step < steps; step++) {
    const startedAt = performance.now();
    while (performance.now() - startedAt < 1);
    done.count += 1;
    yield;
  }
  return 'made';
}

describe('steps', () => {
  it('are all done at once for whom nobody waits', () => {
    const done = { count: 0 };
    expect(finish(work(3, done))).toBe('made');
    expect(done.count).toBe(3);
  });

  it('leave the event loop its turns, the first before they begin', async () => {
    const done = { count: 0 };
    const seen: number[] = [];
    const look = (): void => {
      seen.push(done.count);
      if (done.count < 40) setImmediate(look);
    };
    const working = takeTurns(work(40, done));
    expect(done.count).toBe(0);
    look();
    expect(await working).toBe('made');
    expect(seen.length).toBeGreaterThan(5);
  });

  it('are left once their result is not wanted', async () => {
    const done = { count: 0 };
    expect(await takeTurns(work(1_000, done), () => done.count < 10)).toBeNull();
    expect(done.count).toBeLessThan(100);
  });
});
