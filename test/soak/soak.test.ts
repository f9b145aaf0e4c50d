import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { buildServer, type BuiltServer } from '../support/built-server.ts';
import { ownRedis, whyNoRedis } from '../support/own-redis.ts';
import { describeSoak } from './report.ts';
import { runSoak, type SoakPlan, type SoakResult } from './run-soak.ts';

const mongodbUri = inject('mongodbUri');
let server: BuiltServer;

beforeAll(async () => {
  server = await buildServer();
});
afterAll(() => server.remove());

/** A tenth of `npm run soak`. People write a little less than a channel lets us answer. */
async function soak(
  name: string,
  plan: Pick<SoakPlan, 'backend' | 'longestLifeMs'> & Partial<SoakPlan>,
): Promise<SoakResult> {
  const result = await runSoak({
    ...{
      main: server.main,
      channel: 'telegram',
      seed: 4,
      people: 50,
      meanPauseMs: 5_000,
      kills: 10,
      say: () => {},
      ...plan,
    },
  });
  console.log(describeSoak(name, result));
  return result;
}

describe.concurrent('when server processes are killed at random while fifty people write', () => {
  it('answers everything once and in order on SQLite', { timeout: 240_000 }, async () => {
    const result = await soak('SQLite', { longestLifeMs: 2_000, backend: { is: 'embedded' } });
    expect(result.problems).toEqual([]);
    expect(result.kills).toBe(10);
    expect(result.messages).toBeGreaterThan(100);
  });

  it.each([
    ['whatsapp-cloud', { people: 100, meanPauseMs: 25_000, longestLifeMs: 6_000 }],
    ['web-chat', { people: 50, longestLifeMs: 2_000 }],
  ] as const)('answers everything once and in order on %s', { timeout: 240_000 }, async (channel, plan) => {
    const result = await soak(`SQLite, ${channel}`, { ...plan, channel, kills: 5, backend: { is: 'embedded' } });
    expect(result.problems).toEqual([]);
    expect(result.kills).toBe(5);
    expect(result.messages).toBeGreaterThan(50);
  });

  it.skipIf(mongodbUri === null || whyNoRedis() !== null)(
    'answers everything once and in order on MongoDB with two workers, while Redis is emptied and away',
    { timeout: 240_000 },
    async () => {
      const redis = await ownRedis();
      try {
        await redis.start();
        const trouble = { flushes: 2, pauseMs: 3_000, awayMs: 5_000 };
        const mongoUri = `${mongodbUri}/soak-${process.pid}`;
        const result = await soak('MongoDB + Redis, two workers', {
          ...{ longestLifeMs: 4_000, backend: { is: 'shared', mongoUri, redis, trouble } },
        });
        expect(result.problems).toEqual([]);
        expect(result.kills).toBe(10);
        expect(result.messages).toBeGreaterThan(100);
      } finally {
        await redis.remove();
      }
    },
  );
});
