import { describe, expect, it } from 'vitest';
import { createSendQueue } from '../../../src/channels/whatsapp-web/send-queue.ts';
import { SessionCallError } from '../../../src/channels/whatsapp-web/session-child.ts';

/** A queue whose sends end when told to. */
function setUp() {
  const begun: { readonly id: string; done(platformId: string): void; fail(error: Error): void }[] = [];
  const timers: (() => void)[] = [];
  let hung = 0;
  const queue = createSendQueue({
    clock: { now: () => 0, after: (_, callback) => (timers.push(callback), () => {}) },
    hungMs: 1,
    onHung: () => (hung += 1),
  });
  const send = (id: string, signal = new AbortController().signal) =>
    queue.send(id, () => new Promise((done, fail) => begun.push({ id, done, fail })), signal);
  return { queue, begun, timers, send, hung: () => hung };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('the queue of one phone', () => {
  it('begins the next message when the last one ended, well or not', async () => {
    const { begun, send } = setUp();
    const [first, second] = [send('a'), send('b')];
    second.catch(() => {});
    expect(begun.map(({ id }) => id)).toEqual(['a']);
    begun[0]?.fail(new SessionCallError('refused'));
    await expect(first).rejects.toMatchObject({ failure: { is: 'retryable', reason: 'refused' } });
    await settled();
    expect(begun.map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('takes back what has not begun when nobody waits for it', async () => {
    const { begun, send } = setUp();
    const first = send('a');
    const impatience = new AbortController();
    const second = send('b', impatience.signal);
    impatience.abort();
    await expect(second).rejects.toMatchObject({ failure: { is: 'retryable', reason: 'session-busy' } });
    begun[0]?.done('A');
    await expect(first).resolves.toBe('A');
    await settled();
    expect(begun).toHaveLength(1);
  });

  it('gives a retry the answer of what has begun or ended, and sends a failed one anew', async () => {
    const { begun, send } = setUp();
    const impatience = new AbortController();
    const first = send('a', impatience.signal);
    impatience.abort();
    await expect(first).rejects.toMatchObject({ failure: { is: 'retryable', uncertain: true } });
    const retry = send('a');
    begun[0]?.done('A');
    await expect(retry).resolves.toBe('A');
    await expect(send('a')).resolves.toBe('A');
    expect(begun).toHaveLength(1);
    const failing = send('b');
    begun[1]?.fail(new SessionCallError('session-ended'));
    await expect(failing).rejects.toMatchObject({ failure: { uncertain: true } });
    void send('b');
    expect(begun).toHaveLength(3);
  });

  it('tells of a send that hangs, and refuses what waits behind when the session is gone', async () => {
    const { queue, begun, timers, send, hung } = setUp();
    void send('a').catch(() => {});
    const second = send('b');
    timers[0]?.();
    expect(hung()).toBe(1);
    queue.refuseWaiting();
    await expect(second).rejects.toMatchObject({ failure: { is: 'retryable', reason: 'session-not-ready' } });
    expect(begun).toHaveLength(1);
  });
});
