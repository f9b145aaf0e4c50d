import { describe, expect, it } from 'vitest';
import { StoreUnavailable } from '../../src/domain/errors.ts';
import type { ChannelAdapter } from '../../src/ports/channel.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { LeaseRepository } from '../../src/ports/installation-repositories.ts';
import { createChannelSessions } from '../../src/runtime/channel-sessions.ts';
import { fixedAccounts } from '../support/fixed-accounts.ts';
import { createRecordingChannel } from '../support/recording-channel.ts';
import { silentLog } from '../support/world.ts';

/** A clock that stands still until it is moved, and calls what falls due on the way. */
function createManualClock(): Clock & { advance(ms: number): Promise<void> } {
  let now = 1_000_000;
  let waiting: { at: number; callback: () => void }[] = [];
  return {
    now: () => now,
    after(ms, callback) {
      const one = { at: now + ms, callback };
      waiting.push(one);
      return () => (waiting = waiting.filter((other) => other !== one));
    },
    async advance(ms) {
      const until = now + ms;
      for (;;) {
        await new Promise((resolve) => setImmediate(resolve));
        const [next] = waiting.filter(({ at }) => at <= until).sort((left, right) => left.at - right.at);
        if (!next) break;
        waiting = waiting.filter((one) => one !== next);
        now = Math.max(now, next.at);
        next.callback();
      }
      now = until;
    },
  };
}

function leasesInMemory(): LeaseRepository & { mode: 'works' | 'fails' | 'hangs' } {
  const held = new Map<string, { holder: string; until: number }>();
  return {
    mode: 'works',
    async take(name, holder, now, until) {
      if (this.mode === 'fails') throw new StoreUnavailable('away');
      if (this.mode === 'hangs') return new Promise(() => {});
      const other = held.get(name);
      if (other && other.holder !== holder && other.until > now) return false;
      held.set(name, { holder, until });
      return true;
    },
    async release(name, holder) {
      if (held.get(name)?.holder === holder) held.delete(name);
    },
  };
}

function channel(name: string, start: () => Promise<void> = async () => {}) {
  const log: string[] = [];
  const adapter: ChannelAdapter = {
    ...createRecordingChannel(),
    account: name,
    start: async () => {
      log.push('start');
      await start();
    },
    stop: async () => void log.push('stop'),
  };
  return { adapter, log };
}

function sessionsOf(
  holder: string,
  given: ChannelAdapter[] | ReturnType<typeof fixedAccounts>,
  shared: { leases: LeaseRepository; clock: Clock },
) {
  const intake = { accept: async () => {} };
  const accounts = Array.isArray(given) ? fixedAccounts(given) : given;
  return createChannelSessions({ ...shared, accounts, intake, log: silentLog, holder, isSoleWorker: false });
}

