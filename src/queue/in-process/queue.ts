import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Bell, BellKind, Queue } from '../../ports/queue.ts';

/** Bells that may wait at once; past it a ring is refused and the sweep finds what it was for. */
const maxWaiting = 100_000;
const firstPauseMs = 500;
const longestPauseMs = 30_000;

/** The embedded queue: one process, no service, forgotten at exit (the store knows what has to be done). */
export function createInProcessQueue({ clock, log }: { clock: Clock; log: Log }): Queue {
  const kinds = new Map<BellKind, Ringing>();
  const cancelDelayed = new Set<() => void>();
  let closed = false;

  function ringingOf(kind: BellKind): Ringing {
    let ringing = kinds.get(kind);
    if (!ringing) {
      ringing = { waiting: new Map(), active: new Map(), concurrency: 0, handler: null, idle: [] };
      kinds.set(kind, ringing);
    }
    return ringing;
  }

  function note(bell: Bell): void {
    const { kind, key } = bell;
    const ringing = ringingOf(kind);
    const noted = ringing.waiting.get(key);
    // A call that waits already stays as fresh as it was: it will look at everything there is.
    if (noted) return;
    ringing.waiting.set(key, bell);
    start(ringing);
  }

  function start(ringing: Ringing): void {
    if (!ringing.handler || closed) return;
    for (const [key, bell] of ringing.waiting) {
      if (ringing.active.size >= ringing.concurrency) return;
      if (ringing.active.has(key)) continue;
      ringing.waiting.delete(key);
      ringing.active.set(key, run(ringing, ringing.handler, bell));
    }
  }

  async function run(ringing: Ringing, handler: Handler, bell: Bell): Promise<void> {
    let failure: unknown = null;
    try {
      await handler(bell);
      ringing.failures?.delete(bell.key);
    } catch (error) {
      failure = error;
    }
    ringing.active.delete(bell.key);
    if (failure !== null && !closed) retry(ringing, bell, failure);
    start(ringing);
    if (ringing.active.size === 0) for (const resolve of ringing.idle.splice(0)) resolve();
  }

  function retry(ringing: Ringing, bell: Bell, error: unknown): void {
    const failures = (ringing.failures ??= new Map<string, number>());
    const count = (failures.get(bell.key) ?? 0) + 1;
    failures.set(bell.key, count);
    log.warn({ kind: bell.kind, key: bell.key, failures: count, error }, 'a bell was not answered; it rings again');
    later(Math.min(firstPauseMs * 2 ** (count - 1), longestPauseMs), { kind: bell.kind, key: bell.key });
  }

  function later(delayMs: number, bell: Bell): void {
    const cancel = clock.after(delayMs, () => {
      cancelDelayed.delete(cancel);
      note(bell);
    });
    cancelDelayed.add(cancel);
  }

  return {
    async ring(bell, options) {
      if (closed) throw new Error('the queue is closed');
      if (ringingOf(bell.kind).waiting.size + cancelDelayed.size >= maxWaiting) throw new Error('too many bells wait');
      if (options?.delayMs) later(options.delayMs, bell);
      else note(bell);
    },
    async listen(kind, handler, { concurrency }) {
      const ringing = ringingOf(kind);
      ringing.handler = handler;
      ringing.concurrency = concurrency;
      start(ringing);
    },
    async close() {
      closed = true;
      for (const cancel of cancelDelayed) cancel();
      await Promise.all([...kinds.values()].map((ringing) => settled(ringing)));
    },
    async ping() {
      if (closed) throw new Error('the queue is closed');
    },
  };
}

type Handler = (bell: Bell) => Promise<void>;

interface Ringing {
  readonly waiting: Map<string, Bell>;
  readonly active: Map<string, Promise<void>>;
  readonly idle: (() => void)[];
  concurrency: number;
  handler: Handler | null;
  failures?: Map<string, number>;
}

function settled(ringing: Ringing): Promise<void> {
  if (ringing.active.size === 0) return Promise.resolve();
  return new Promise((resolve) => ringing.idle.push(resolve));
}
