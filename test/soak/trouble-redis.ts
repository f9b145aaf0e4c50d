import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { OwnRedis } from '../support/own-redis.ts';

/** What befalls Redis while people write. */
export interface RedisTrouble {
  /** How often it is emptied. */
  readonly flushes: number;
  /** Pause before each of these, and before it goes away. */
  readonly pauseMs: number;
  /** How long it is away once: half of it hung with its connections open, half of it dead. It comes back empty. */
  readonly awayMs: number;
}

export async function troubleRedis(
  redis: OwnRedis,
  { flushes, pauseMs, awayMs }: RedisTrouble,
  say: (line: string) => void,
): Promise<void> {
  const client = new Redis(redis.url);
  client.on('error', () => {}); // It is away when we say so.
  try {
    for (let index = 0; index < flushes; index += 1) {
      await pause(pauseMs);
      await client.flushall();
    }
  } finally {
    client.disconnect();
  }
  await pause(pauseMs);
  say(`Redis was emptied ${flushes} times and is away now`);
  redis.hang();
  await pause(awayMs / 2);
  await redis.kill();
  await pause(awayMs / 2);
  await redis.start();
  say('Redis is back, empty');
}
