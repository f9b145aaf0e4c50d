import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Bell, BellKind, Queue } from '../../ports/queue.ts';
import { dueSlot } from '../shared/due-slot.ts';
import { growingPause } from '../shared/growing-pause.ts';

/** Bells that may wait at once; past it a ring is refused and the sweep finds what it was for. */
const maxWaiting = 100_000;

/** The embedded queue: one process, no service, forgotten at exit (the store knows what has to be done). */
export function createInProcessQueue({ clock, log }: { clock: Clock; log: Log }): Queue {
  const kinds = new Map<BellKind, Ringing>();
  const delayed = new Map<string, () => void>();
  let closed = false;

  function ringingOf(kind: BellKind): Ringing {
    let ringing = kinds.get(kind);
    if (!ringing) {
      ringing = {
        waiting: new Map(),
        active: new Set(),
        failures: new Map(),
        concurrency: 0,
        handler: null,
        idle: [],
      };
      kinds.set(kind, ringing);
    }
    return ringing;
  }

  function note(bell: Bell): void {
    const { kind, key } = bell;
    const ringing = ringingOf(kind);
    // A call that waits already stays as fresh as it was: it will look at everything there is.
    if (ringing.waiting.has(key)) return;
    ringing.waiting.set(key, ringing.failures.has(key) ? { kind, key } : bell);
    start(ringing);
  }

  function start(ringing: Ringing): void {
    if (!ringing.handler || closed) return;
    for (const [key, bell] of ringing.waiting) {
      if (ringing.active.size >= ringing.concurrency) return;
      if (ringing.active.has(key)) continue;
      ringing.waiting.delete(key);
      // Before the handler runs: it may ring the same bell at once.
      ringing.active.add(key);
      void run(ringing, ringing.handler, bell);
    }
  }

  async function run(ringing: Ringing, handler: Handler, bell: Bell): Promise<void> {
    try {
      await handler(bell);
      ringing.failures.delete(bell.key);
    } catch (error) {
      if (!closed) retry(ringing, bell, error);
    }
    ringing.active.delete(bell.key);
    start(ringing);
    if (ringing.active.size === 0) for (const resolve of ringing.idle.splice(0)) resolve();
  }

  function retry({ failures }: Ringing, { kind, key }: Bell, error: unknown): void {
    const count = (failures.get(key) ?? 0) + 1;
    failures.set(key, count);
    log.warn({ kind, key, failures: count, error }, 'a bell was not answered; it rings again');
    // One retry waits per bell, however many calls fail meanwhile.
    later(`retry ${kind} ${key}`, growingPause(count), { kind, key });
  }

  function later(id: string, delayMs: number, bell: Bell): void {
    if (delayed.has(id)) return;
    const cancel = clock.after(delayMs, () => {
      delayed.delete(id);
      note(bell);
    });
    delayed.set(id, cancel);
  }

  return {
    async ring(bell, options) {
      const { kind, key } = bell;
      if (closed) throw new Error('the queue is closed');
      if (ringingOf(kind).waiting.size + delayed.size >= maxWaiting) throw new Error('too many bells wait');
      if (!options?.delayMs) return note(bell);
      const now = clock.now();
      const dueAt = dueSlot(now, options.delayMs);
      later(`${dueAt} ${kind} ${key}`, dueAt - now, { kind, key });
    },
    async listen(kind, handler, { concurrency }) {
      const ringing = ringingOf(kind);
      ringing.handler = handler;
      ringing.concurrency = concurrency;
      start(ringing);
    },
    async close() {
      closed = true;
      for (const cancel of delayed.values()) cancel();
      delayed.clear();
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
  readonly active: Set<string>;
  /** Failures in a row of the keys whose last call failed. */
  readonly failures: Map<string, number>;
  readonly idle: (() => void)[];
  concurrency: number;
  handler: Handler | null;
}

function settled(ringing: Ringing): Promise<void> {
  if (ringing.active.size === 0) return Promise.resolve();
  return new Promise((resolve) => ringing.idle.push(resolve));
}
