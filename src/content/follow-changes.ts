import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Broadcast } from '../ports/queue.ts';

/** How old what a process knows may become when the news are lost. */
const lookEveryMs = 2_000;

export interface Follower {
  /** Looks now; resolves when a look that began after this call has ended. Rejects when it failed. */
  look(): Promise<void>;
  /** After a change was stored: looks, and tells the other processes. */
  changed(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Looks into the store whenever some process tells that something changed, and every two seconds in case the news are lost. News
 * carry nothing: whoever hears them looks.
 */
export function followChanges(dependencies: {
  /** What the news are about. */
  topic: string;
  lookOnce: () => Promise<void>;
  broadcast: Broadcast;
  clock: Clock;
  log: Log;
}): Follower {
  const { topic, lookOnce, broadcast, clock, log } = dependencies;
  let running: Promise<void> | null = null;
  let next: Promise<void> | null = null;
  let cancel = (): void => undefined;
  let isClosed = false;

  function look(): Promise<void> {
    if (running === null) {
      running = lookOnce().finally(() => (running = null));
      return running;
    }
    // What runs may have read the store before the change of whoever asks now.
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = null;
        return look();
      });
    return next;
  }

  const lookQuietly = (): Promise<void> =>
    isClosed
      ? Promise.resolve()
      : look().catch((error: unknown) =>
          log.warn({ topic, error }, 'what changed could not be read; it is tried again'),
        );

  function schedule(): void {
    if (!isClosed) cancel = clock.after(lookEveryMs, () => void lookQuietly().then(schedule));
  }

  const unsubscribe = broadcast.subscribe(topic, () => void lookQuietly());
  schedule();

  return {
    look,
    async changed() {
      await look();
      await broadcast
        .publish(topic, {})
        .catch((error: unknown) => log.warn({ topic, error }, 'other processes learn of a change a little later'));
    },
    async close() {
      isClosed = true;
      unsubscribe();
      cancel();
      await Promise.allSettled([running, next]);
    },
  };
}
