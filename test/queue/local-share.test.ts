import { describe, expect, it } from 'vitest';
import { createLocalShare } from '../../src/queue/bullmq/local-share.ts';

function world() {
  let now = 1_700_000_000_000;
  const clock = { now: () => now, after: () => () => {} };
  const local = createLocalShare({ clock, share: 0.25 });
  return { local, pass: (ms: number) => void (now += ms) };
}
const bucket = { key: 'account', capacity: 40, refillPerSecond: 20 };

describe('what a worker may send alone', () => {
  it('begins empty when the outage begins, however long the worker has run', async () => {
    const { local, pass } = world();
    pass(3_600_000);
    expect(await local.take([bucket], 'bot')).toEqual({ granted: false, afterMs: 200, refusedBy: ['account'] });
  });

  it('is its share of the refill, so that four workers together stay within the limit', async () => {
    const { local, pass } = world();
    await local.take([bucket], 'bot');
    let granted = 0;
    for (let ms = 0; ms < 60_000; ms += 10) {
      pass(10);
      if ((await local.take([bucket], 'bot')).granted) granted++;
    }
    expect(granted).toBeGreaterThan(290);
    expect(granted).toBeLessThanOrEqual(300);
  });

  it('lets a bucket of a single token through as well, at its share of the pace', async () => {
    const { local, pass } = world();
    const person = { key: 'person', capacity: 1, refillPerSecond: 1 };
    await local.take([person], 'bot');
    pass(3_999);
    expect((await local.take([person], 'bot')).granted).toBe(false);
    pass(1);
    expect((await local.take([person], 'bot')).granted).toBe(true);
  });

  it('owes what it took, less what the shared bucket refilled since', async () => {
    const { local, pass } = world();
    await local.take([bucket], 'bot');
    pass(2_000);
    for (let taken = 0; taken < 10; taken++) expect((await local.take([bucket], 'bot')).granted).toBe(true);
    pass(100);
    expect(local.pay([bucket])).toEqual([8]);
    expect(local.pay([bucket])).toEqual([0]);
    local.unpaid([bucket], [8]);
    pass(300);
    expect(local.pay([bucket])).toEqual([2]);
  });

  it('keeps its part of the reserve for who is more urgent, and lets the bot through all the same', async () => {
    const { local, pass } = world();
    const reserved = { key: 'number', capacity: 5, refillPerSecond: 40, reserve: 2 };
    await local.take([reserved], 'bot');
    pass(100);
    // One token of at most 1.25: the bot has to leave a half.
    expect((await local.take([reserved], 'bot')).granted).toBe(false);
    pass(25);
    expect((await local.take([reserved], 'bot')).granted).toBe(true);
    pass(75);
    expect((await local.take([reserved], 'officer')).granted).toBe(true);
  });

  it('stays closed for as long as the platform asked', async () => {
    const { local, pass } = world();
    await local.take([bucket], 'bot');
    await local.hold(bucket, 2_000);
    pass(1_999);
    expect((await local.take([bucket], 'officer')).granted).toBe(false);
    pass(1);
    expect((await local.take([bucket], 'officer')).granted).toBe(true);
  });

  it('begins empty again at the next outage', async () => {
    const { local, pass } = world();
    await local.take([bucket], 'bot');
    pass(60_000);
    expect((await local.take([bucket], 'bot')).granted).toBe(true);
    local.end();
    expect((await local.take([bucket], 'bot')).granted).toBe(false);
  });
});
