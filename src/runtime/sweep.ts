import { StoreUnavailable } from '../domain/errors.ts';
import type { ConversationId } from '../domain/ids.ts';
import type { StoredTimer } from '../ports/conversation-repositories.ts';
import type { StrandedMark } from '../ports/message-repositories.ts';
import type { Repositories } from '../ports/repositories.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Queue } from '../ports/queue.ts';
import type { Delivery } from './delivery.ts';
import type { FileRetention } from './file-retention.ts';
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
/** Limits on link codes look back a day at most. */
const rememberLinksMs = 86_400_000;
/** What is younger may still be on its way. */
const orphanMs = 86_400_000;
/** Looked at in a round, of files and of what lies in the blob store. */
const orphansAtOnce = 50;
/** What one round takes up at most; the next one takes up the rest. */
const atOnce = 500;

export interface SweepDependencies {
  readonly repositories: Repositories;
  readonly queue: Queue;
  readonly delivery: Delivery;
  readonly media: MediaFetcher;
  readonly fileRetention: FileRetention;
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
 * Finds by the store alone what a lost bell, a dead worker or a wiped queue left undone. Every second: lanes, waiting events,
 * due timers, files and early receipts. Every minute and at start: conversations that a slow effect or an erasure keeps busy,
 * and files whose time is over or that belong to nothing.
 */
export function createSweep(dependencies: SweepDependencies) {
  const { repositories, queue, delivery, media, fileRetention, receipts, door, clock, log } = dependencies;
  const lanes = [lookAtLanes('officer'), lookAtLanes('anybody')];
  let cancel: (() => void) | null = null;
  let current: Promise<void> = Promise.resolve();
  let isClosed = false;
  let minuteAt = 0;

  async function sweepOnce({ leastWaitMs, claimsLeftMs }: Reach): Promise<void> {
    const now = clock.now();
    await part('lanes', async () => {
      for (const look of lanes) await look(now + claimsLeftMs);
    });
    await part('events', async () => ringAll(await repositories.events.stranded(now - leastWaitMs, atOnce)));
    await part('timers', async () => {
      for (const timer of await repositories.timers.due(now, atOnce)) await part('a timer', () => fire(timer));
    });
    await part('files', () => media.fetchDue());
    await part('receipts', () => receipts.retryDue());
    if (now - minuteAt < everyMinute) return;
    minuteAt = now;
    await part('unfinished', async () =>
      ringAll(await repositories.conversations.unfinished(now - leastWaitMs, atOnce)),
    );
    await part('erasures', () => repositories.people.resumeErasures(atOnce));
    await part('links', () => repositories.links.removeBefore(now - rememberLinksMs, atOnce));
    await part('retention', () => fileRetention.removeDue());
    await part('orphans', async () => {
      const removed = await repositories.files.removeOrphans(now - orphanMs, orphansAtOnce);
      if (removed > 0) log.info({ removed }, 'files that belonged to nothing were removed');
    });
    await part('consumed', () => repositories.events.removeConsumedBefore(now - rememberConsumedMs, atOnce));
  }

  /**
   * Each look goes on where the last one ended and begins again at the end: lanes that wait for a sending limit, however many, hide
   * none that lost its bell. Officers' are looked at on their own.
   */
  function lookAtLanes(of: 'officer' | 'anybody'): (dueBefore: number) => Promise<void> {
    let after: StrandedMark | null = null;
    return async (dueBefore) => {
      const page = await repositories.messages.strandedLanes(dueBefore, { of, limit: atOnce, ...(after && { after }) });
      after = page.next;
      for (const id of page.lanes) delivery.deliver(id, of === 'officer' ? 'officer' : undefined);
    };
  }

  /** What goes wrong with one kind of thing (or one timer) keeps nothing else waiting; without the store there is nothing to do. */
  async function part(what: string, work: () => Promise<unknown>): Promise<void> {
    if (isClosed) return;
    try {
      await work();
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      log.warn({ what, error }, 'a part of a sweep failed; the next one tries again');
    }
  }

  /** Ends at the first that cannot be rung: a queue that is away would make each of them wait. */
  async function ringAll(ids: readonly ConversationId[]): Promise<void> {
    for (const id of ids) await queue.ring({ kind: 'mailbox', key: id });
  }

  /** Posts a due timer's event; its id is made from what set the timer, so that firing twice changes nothing. */
  async function fire(timer: StoredTimer): Promise<void> {
    await door.post(timer.address, { type: 'timer-fired', name: timer.name }, ['timer', timer.cause]);
    await repositories.timers.remove(timer);
  }

  async function round(reach: Reach): Promise<void> {
    await sweepOnce(reach).catch((error: unknown) => {
      if (error instanceof StoreUnavailable) delivery.noteStoreAway();
      log.warn({ error }, 'a sweep failed; the next one tries again');
    });
    schedule();
  }

  function schedule(): void {
    if (isClosed) return;
    cancel = clock.after(everySecond, () => {
      current = round(everyday);
    });
  }

  return {
    fire,
    /** Sweeps everything once, then for ever. */
    async start(): Promise<void> {
      await round(atStart);
    },
    async close(): Promise<void> {
      isClosed = true;
      cancel?.();
      await current;
    },
  };
}
