import type { OpenAccounts } from '../ports/accounts.ts';
import type { ChannelAdapter, Intake } from '../ports/channel.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { LeaseRepository } from '../ports/installation-repositories.ts';

const leaseMs = 15_000;
const renewMs = 5_000;
/** How long before its lease runs out a session that could not be renewed is stopped. */
const letGoBeforeMs = 3_000;

/** The name of the lease of an account's session. */
export function sessionLeaseOf({ channel, account }: Pick<ChannelAdapter, 'channel' | 'account'>): string {
  return `channel-${channel}-${account}`;
}

/**
 * Runs the channel sessions that only one process may hold (a polling loop, a phone): whoever has the lease in the store starts
 * the adapter, renews, and stops it when the lease is lost. Accounts come and go: a changed one is begun anew under the same lease.
 * The lease of one that went is not given back but runs out: until then every process has heard that it went.
 */
export function createChannelSessions(dependencies: {
  accounts: Pick<OpenAccounts, 'all' | 'onChange'>;
  leases: LeaseRepository;
  intake: Intake;
  clock: Clock;
  log: Log;
  holder: string;
  /** No other process can hold a session: a lease that an earlier start left behind is void at once. */
  isSoleWorker: boolean;
}) {
  const { accounts, leases, intake, clock, log, holder, isSoleWorker } = dependencies;
  const sessions = new Map<string, Session>();
  const rounds = new Set<Promise<void>>();
  let unfollow = () => {};
  let isClosed = false;

  /** Makes the sessions those of the accounts that are open now. */
  function follow(): void {
    const open = accounts.all().filter((adapter) => adapter.start);
    const wanted = new Map(open.map((adapter) => [sessionLeaseOf(adapter), adapter]));
    for (const [lease, session] of sessions) {
      if (wanted.get(lease) === session.adapter) continue;
      sessions.delete(lease);
      session.isGone = true;
      session.cancelRound();
      if (session.held) void stop(session);
    }
    for (const [lease, adapter] of wanted) {
      if (sessions.has(lease)) continue;
      const session = { ...{ adapter, lease, held: null, isGone: false }, cancelRound: () => {}, ended: endOf(lease) };
      sessions.set(lease, session);
      next(session);
    }
  }

  /** Ends of sessions by their lease: one that follows under the same lease begins after them. */
  const ends = new Map<string, Promise<void>>();
  const endOf = (lease: string) => ends.get(lease) ?? Promise.resolve();

  async function renew(session: Session): Promise<void> {
    const { adapter, lease } = session;
    const now = clock.now();
    try {
      const othersEndBefore = isSoleWorker ? Number.MAX_SAFE_INTEGER : now;
      const isHeld = await leases.take(lease, holder, othersEndBefore, now + leaseMs);
      if (session.isGone) return;
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
    const { lease, ended } = session;
    ends.set(lease, ended);
    void ended.then(() => {
      if (ends.get(lease) === ended) ends.delete(lease);
    });
    return ended;
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
      if (!isClosed && !session.isGone) session.cancelRound = clock.after(renewMs, () => next(session));
    });
    rounds.add(round);
  }

  return {
    start(): void {
      follow();
      unfollow = accounts.onChange(follow);
    },
    /** Stops every session and gives the leases back, so that another process can go on at once. */
    async close(): Promise<void> {
      isClosed = true;
      unfollow();
      for (const session of sessions.values()) session.cancelRound();
      await Promise.all(rounds);
      const held = [...sessions.values()].filter((session) => session.held);
      await Promise.all([
        ...ends.values(),
        ...held.map(async (session) => {
          await stop(session);
          await leases
            .release(session.lease, holder)
            .catch((error: unknown) => log.debug({ error }, 'a lease runs out by itself'));
        }),
      ]);
    },
  };
}

interface Session {
  readonly adapter: ChannelAdapter;
  readonly lease: string;
  held: Held | null;
  /** Its account went or changed. */
  isGone: boolean;
  cancelRound: () => void;
  /** Resolves when what ran before under this lease has ended. */
  ended: Promise<void>;
}

/** A session whose lease is here. */
interface Held {
  /** Calls off its end, which a renewal moves on. */
  cancelEnd: () => void;
}
