import { randomUUID } from 'node:crypto';
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { createRedisBudget } from '../../src/queue/bullmq/budget.ts';
import { createBullmqQueue } from '../../src/queue/bullmq/queue.ts';
import { systemClock } from '../../src/ports/clock.ts';
import type { Bell } from '../../src/ports/queue.ts';
import { pollUntil } from '../support/poll-until.ts';
import { recordingLog } from './recording-log.ts';

const redisUrl = inject('redisUrl');

describe.skipIf(redisUrl === null)('two workers on one Redis', () => {
  let admin: Redis;
  const opened: { close(): Promise<void> }[] = [];
  beforeAll(() => {
    admin = new Redis(redisUrl ?? '', { maxRetriesPerRequest: null });
  });
  afterAll(() => admin.disconnect());
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((one) => one.close()));
  });
  const keep = <Opened extends { close(): Promise<void> }>(one: Opened) => {
    opened.push(one);
    return one;
  };
  const settingsOf = (prefix: string) => ({
    redisUrl: redisUrl ?? '',
    clock: systemClock,
    log: recordingLog().log,
    prefix,
  });
  const keysOf = async (prefix: string) => {
    const keys: string[] = [];
    for await (const page of admin.scanStream({ match: `${prefix}:*` })) keys.push(...(page as string[])); // Keys are text.
    return keys;
  };

  it('share the bells, and never run one key twice at once', async () => {
    const prefix = `test-${randomUUID()}`;
    const [first, second] = [keep(createBullmqQueue(settingsOf(prefix))), keep(createBullmqQueue(settingsOf(prefix)))];
    const running = new Set<string>();
    const answered = [0, 0];
    let twice = 0;
    for (const [index, queue] of [first, second].entries()) {
      await queue.listen(
        'mailbox',
        async ({ key }) => {
          if (running.has(key)) twice++;
          running.add(key);
          await new Promise((done) => setTimeout(done, 3));
          running.delete(key);
          answered[index] = (answered[index] ?? 0) + 1;
        },
        { concurrency: 5 },
      );
    }
    for (let round = 0; round < 40; round++) {
      await Promise.all(
        Array.from({ length: 10 }, (_, key) => first.ring({ kind: 'mailbox', key: `key-${key}` }, { limitMs: 2_000 })),
      );
    }
    await pollUntil(
      'all is quiet',
      async () => (await admin.llen(`${prefix}:mailbox:wait`)) === 0 && running.size === 0,
    );
    expect(twice).toBe(0);
    expect(answered.every((count) => count > 0)).toBe(true);
  });

  it('take over, not as fresh, the bell of one that died', async () => {
    const prefix = `test-${randomUUID()}`;
    const queue = keep(createBullmqQueue(settingsOf(prefix)));
    const holder = admin.duplicate();
    let hasIt = false;
    // It takes the job, and neither ends it nor says that it still lives.
    const dead = new Worker(
      'mailbox',
      () => {
        hasIt = true;
        return new Promise(() => {});
      },
      { connection: holder, prefix, lockDuration: 100, skipLockRenewal: true, skipStalledCheck: true },
    );
    dead.on('error', () => {});
    await pollUntil('the bell is noted', () =>
      queue.ring({ kind: 'mailbox', key: 'held', fresh: true }).then(
        () => true,
        () => false,
      ),
    );
    await pollUntil('the one that dies has it', () => hasIt);
    const calls: Bell[] = [];
    await queue.listen('mailbox', async (bell) => void calls.push(bell), { concurrency: 1 });
    // Rung while the dead one seems to run it: answered afterwards.
    await queue.ring({ kind: 'mailbox', key: 'held', fresh: true });
    await pollUntil('both calls', () => calls.length === 2, 15_000);
    expect(calls).toEqual([
      { kind: 'mailbox', key: 'held' },
      { kind: 'mailbox', key: 'held', fresh: true },
    ]);
    void dead.close(true);
    holder.disconnect();
  });

  it('leave nothing but a bounded log in Redis, and never what a handler said', async () => {
    const prefix = `test-${randomUUID()}`;
    const queue = keep(createBullmqQueue(settingsOf(prefix)));
    let calls = 0;
    await queue.listen(
      'mailbox',
      async () => {
        if (++calls === 1) throw new Error('she said: my secret');
      },
      { concurrency: 5 },
    );
    await queue.ring({ kind: 'mailbox', key: 'failing', fresh: true }, { limitMs: 2_000 });
    await pollUntil('the call failed and waits for its next try', async () => {
      return (await admin.zcard(`${prefix}:mailbox:delayed`)) === 1;
    });
    const hashes = await Promise.all((await keysOf(prefix)).map((key) => admin.hgetall(key).catch(() => ({}))));
    expect(JSON.stringify(hashes)).toContain('failing');
    expect(JSON.stringify(hashes)).not.toContain('secret');
    for (let index = 0; index < 49; index++) {
      await queue.ring({ kind: 'mailbox', key: `key-${index}` }, { limitMs: 2_000 });
    }
    await pollUntil('the retry too is done', () => calls >= 51);
    await pollUntil('only what a queue always has is left', async () => {
      const kinds = new Set((await keysOf(prefix)).map((key) => key.split(':').slice(2).join(':')));
      for (const usual of ['events', 'id', 'meta', 'marker', 'stalled-check']) kinds.delete(usual);
      return kinds.size === 0;
    });
    const events = JSON.stringify(await admin.xrange(`${prefix}:mailbox:events`, '-', '+'));
    expect(events).not.toContain('secret');
    expect(await admin.xlen(`${prefix}:mailbox:events`)).toBeGreaterThan(50);
  });

  it('close all their connections', async () => {
    // A database of its own tells these connections from those of other tests.
    const clients = async () => String(await admin.client('LIST')).split(' db=9 ').length - 1;
    const settings = { ...settingsOf(`test-${randomUUID()}`), redisUrl: `${redisUrl}/9` };
    const queue = createBullmqQueue(settings);
    for (const kind of ['mailbox', 'delivery', 'media', 'timer'] as const) {
      await queue.listen(kind, async () => {}, { concurrency: 1 });
    }
    // One that rings, one for all workers, and one each that waits.
    await pollUntil('all are connected', async () => (await clients()) === 6);
    await queue.close();
    await pollUntil('none is left', async () => (await clients()) === 0);
  });

  it('share one budget: together never above the capacity and the refill of any window', async () => {
    const prefix = `test-${randomUUID()}`;
    const budgets = [keep(createRedisBudget(settingsOf(prefix))), keep(createRedisBudget(settingsOf(prefix)))];
    const bucket = { key: 'account', capacity: 5, refillPerSecond: 50 };
    const grantedAt: number[] = [];
    const until = performance.now() + 1_000;
    const askOn = async (budget: (typeof budgets)[number]) => {
      while (performance.now() < until) {
        const answer = await budget.take([bucket], 'bot');
        if (answer.granted) grantedAt.push(performance.now());
      }
    };
    await Promise.all([...budgets, ...budgets].map(askOn));
    grantedAt.sort((one, other) => one - other);
    expect(grantedAt.length).toBeGreaterThan(35);
    for (const [first, from] of grantedAt.entries()) {
      for (const [offset, to] of grantedAt.slice(first).entries()) {
        // 25 ms for answers that came late.
        expect(offset + 1).toBeLessThanOrEqual(bucket.capacity + ((to - from + 25) / 1000) * bucket.refillPerSecond);
      }
    }
  });

  it('begin with empty buckets when Redis was wiped, and forget full ones', async () => {
    const prefix = `test-${randomUUID()}`;
    const budget = keep(createRedisBudget(settingsOf(prefix)));
    const bucket = { key: 'account', capacity: 2, refillPerSecond: 10 };
    await budget.take([bucket], 'bot');
    await new Promise((done) => setTimeout(done, 210));
    expect((await budget.take([bucket], 'bot')).granted).toBe(true);
    expect(await admin.get(`${prefix}:budget:account`)).toMatch(/^[01]\.\d+ \d+$/);
    await pollUntil('the full bucket is forgotten', async () => (await admin.exists(`${prefix}:budget:account`)) === 0);
    expect((await budget.take([bucket], 'bot')).granted).toBe(true);
    expect((await budget.take([bucket], 'bot')).granted).toBe(true);
    expect((await budget.take([bucket], 'bot')).granted).toBe(false);
    await admin.del(await keysOf(prefix));
    expect((await budget.take([{ ...bucket, key: 'another' }], 'bot')).granted).toBe(false);
    expect((await budget.take([bucket], 'bot')).granted).toBe(false);
  });
});
