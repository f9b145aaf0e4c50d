import type { ChannelAdapter, Intake } from '../ports/channel.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { LeaseRepository } from '../ports/repositories.ts';

const leaseMs = 15_000;
const renewMs = 5_000;

/**
 * Runs the channel sessions that only one process may hold (a polling loop, a phone): whoever has the lease in the store starts
 * the adapter, renews, and stops it when the lease is lost.
 */
export function createChannelSessions(dependencies: {
  adapters: readonly ChannelAdapter[];
  leases: LeaseRepository;
  intake: Intake;
  clock: Clock;
  log: Log;
  holder: string;
  /** No other process can hold a session: a lease that an earlier start left behind is void at once. */
  isSoleWorker: boolean;
}) {
  const { leases, intake, clock, log, holder, isSoleWorker } = dependencies;
  const sessions = dependencies.adapters.filter((adapter) => adapter.start);
  const started = new Map<ChannelAdapter, { heldUntil: number }>();
  let cancel: (() => void) | null = null;
  let current: Promise<void> = Promise.resolve();
  let isClosed = false;

  async function renew(adapter: ChannelAdapter): Promise<void> {
    const name = `channel-${adapter.channel}-${adapter.account}`;
    const session = started.get(adapter);
    const now = clock.now();
    try {
      const othersEndBefore = isSoleWorker ? Number.MAX_SAFE_INTEGER : now;
      const isHeld = await leases.take(name, holder, othersEndBefore, now + leaseMs);
      if (isHeld && session) session.heldUntil = now + leaseMs;
      if (isHeld && !session) {
        await adapter.start?.(intake);
        started.set(adapter, { heldUntil: now + leaseMs });
        log.info({ channel: adapter.channel, account: adapter.account }, 'a channel session started here');
      }
      if (!isHeld && session) await stop(adapter);
    } catch (error) {
      log.warn({ channel: adapter.channel, error }, 'a channel session could not be renewed');
      // Another process may take the lease once it has run out: let go before.
      if (session && now > session.heldUntil - renewMs) await stop(adapter);
    }
  }

  async function stop(adapter: ChannelAdapter): Promise<void> {
    started.delete(adapter);
    await adapter.stop?.();
  }

  async function round(): Promise<void> {
    await Promise.all(sessions.map(renew));
    if (!isClosed) cancel = clock.after(renewMs, next);
  }

  function next(): void {
    current = round();
  }

  return {
    start(): void {
      if (sessions.length > 0) next();
    },
    /** Stops every session and gives the leases back, so that another process can go on at once. */
    async close(): Promise<void> {
      isClosed = true;
      cancel?.();
      await current;
      for (const adapter of [...started.keys()]) {
        await stop(adapter);
        await leases
          .release(`channel-${adapter.channel}-${adapter.account}`, holder)
          .catch((error: unknown) => log.debug({ error }, 'a lease runs out by itself'));
      }
    },
  };
}
