import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/domain/effect.ts';
import type { ChannelStatus } from '../../src/ports/channel.ts';
import { createChannelStatuses } from '../../src/runtime/channel-statuses.ts';

const account = { channel: 'whatsapp-web', account: 'main' };
const ready: ChannelStatus = { is: 'ready', since: 1, phone: '966500000000' };
const log = { debug() {}, info() {}, warn() {}, error() {} };

/** Two processes on one store, and time that moves when told to. */
function setUp() {
  const values = new Map<string, Json>();
  const timers: { readonly at: number; readonly run: () => void }[] = [];
  let now = 0;
  const clock = {
    now: () => now,
    after(ms: number, run: () => void) {
      const timer = { at: now + ms, run };
      timers.push(timer);
      return () => void (timers.includes(timer) && timers.splice(timers.indexOf(timer), 1));
    },
  };
  const settings = {
    get: async (name: string) => values.get(name) ?? null,
    set: async (name: string, value: Json) => void values.set(name, value),
  };
  const open = (holder: string, isSoleWorker = false) =>
    createChannelStatuses({ settings, holder, isSoleWorker, clock, log });
  const pass = async (ms: number) => {
    for (const until = now + ms; now < until; now += 5_000) {
      for (const timer of timers.filter(({ at }) => at <= now)) {
        timers.splice(timers.indexOf(timer), 1);
        timer.run();
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { open, holder: open('one'), other: open('two'), pass };
}

describe('how a session is', () => {
  it('is known to every process for as long as its holder lives', async () => {
    const { holder, other, pass } = setUp();
    expect(await other.read(account)).toBeNull();
    holder.tell(account, { is: 'pairing', since: 0, qr: 'q', expiresAt: 60 });
    holder.tell(account, ready);
    await pass(600_000);
    expect(await other.read(account)).toEqual(ready);
  });

  it('is degraded when its holder says nothing more', async () => {
    const { holder, other, pass } = setUp();
    holder.tell(account, ready);
    await pass(10_000);
    await holder.close();
    await pass(200_000);
    expect(await other.read(account)).toMatchObject({ is: 'degraded', reason: 'no-worker' });
  });

  it('is degraded at once when the only process has started anew', async () => {
    const { open, holder, pass } = setUp();
    holder.tell(account, ready);
    await pass(5_000);
    expect(await open('one after a crash', true).read(account)).toMatchObject({ is: 'degraded', reason: 'no-worker' });
  });

  it('is degraded as soon as its holder lets go, and never against what the next one said', async () => {
    const { holder, other, pass } = setUp();
    holder.tell(account, ready);
    await pass(5_000);
    holder.forget(account);
    await holder.close();
    expect(await other.read(account)).toMatchObject({ is: 'degraded', reason: 'no-worker' });
    holder.tell(account, ready);
    await pass(5_000);
    other.tell(account, { is: 'unpaired', since: 5 });
    await new Promise((resolve) => setImmediate(resolve));
    holder.forget(account);
    await holder.close();
    expect(await other.read(account)).toEqual({ is: 'unpaired', since: 5 });
  });

  it('is told by the new holder alone once the old one let go', async () => {
    const { holder, other, pass } = setUp();
    holder.tell(account, ready);
    await pass(10_000);
    holder.forget(account);
    other.tell(account, { is: 'unpaired', since: 5 });
    await pass(60_000);
    expect(await holder.read(account)).toEqual({ is: 'unpaired', since: 5 });
  });
});
