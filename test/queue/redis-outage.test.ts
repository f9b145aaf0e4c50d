import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Broadcast, Queue } from '../../src/ports/queue.ts';
import { createRedisBroadcast } from '../../src/queue/bullmq/broadcast.ts';
import { createRedisBudget } from '../../src/queue/bullmq/budget.ts';
import { createBullmqQueue } from '../../src/queue/bullmq/queue.ts';
import { systemClock } from '../../src/ports/clock.ts';
import { ownRedis, whyNoRedis, type OwnRedis } from '../support/own-redis.ts';
import { pollUntil } from '../support/poll-until.ts';
import { recordingLog } from './recording-log.ts';

const missing = whyNoRedis();
if (missing !== null) console.log(`skipped: tests that kill Redis, because ${missing}`);

describe.skipIf(missing !== null)('when Redis is not there', () => {
  let redis: OwnRedis;
  const opened: { close(): Promise<void> }[] = [];
  const keep = <Opened extends { close(): Promise<void> }>(one: Opened) => {
    opened.push(one);
    return one;
  };
  beforeEach(async () => {
    redis = await ownRedis();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((one) => one.close()));
    await redis.remove();
  });

  const openQueue = (log = recordingLog().log) =>
    keep(createBullmqQueue({ redisUrl: redis.url, clock: systemClock, log }));
  const answers = (queue: Queue) =>
    pollUntil('the queue answers', () =>
      queue.ping().then(
        () => true,
        () => false,
      ),
    );
  const listen = async (queue: Queue) => {
    const answered: string[] = [];
    await queue.listen('mailbox', async ({ key }) => void answered.push(key), { concurrency: 4 });
    return answered;
  };
  const elapsed = async (work: () => Promise<unknown>) => {
    const startedAt = performance.now();
    await work();
    return performance.now() - startedAt;
  };
  /** Rings as intake and sweep do: again until it is noted, then again until it is answered. */
  const ringUntilAnswered = (queue: Queue, key: string, answered: readonly string[]) =>
    pollUntil(`the bell ${key} is answered`, async () => {
      await queue.ring({ kind: 'mailbox', key }).catch(() => {});
      await new Promise((done) => setTimeout(done, 20));
      return answered.includes(key);
    });

  it('starts without it, refuses rings at once, warns once, and works when it comes', async () => {
    const { log, lines } = recordingLog();
    const queue = openQueue(log);
    const answered = await listen(queue);
    for (let times = 0; times < 5; times++) {
      const ms = await elapsed(() => expect(queue.ring({ kind: 'mailbox', key: 'lost' })).rejects.toThrow(/Redis/));
      expect(ms).toBeLessThan(100);
    }
    expect(await elapsed(() => expect(queue.ping()).rejects.toThrow())).toBeLessThan(2_200);
    await redis.start();
    await ringUntilAnswered(queue, 'found', answered);
    const ofRinging = lines.filter(({ fields }) => fields['connection'] === 'ring').map(({ level }) => level);
    expect(ofRinging).toEqual(['warn', 'info']);
  });

  it('is killed and comes back empty: the running handler finishes, later bells are answered', async () => {
    await redis.start();
    const queue = openQueue();
    await answers(queue);
    const answered: string[] = [];
    let finish: (() => void) | null = null;
    await queue.listen(
      'mailbox',
      async ({ key }) => {
        if (key === 'running') await new Promise<void>((resolve) => (finish = resolve));
        answered.push(key);
      },
      { concurrency: 4 },
    );
    await queue.ring({ kind: 'mailbox', key: 'running' }, { limitMs: 2_000 });
    await pollUntil('the handler runs', () => finish !== null);
    await redis.kill();
    expect(await elapsed(() => expect(queue.ring({ kind: 'mailbox', key: 'away' })).rejects.toThrow())).toBeLessThan(
      100,
    );
    (finish as (() => void) | null)?.(); // Set by the handler, which the compiler does not see.
    await pollUntil('it finishes', () => answered.includes('running'));
    await redis.start();
    await ringUntilAnswered(queue, 'back', answered);
  });

  it('hangs: rings are refused within their limit, and all goes on when it answers again', async () => {
    await redis.start();
    const queue = openQueue();
    await answers(queue);
    const answered = await listen(queue);
    await ringUntilAnswered(queue, 'before', answered);
    redis.hang();
    const ms = await elapsed(() =>
      expect(queue.ring({ kind: 'mailbox', key: 'hung' }, { limitMs: 80 })).rejects.toThrow('within 80 ms'),
    );
    expect(ms).toBeGreaterThan(75);
    expect(ms).toBeLessThan(250);
    expect(await elapsed(() => expect(queue.ping()).rejects.toThrow())).toBeLessThan(2_300);
    redis.resume();
    await ringUntilAnswered(queue, 'after', answered);
  });

  it.each(['never was there', 'was killed', 'hangs'])('closes within its limit although it %s', async (how) => {
    if (how !== 'never was there') await redis.start();
    const queue = openQueue();
    if (how !== 'never was there') await answers(queue);
    await listen(queue);
    if (how === 'was killed') await redis.kill();
    if (how === 'hangs') redis.hang();
    expect(await elapsed(() => queue.close())).toBeLessThan(2_500);
  });

  it('is emptied (FLUSHALL) again and again under load: bells rung afterwards are answered', async () => {
    await redis.start();
    const [one, two] = [openQueue(), openQueue()];
    await Promise.all([answers(one), answers(two)]);
    const answered: [string[], string[]] = [[], []];
    for (const [index, queue] of [one, two].entries()) {
      await queue.listen(
        'mailbox',
        async ({ key }) => {
          await new Promise((done) => setTimeout(done, 2));
          answered[index]?.push(key);
        },
        { concurrency: 4 },
      );
    }
    const admin = new Redis(redis.url);
    try {
      for (let round = 0; round < 5; round++) {
        const keys = Array.from({ length: 100 }, (_, index) => `round-${round}-${index}`);
        await Promise.all(keys.map((key) => one.ring({ kind: 'mailbox', key }, { limitMs: 2_000 })));
        await admin.flushall();
        // What the sweep does for the bells that were lost.
        const lost = () => keys.filter((key) => !answered.flat().includes(key));
        await pollUntil('every bell is answered', async () => {
          await Promise.all(lost().map((key) => one.ring({ kind: 'mailbox', key }).catch(() => {})));
          await new Promise((done) => setTimeout(done, 30));
          return lost().length === 0;
        });
      }
      expect(answered.every((those) => those.length > 0)).toBe(true);
    } finally {
      admin.disconnect();
    }
  });

  it('goes and comes: news reach the readers again without their doing', async () => {
    await redis.start();
    const settings = { redisUrl: redis.url, log: recordingLog().log };
    const [publisher, listener] = [keep(createRedisBroadcast(settings)), keep(createRedisBroadcast(settings))];
    const heard: unknown[] = [];
    listener.subscribe('topic', (news) => heard.push(news));
    const isHeard = (from: Broadcast) => {
      const before = heard.length;
      return pollUntil('news are heard', async () => {
        await from.publish('topic', { n: 1 });
        return heard.length > before;
      });
    };
    await isHeard(publisher);
    await redis.kill();
    expect(await elapsed(() => publisher.publish('topic', { n: 2 }))).toBeLessThan(400);
    const late: unknown[] = [];
    listener.subscribe('late', (news) => late.push(news));
    await redis.start();
    await isHeard(publisher);
    await pollUntil('a subscription made during the outage stands', async () => {
      await publisher.publish('late', { n: 3 });
      return late.length > 0;
    });
  });

  it('goes and comes: sending goes on at a part of its pace, and its limit holds across the return', async () => {
    await redis.start();
    const { log, lines } = recordingLog();
    const budget = keep(createRedisBudget({ redisUrl: redis.url, clock: systemClock, log, localShare: 0.25 }));
    const bucket = { key: 'account', capacity: 8, refillPerSecond: 40 };
    const grantedAt: number[] = [];
    const takeFor = async (ms: number) => {
      const before = grantedAt.length;
      const until = performance.now() + ms;
      while (performance.now() < until) {
        const answer = await budget.take([bucket], 'bot');
        if (answer.granted) grantedAt.push(performance.now());
        else await new Promise((done) => setTimeout(done, 3));
      }
      return grantedAt.length - before;
    };
    expect(await takeFor(500)).toBeGreaterThan(10);
    await redis.kill();
    const alone = await takeFor(1_000);
    expect(alone).toBeGreaterThanOrEqual(5);
    expect(alone).toBeLessThanOrEqual(11);
    await redis.start();
    await pollUntil('Redis is asked again', async () => {
      await takeFor(50);
      return lines.some(({ message }) => message === 'Redis is back');
    });
    await takeFor(1_500);
    for (const [first, from] of grantedAt.entries()) {
      for (const [offset, to] of grantedAt.slice(first).entries()) {
        const allowed = bucket.capacity + ((to - from + 25) / 1000) * bucket.refillPerSecond;
        expect(offset + 1).toBeLessThanOrEqual(allowed);
      }
    }
    const warnings = lines.filter(({ message }) => message.startsWith('sending limits cannot be asked for'));
    expect(warnings).toHaveLength(1);
  });

  it('may throw keys away: a warning says what to set', async () => {
    await redis.remove();
    redis = await ownRedis('allkeys-lru');
    await redis.start();
    const { log, lines } = recordingLog();
    await answers(openQueue(log));
    await pollUntil('the warning', () => lines.some(({ message }) => message.includes('expected noeviction')));
  });
});
