import { afterEach, describe, expect, it } from 'vitest';
import type { Bell, Queue } from '../../src/ports/queue.ts';
import { pollUntil } from '../support/poll-until.ts';

/** What every Queue does, with the real clock. `open` gives each test a queue of its own. */
export function queueContract(name: string, open: () => Promise<Queue>): void {
  describe(`the doorbells of ${name}`, () => {
    const opened: Queue[] = [];
    const openQueue = async () => {
      const made = await open();
      // A busy machine may take longer than the few milliseconds that a ring has by default.
      const queue: Queue = { ...made, ring: (bell, options) => made.ring(bell, { limitMs: 2_000, ...options }) };
      opened.push(queue);
      await pollUntil('the queue answers', () =>
        queue.ping().then(
          () => true,
          () => false,
        ),
      );
      return queue;
    };
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((queue) => queue.close()));
    });

    /** Listens with a handler that can be held; `calls` are the bells answered so far. */
    const listen = async (queue: Queue, concurrency = 10) => {
      const state = { calls: [] as Bell[], running: 0, most: 0, held: [] as (() => void)[], hold: false };
      await queue.listen(
        'mailbox',
        async (bell) => {
          state.calls.push(bell);
          state.running++;
          state.most = Math.max(state.most, state.running);
          if (state.hold) await new Promise<void>((resolve) => state.held.push(resolve));
          else await new Promise((resolve) => setImmediate(resolve));
          state.running--;
        },
        { concurrency },
      );
      return Object.assign(state, {
        called: (times: number) => pollUntil(`${times} calls`, () => state.calls.length >= times),
        release: () => {
          state.hold = false;
          for (const resolve of state.held.splice(0)) resolve();
        },
      });
    };
    /** Rings and awaits a bell of another key, so that whatever the queue had to do before is done. */
    const passABell = async (queue: Queue, state: { calls: Bell[] }) => {
      const key = `after-${Math.random()}`;
      await queue.ring({ kind: 'mailbox', key });
      await pollUntil('a later bell is answered', () => state.calls.some((bell) => bell.key === key));
    };

    it('wakes the handler with the kind, the key and whether the call is fresh', async () => {
      const queue = await openQueue();
      const state = await listen(queue);
      await queue.ring({ kind: 'mailbox', key: 'telegram:1:2|x/é ي', fresh: true });
      await state.called(1);
      await queue.ring({ kind: 'mailbox', key: '42' });
      await state.called(2);
      expect(state.calls).toEqual([
        { kind: 'mailbox', key: 'telegram:1:2|x/é ي', fresh: true },
        { kind: 'mailbox', key: '42' },
      ]);
    });

    it('keeps a bell that was rung before anybody listened', async () => {
      const queue = await openQueue();
      await queue.ring({ kind: 'mailbox', key: 'early' });
      const state = await listen(queue);
      await state.called(1);
      expect(state.calls).toEqual([{ kind: 'mailbox', key: 'early' }]);
    });

    it('keeps the kinds apart', async () => {
      const queue = await openQueue();
      const state = await listen(queue);
      const delivered: Bell[] = [];
      await queue.listen('delivery', async (bell) => void delivered.push(bell), { concurrency: 1 });
      await queue.ring({ kind: 'delivery', key: 'same' });
      await queue.ring({ kind: 'mailbox', key: 'same' });
      await pollUntil('both kinds are answered', () => delivered.length === 1 && state.calls.length === 1);
      expect(delivered).toEqual([{ kind: 'delivery', key: 'same' }]);
    });

    it('answers a hundred rings during a run with exactly one more run', async () => {
      const queue = await openQueue();
      const state = await listen(queue);
      state.hold = true;
      await queue.ring({ kind: 'mailbox', key: 'busy' });
      await state.called(1);
      await Promise.all(Array.from({ length: 100 }, () => queue.ring({ kind: 'mailbox', key: 'busy' })));
      expect(state.calls).toHaveLength(1);
      state.release();
      await state.called(2);
      await passABell(queue, state);
      expect(state.calls.filter(({ key }) => key === 'busy')).toHaveLength(2);
      expect(state.calls[1]).toEqual({ kind: 'mailbox', key: 'busy' });
    });

    it('runs again for a bell that the handler rings for its own key', async () => {
      const queue = await openQueue();
      let calls = 0;
      let running = 0;
      let most = 0;
      await queue.listen(
        'mailbox',
        async () => {
          most = Math.max(most, ++running);
          if (++calls < 3) await queue.ring({ kind: 'mailbox', key: 'self' });
          running--;
        },
        { concurrency: 5 },
      );
      await queue.ring({ kind: 'mailbox', key: 'self' });
      await pollUntil('three calls', () => calls === 3);
      expect(most).toBe(1);
    });

    it('runs different keys at once, up to the concurrency and never above it', async () => {
      const queue = await openQueue();
      const state = await listen(queue, 3);
      state.hold = true;
      await Promise.all(Array.from({ length: 12 }, (_, index) => queue.ring({ kind: 'mailbox', key: `key-${index}` })));
      await state.called(3);
      state.release();
      await state.called(12);
      expect(state.most).toBe(3);
      // Which key comes first is nobody's promise.
      expect(state.calls.map(({ key }) => key).sort()).toEqual(
        Array.from({ length: 12 }, (_, index) => `key-${index}`).sort(),
      );
    });

    it('calls a handler that rejected again after a growing pause, and not as fresh', async () => {
      const queue = await openQueue();
      const calls: { bell: Bell; at: number }[] = [];
      await queue.listen(
        'mailbox',
        async (bell) => {
          calls.push({ bell, at: performance.now() });
          if (calls.length < 3) throw new Error('not now');
        },
        { concurrency: 1 },
      );
      await queue.ring({ kind: 'mailbox', key: 'failing', fresh: true });
      await pollUntil('the third call', () => calls.length === 3);
      expect(calls.map(({ bell }) => bell.fresh ?? false)).toEqual([true, false, false]);
      const [first = 0, second = 0, third = 0] = calls.map(({ at }) => at);
      expect(second - first).toBeGreaterThan(450);
      expect(second - first).toBeLessThan(1_500);
      expect(third - second).toBeGreaterThan(950);
      expect(third - second).toBeLessThan(3_000);
    });

    it('answers a new ring at once while a failed call waits for its next try', async () => {
      const queue = await openQueue();
      let calls = 0;
      await queue.listen(
        'mailbox',
        async () => {
          if (++calls === 1) throw new Error('not now');
        },
        { concurrency: 1 },
      );
      await queue.ring({ kind: 'mailbox', key: 'impatient' });
      await pollUntil('the call that fails', () => calls === 1);
      const rungAt = performance.now();
      // Until the failure is noted, the ring may count as one that came during the run: then it is answered at once as well.
      await queue.ring({ kind: 'mailbox', key: 'impatient' });
      await pollUntil('the second call', () => calls === 2);
      expect(performance.now() - rungAt).toBeLessThan(400);
    });

    it('keeps one retry waiting however many calls fail', async () => {
      const queue = await openQueue();
      let calls = 0;
      let failing = true;
      await queue.listen(
        'mailbox',
        async () => {
          calls++;
          if (failing) throw new Error('not now');
        },
        { concurrency: 1 },
      );
      for (let times = 1; times <= 5; times++) {
        await queue.ring({ kind: 'mailbox', key: 'broken' });
        await pollUntil(`call ${times}`, () => calls >= times);
      }
      failing = false;
      await pollUntil('the retry', () => calls >= 6);
      await new Promise((done) => setTimeout(done, 300));
      expect(calls).toBe(6);
    });

    it('rings a delayed bell when it is due: not before, and soon after', async () => {
      const queue = await openQueue();
      const state = await listen(queue);
      const rungAt = performance.now();
      await queue.ring({ kind: 'mailbox', key: 'later' }, { delayMs: 200 });
      await state.called(1);
      const elapsed = performance.now() - rungAt;
      expect(elapsed).toBeGreaterThan(195);
      expect(elapsed).toBeLessThan(1_000);
      expect(state.calls).toEqual([{ kind: 'mailbox', key: 'later' }]);
    });

    it('loses neither a short nor a long delay of one key, nor the bell without delay', async () => {
      const queue = await openQueue();
      const state = await listen(queue);
      const started = performance.now();
      await queue.ring({ kind: 'mailbox', key: 'several' }, { delayMs: 700 });
      await queue.ring({ kind: 'mailbox', key: 'several' }, { delayMs: 150 });
      await queue.ring({ kind: 'mailbox', key: 'several' });
      await state.called(2);
      expect(performance.now() - started).toBeLessThan(690);
      await state.called(3);
      expect(performance.now() - started).toBeGreaterThan(690);
    });

    it('lets delayed bells of one key that are due together be one', async () => {
      const queue = await openQueue();
      const state = await listen(queue);
      await Promise.all(
        Array.from({ length: 50 }, () => queue.ring({ kind: 'mailbox', key: 'pile' }, { delayMs: 300 })),
      );
      await state.called(1);
      await new Promise((done) => setTimeout(done, 100));
      // Two when the end of a slot fell between the rings.
      expect(state.calls.length).toBeLessThanOrEqual(2);
    });

    it('waits in close for the handlers that run, and starts no other', async () => {
      const queue = await openQueue();
      const state = await listen(queue, 1);
      state.hold = true;
      await queue.ring({ kind: 'mailbox', key: 'first' });
      await state.called(1);
      await queue.ring({ kind: 'mailbox', key: 'second' });
      let isClosed = false;
      const closed = queue.close().then(() => (isClosed = true));
      await new Promise((done) => setTimeout(done, 100));
      expect(isClosed).toBe(false);
      state.release();
      await closed;
      expect(state.calls.map(({ key }) => key)).toEqual(['first']);
      await expect(queue.ring({ kind: 'mailbox', key: 'third' })).rejects.toThrow('the queue is closed');
      await expect(queue.ping()).rejects.toThrow();
    });
  });
}
