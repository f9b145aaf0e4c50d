import type { Redis } from 'ioredis';
import type { Log } from '../../ports/log.ts';

/** Warns at each connection when Redis may throw keys away, which BullMQ does not bear: bells would be lost, or ring for ever. */
export function warnOfEviction(redis: Redis, log: Log): void {
  redis.on('ready', () => {
    redis.info('memory').then(
      (memory) => {
        const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1];
        if (policy === undefined || policy === 'noeviction') return;
        log.warn(
          { policy },
          `Redis throws keys away when its memory is full (maxmemory-policy ${policy}); expected noeviction. Set it with: CONFIG SET maxmemory-policy noeviction`,
        );
      },
      (error: unknown) => log.debug({ error }, 'Redis did not tell its eviction policy'),
    );
  });
}
