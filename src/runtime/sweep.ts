import type { StoredTimer, Repositories } from '../ports/repositories.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Queue } from '../ports/queue.ts';
import type { Delivery } from './delivery.ts';
import type { Door } from './intake.ts';
import { claimMs } from './mailbox.ts';
import type { MediaFetcher } from './media.ts';
import type { Receipts } from './receipts.ts';

/** An event that waits longer than this has lost its bell. */
const strandedMs = 2_000;
const everySecond = 1_000;
const everyMinute = 60_000;
/** Platforms give an update again for days at most; a consumed event is remembered longer than that. */
const rememberConsumedMs = 30 * 86_400_000;
/** What one round takes up at most; the next one takes up the rest. */
const atOnce = 500;

export interface SweepDependencies {
  readonly repositories: Repositories;
  readonly queue: Queue;
  readonly delivery: Delivery;
  readonly media: MediaFetcher;
  readonly receipts: Pick<Receipts, 'retryDue'>;
  readonly door: Door;
  readonly clock: Clock;
  readonly log: Log;
}

/** How far a sweep looks: at events that have waited this long, and at claims that run out within this time. */
interface Reach {
  readonly leastWaitMs: number;
  readonly claimsLeftMs: number;
}

const everyday: Reach = { leastWaitMs: strandedMs, claimsLeftMs: 0 };
/** Whatever waits at start has lost its bell with the process that was to ring it; a sole process's old claims are void at once. */
const atStart: Reach = { leastWaitMs: 0, claimsLeftMs: claimMs };

/**
 * Finds by the store alone what a lost bell, a dead worker or a wiped queue left undone. Every second: waiting events, due timers,
 * lanes, files and early receipts. Every minute and at start: conversations that a slow effect or an erasure keeps busy.
 */
export function createSweep(dependencies: SweepDependencies) {
  const { repositories, queue, delivery, media, receipts, door, clock, log } = dependencies;
  let cancel: (() => void) | null = null;
  let current: Promise<void> = Promise.resolve();
  let isClosed = false;
  let minuteAt = 0;

  async function sweepOnce({ leastWaitMs, claimsLeftMs }: Reach = everyday): Promise<void> {
    const now = clock.now();
    const stranded = await repositories.events.stranded(now - leastWaitMs, atOnce);
    for (const id of stranded) await ring(id);
    for (const timer of await repositories.timers.due(now, atOnce)) await fire(timer);
    for (const id of await repositories.messages.strandedLanes(now + claimsLeftMs, atOnce)) delivery.deliver(id);
    await media.fetchDue();
    await receipts.retryDue();
    if (now - minuteAt >= everyMinute) {
      minuteAt = now;
      for (const id of await repositories.conversations.unfinished(now - leastWaitMs, atOnce)) await ring(id);
      await repositories.people.resumeErasures(atOnce);
      await repositories.events.removeConsumedBefore(now - rememberConsumedMs, atOnce);
    }
  }

  async function ring(conversationId: string): Promise<void> {
    await queue.ring({ kind: 'mailbox', key: conversationId });
  }

  /** Posts a due timer's event; its id is made from what set the timer, so that firing twice changes nothing. */
  async function fire(timer: StoredTimer): Promise<void> {
    await door.post(timer.address, { type: 'timer-fired', name: timer.name }, ['timer', timer.cause]);
    await repositories.timers.remove(timer);
  }

  function schedule(): void {
    if (isClosed) return;
    cancel = clock.after(everySecond, () => {
      current = sweepOnce()
        .catch((error: unknown) => log.warn({ error }, 'a sweep failed; the next one tries again'))
        .then(schedule);
    });
  }

  return {
    sweepOnce,
    fire,
    /** Sweeps everything once, then for ever. */
    async start(): Promise<void> {
      await sweepOnce(atStart).catch((error: unknown) => log.warn({ error }, 'the first sweep failed'));
      schedule();
    },
    async close(): Promise<void> {
      isClosed = true;
      cancel?.();
      await current;
    },
  };
}

export type Sweep = ReturnType<typeof createSweep>;
