import type { ChannelAdapter, Intake } from '../ports/channel.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { LeaseRepository } from '../ports/repositories.ts';

const leaseMs = 15_000;
const renewMs = 5_000;
/** How long before its lease runs out a session that could not be renewed is stopped. */
const letGoBeforeMs = 3_000;

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
  const sessions = dependencies.adapters
    .filter((adapter) => adapter.start)
    .map((adapter) => ({
      adapter,
      lease: `channel-${adapter.channel}-${adapter.account}`,
      held: null as Held | null,
      ended: Promise.resolve(),
    }));
  type Session = (typeof sessions)[number];
  const rounds = new Set<Promise<void>>();
  const cancels = new Map<Session, () => void>();
  let isClosed = false;

  async function renew(session: Session): Promise<void> {
    const { adapter, lease } = session;
    const now = clock.now();
    try {
      const othersEndBefore = isSoleWorker ? Number.MAX_SAFE_INTEGER : now;
      const isHeld = await leases.take(lease, holder, othersEndBefore, now + leaseMs);
      if (isHeld && session.held) extend(session, now);
      else if (isHeld && !isClosed) begin(session, now);
      else if (session.held) await stop(session);
    } catch (error) {
      log.warn({ channel: adapter.channel, error }, 'a channel session could not be renewed');
    }
  }

  /** Not waited for: a session that is long in coming must not lose its lease meanwhile. */
  function begin(session: Session, now: number): void {
    const { adapter } = session;
    const { channel, account } = adapter;
    const held: Held = { cancelEnd: () => {} };
    session.held = held;
    extend(session, now);
    session.ended
      .then(() => (session.held === held ? adapter.start?.(intake) : undefined))
      .then(
        () => log.info({ channel, account }, 'a channel session started here'),
        (error: unknown) => {
          log.warn({ channel, account, error }, 'a channel session could not be started; it is tried again');
          if (session.held === held) letGo(session);
        },
      );
  }

  /** Whatever keeps the next renewal from coming in time (a store that hangs), the session ends before another may begin. */
  function extend(session: Session, now: number): void {
    session.held?.cancelEnd();
    const endsInMs = Math.max(0, now + leaseMs - letGoBeforeMs - clock.now());
    if (session.held) session.held.cancelEnd = clock.after(endsInMs, () => void stop(session));
  }

  function letGo(session: Session): void {
    session.held?.cancelEnd();
    session.held = null;
  }

  function stop(session: Session): Promise<void> {
    letGo(session);
    session.ended = session.ended.then(() => end(session));
    return session.ended;
  }

  async function end(session: Session): Promise<void> {
    const { channel, account } = session.adapter;
    try {
      await session.adapter.stop?.();
      log.info({ channel, account }, 'a channel session ended here');
    } catch (error) {
      log.warn({ channel, account, error }, 'a channel session did not end well');
    }
  }

  function next(session: Session): void {
    const round = renew(session).finally(() => {
      rounds.delete(round);
      if (!isClosed)
        cancels.set(
          session,
          clock.after(renewMs, () => next(session)),
        );
    });
    rounds.add(round);
  }

  return {
    start(): void {
      sessions.forEach(next);
    },
    /** Stops every session and gives the leases back, so that another process can go on at once. */
    async close(): Promise<void> {
      isClosed = true;
      for (const cancel of cancels.values()) cancel();
      await Promise.all(rounds);
      const held = sessions.filter((session) => session.held);
      await Promise.all(
        held.map(async (session) => {
          await stop(session);
          await leases
            .release(session.lease, holder)
            .catch((error: unknown) => log.debug({ error }, 'a lease runs out by itself'));
        }),
      );
    },
  };
}

/** A session whose lease is here. */
interface Held {
  /** Calls off its end, which a renewal moves on. */
  cancelEnd: () => void;
}
