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
    expect(await local.take([bucket])).toEqual({ granted: false, afterMs: 200 });
  });

  it('is its share of the refill, so that four workers together stay within the limit', async () => {
    const { local, pass } = world();
    await local.take([bucket]);
    let granted = 0;
    for (let ms = 0; ms < 60_000; ms += 10) {
      pass(10);
      if ((await local.take([bucket])).granted) granted++;
    }
    expect(granted).toBeGreaterThan(290);
    expect(granted).toBeLessThanOrEqual(300);
  });

  it('lets a bucket of a single token through as well, at its share of the pace', async () => {
    const { local, pass } = world();
    const person = { key: 'person', capacity: 1, refillPerSecond: 1 };
    await local.take([person]);
    pass(3_999);
    expect((await local.take([person])).granted).toBe(false);
    pass(1);
    expect((await local.take([person])).granted).toBe(true);
  });

  it('owes what it took, less what the shared bucket refilled since', async () => {
    const { local, pass } = world();
    await local.take([bucket]);
    pass(2_000);
    for (let taken = 0; taken < 10; taken++) expect((await local.take([bucket])).granted).toBe(true);
    pass(100);
    expect(local.pay([bucket])).toEqual([8]);
    expect(local.pay([bucket])).toEqual([0]);
    local.unpaid([bucket], [8]);
    pass(300);
    expect(local.pay([bucket])).toEqual([2]);
  });

  it('begins empty again at the next outage', async () => {
    const { local, pass } = world();
    await local.take([bucket]);
    pass(60_000);
    expect((await local.take([bucket])).granted).toBe(true);
    local.end();
    expect((await local.take([bucket])).granted).toBe(false);
  });
});