describe('a session that only one process may hold', () => {
  it('is started by one, and by the other once the first gives it back', async () => {
    const clock = createManualClock();
    const leases = leasesInMemory();
    const [one, two] = [channel('bot'), channel('bot')];
    const first = sessionsOf('first', [one.adapter], { leases, clock });
    const second = sessionsOf('second', [two.adapter], { leases, clock });
    first.start();
    await clock.advance(100);
    second.start();
    await clock.advance(60_000);
    expect([one.log, two.log]).toEqual([['start'], []]);
    await first.close();
    await clock.advance(6_000);
    expect([one.log, two.log]).toEqual([['start', 'stop'], ['start']]);
    await second.close();
  });

  it.each(['fails', 'hangs'] as const)('stops before its lease runs out when the store %s', async (mode) => {
    const clock = createManualClock();
    const leases = leasesInMemory();
    const { adapter, log } = channel('bot');
    sessionsOf('first', [adapter], { leases, clock }).start();
    await clock.advance(100);
    leases.mode = mode;
    await clock.advance(11_000);
    expect(log).toEqual(['start']);
    await clock.advance(3_900);
    expect(log).toEqual(['start', 'stop']);
  });

  it('starts again when the store is back', async () => {
    const clock = createManualClock();
    const leases = leasesInMemory();
    const { adapter, log } = channel('bot');
    sessionsOf('first', [adapter], { leases, clock }).start();
    await clock.advance(100);
    leases.mode = 'fails';
    await clock.advance(60_000);
    leases.mode = 'works';
    await clock.advance(6_000);
    expect(log).toEqual(['start', 'stop', 'start']);
  });

  it('keeps its lease while it is long in starting, and keeps no other session waiting', async () => {
    const clock = createManualClock();
    const leases = leasesInMemory();
    const slow = channel('slow', () => new Promise(() => {}));
    const quick = channel('quick');
    sessionsOf('first', [slow.adapter, quick.adapter], { leases, clock }).start();
    await clock.advance(60_000);
    expect(await leases.take('channel-test-slow', 'second', clock.now(), clock.now() + 1)).toBe(false);
    expect(await leases.take('channel-test-quick', 'second', clock.now(), clock.now() + 1)).toBe(false);
    expect([slow.log, quick.log]).toEqual([['start'], ['start']]);
  });

  it('is tried again when it could not be started', async () => {
    const clock = createManualClock();
    let failures = 2;
    const { adapter, log } = channel('bot', async () => {
      if (failures-- > 0) throw new Error('no network');
    });
    sessionsOf('first', [adapter], { leases: leasesInMemory(), clock }).start();
    await clock.advance(30_000);
    expect(log).toEqual(['start', 'start', 'start']);
  });
});

describe('when accounts come and go', () => {
  it('begins the session of a new one at once, and ends that of one that went', async () => {
    const clock = createManualClock();
    const accounts = fixedAccounts([]);
    const { adapter, log } = channel('branch');
    sessionsOf('first', accounts, { leases: leasesInMemory(), clock }).start();
    await clock.advance(1_000);
    accounts.set([adapter]);
    await clock.advance(10);
    expect(log).toEqual(['start']);
    accounts.set([]);
    await clock.advance(60_000);
    expect(log).toEqual(['start', 'stop']);
  });

  it('lets the lease of one that went run out, so that nobody who has not heard of it begins it', async () => {
    const clock = createManualClock();
    const leases = leasesInMemory();
    const [one, two] = [channel('branch'), channel('branch')];
    const accounts = fixedAccounts([one.adapter]);
    const late = fixedAccounts([two.adapter]);
    sessionsOf('first', accounts, { leases, clock }).start();
    await clock.advance(10);
    sessionsOf('second', late, { leases, clock }).start();
    await clock.advance(6_000);
    accounts.set([]);
    await clock.advance(6_000);
    late.set([]);
    await clock.advance(60_000);
    expect([one.log, two.log]).toEqual([['start', 'stop'], []]);
  });

  it('begins a changed one anew, after the old session has ended', async () => {
    const clock = createManualClock();
    const log: string[] = [];
    let end = () => {};
    const of = (name: string): ChannelAdapter => ({
      ...createRecordingChannel(),
      start: async () => void log.push(`start ${name}`),
      stop: () => {
        log.push(`stop ${name}`);
        return new Promise((resolve) => (end = resolve));
      },
    });
    const accounts = fixedAccounts([of('old')]);
    sessionsOf('first', accounts, { leases: leasesInMemory(), clock }).start();
    await clock.advance(10);
    accounts.set([of('new')]);
    await clock.advance(20_000);
    expect(log).toEqual(['start old', 'stop old']);
    end();
    await clock.advance(10);
    expect(log).toEqual(['start old', 'stop old', 'start new']);
  });

  it('never begins one that went while its lease was asked for', async () => {
    const clock = createManualClock();
    const leases = leasesInMemory();
    const slow: LeaseRepository = {
      ...leases,
      take: async (...asked) => {
        await new Promise<void>((resolve) => clock.after(1_000, resolve));
        return leases.take(...asked);
      },
    };
    const { adapter, log } = channel('branch');
    const accounts = fixedAccounts([adapter]);
    const sessions = sessionsOf('first', accounts, { leases: slow, clock });
    sessions.start();
    await clock.advance(500);
    accounts.set([]);
    await clock.advance(60_000);
    await sessions.close();
    expect(log).toEqual([]);
  });
});
