import { randomUUID } from 'node:crypto';
import { describe, inject } from 'vitest';
import { broadcastContract } from '../contract/broadcast.contract.ts';
import { budgetContract } from '../contract/budget.contract.ts';
import { queueContract } from '../contract/queue.contract.ts';
import { createRedisBroadcast } from '../../src/queue/bullmq/broadcast.ts';
import { createRedisBudget } from '../../src/queue/bullmq/budget.ts';
import { createBullmqQueue } from '../../src/queue/bullmq/queue.ts';
import { systemClock } from '../../src/ports/clock.ts';
import { recordingLog } from './recording-log.ts';

const redisUrl = inject('redisUrl');

describe.skipIf(redisUrl === null)('over Redis', () => {
  const settings = () => ({
    redisUrl: redisUrl ?? '',
    clock: systemClock,
    log: recordingLog().log,
    prefix: `test-${randomUUID()}`,
  });

  queueContract('BullMQ', async () => createBullmqQueue(settings()));

  broadcastContract('Redis', () => {
    const shared = settings();
    return [createRedisBroadcast(shared), createRedisBroadcast(shared)];
  });

  budgetContract('Redis', async () => ({
    budget: createRedisBudget(settings()),
    pass: (ms) => new Promise((done) => setTimeout(done, ms)),
  }));
});
