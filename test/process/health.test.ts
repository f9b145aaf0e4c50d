import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ownRedis, whyNoRedis } from '../support/own-redis.ts';
import { pollUntil } from '../support/poll-until.ts';
import { startMongo } from '../support/services.ts';
import { echoFlows, ownServer, removeBuilt, type OwnServer } from './own-server.ts';

// A MongoDB of its own: it is stopped in the middle.
const ownMongo = whyNoRedis() === null ? await startMongo().catch(() => null) : null;

let own: OwnServer;
beforeEach(async () => {
  own = await ownServer();
});
afterEach(() => own.remove());
afterAll(async () => {
  await removeBuilt();
  await ownMongo?.stop();
});

describe.skipIf(ownMongo === null || process.env['MONGODB_TEST_URI'])('the health of a server', () => {
  it('is ready, not ready without Redis, ready again, not ready without MongoDB, and alive all the time', async () => {
    const redis = await ownRedis();
    try {
      await redis.start();
      const mongoUri = `${ownMongo?.url}/health-${process.pid}`;
      const settings = { ...echoFlows, MONGODB_URI: mongoUri, REDIS_URL: redis.url };
      const { url } = await own.startReady(settings);
      const ready = async () => {
        const response = await fetch(`${url}/health/ready`);
        const { missing } = (await response.json()) as { missing: string[] };
        return { status: response.status, missing };
      };
      const becomes = (wanted: object) =>
        pollUntil(JSON.stringify(wanted), async () => JSON.stringify(await ready()) === JSON.stringify(wanted));
      const isAlive = async () => (await fetch(`${url}/health/live`)).status === 200;

      await becomes({ status: 200, missing: [] });
      await redis.kill();
      await becomes({ status: 503, missing: ['queue'] });
      expect(await isAlive()).toBe(true);
      await redis.start();
      await becomes({ status: 200, missing: [] });
      redis.hang();
      await becomes({ status: 503, missing: ['queue'] });
      redis.resume();
      await becomes({ status: 200, missing: [] });
      await ownMongo?.stop();
      await becomes({ status: 503, missing: ['store'] });
      expect(await isAlive()).toBe(true);
    } finally {
      await redis.remove();
    }
  });
});
