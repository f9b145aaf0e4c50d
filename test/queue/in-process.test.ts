import { describe, expect, it } from 'vitest';
import { broadcastContract } from '../contract/broadcast.contract.ts';
import { budgetContract } from '../contract/budget.contract.ts';
import { queueContract } from '../contract/queue.contract.ts';
import { createInProcessBroadcast } from '../../src/queue/in-process/broadcast.ts';
import { createInProcessBudget } from '../../src/queue/in-process/budget.ts';
import { createInProcessQueue } from '../../src/queue/in-process/queue.ts';
import { systemClock } from '../../src/ports/clock.ts';
import type { Bell } from '../../src/ports/queue.ts';
import { recordingLog } from './recording-log.ts';

queueContract('one process', async () => createInProcessQueue({ clock: systemClock, log: recordingLog().log }));

broadcastContract('one process', () => {
  const broadcast = createInProcessBroadcast();
  return [broadcast, broadcast];
});

budgetContract('one process', async () => {
  let now = 1_700_000_000_000;
  const clock = { now: () => now, after: () => () => {} };
  return { budget: createInProcessBudget({ clock }), pass: async (ms) => void (now += ms) };
});

describe('the doorbells of one process, by a clock that a test moves', () => {
  /** Callbacks in the order of their time; `pass` lets promises settle before and after each. */
  function movedClock() {
    let now = 1_700_000_000_000;
    const timers = new Set<{ at: number; callback: () => void }>();
    const settle = () => new Promise<void>((done) => setImmediate(done));
    return {
      clock: {
        now: () => now,
        after(ms: number, callback: () => void) {
          const timer = { at: now + ms, callback };
          timers.add(timer);
          return () => timers.delete(timer);
        },
      },
      pending: () => timers.size,
      pass: async (ms: number) => {
        const until = now + ms;
        await settle();
        for (;;) {
          const next = [...timers].filter(({ at }) => at <= until).sort((one, other) => one.at - other.at)[0];
          if (!next) break;
          timers.delete(next);
          now = next.at;
          next.callback();
          await settle();
        }
        now = until;
      },
    };
  }

  it('rest 0.5 s after the first failure, twice as long after each, and 30 s at most', async () => {
    const { clock, pass } = movedClock();
    const queue = createInProcessQueue({ clock, log: recordingLog().log });
    const at: number[] = [];
    await queue.listen('mailbox', async () => (at.push(clock.now()), Promise.reject(new Error('never'))), {
      concurrency: 1,
    });
    await queue.ring({ kind: 'mailbox', key: 'broken' });
    await pass(120_000);
    const pauses = at.slice(1).map((time, index) => time - (at[index] ?? 0));
    expect(pauses.slice(0, 8)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    await queue.close();
  });

  it('are not fresh for a key whose last call failed', async () => {
    const { clock, pass } = movedClock();
    const queue = createInProcessQueue({ clock, log: recordingLog().log });
    const calls: Bell[] = [];
    const handler = async (bell: Bell) => {
      calls.push(bell);
      if (calls.length === 1) throw new Error('not now');
    };
    await queue.listen('mailbox', handler, { concurrency: 1 });
    for (let times = 0; times < 3; times++) {
      await queue.ring({ kind: 'mailbox', key: 'one', fresh: true });
      await pass(1);
    }
    expect(calls.map(({ fresh }) => fresh ?? false)).toEqual([true, false, true]);
    await queue.close();
  });

  it('leave no timer behind when the queue closes', async () => {
    const { clock, pending } = movedClock();
    const queue = createInProcessQueue({ clock, log: recordingLog().log });
    await queue.ring({ kind: 'timer', key: 'a' }, { delayMs: 1_000 });
    await queue.ring({ kind: 'timer', key: 'a' }, { delayMs: 1_000 });
    await queue.ring({ kind: 'timer', key: 'b' }, { delayMs: 1_000 });
    expect(pending()).toBe(2);
    await queue.close();
    expect(pending()).toBe(0);
  });
});
