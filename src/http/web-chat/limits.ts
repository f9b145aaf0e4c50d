import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../app.ts';

/** At most `max` requests in each window, counted per process. */
interface RequestLimit {
  readonly max: number;
  readonly windowMs: number;
}

/** What one session, and one network address, may do. Addresses are shared by many people on mobile networks. */
export interface ChatLimits {
  readonly sessionsPerAddress: RequestLimit;
  readonly messagesPerSession: RequestLimit;
  readonly burstPerSession: RequestLimit;
  readonly messagesPerAddress: RequestLimit;
  readonly filesPerSession: RequestLimit;
  readonly filesPerAddress: RequestLimit;
  readonly eventsPerAddress: RequestLimit;
}

const minute = 60_000;

export const defaultChatLimits: ChatLimits = {
  sessionsPerAddress: { max: 30, windowMs: 60 * minute },
  messagesPerSession: { max: 20, windowMs: minute },
  burstPerSession: { max: 6, windowMs: 5_000 },
  messagesPerAddress: { max: 240, windowMs: minute },
  filesPerSession: { max: 10, windowMs: 10 * minute },
  filesPerAddress: { max: 60, windowMs: 60 * minute },
  eventsPerAddress: { max: 240, windowMs: minute },
};

/** A limit and what it counts: requests of one key, or of one network address (an IPv6 /64 counts as one). */
export interface Counted {
  readonly limit: RequestLimit;
  readonly by: 'address' | ((request: FastifyRequest) => string);
}

/**
 * A hook that answers 429 with `Retry-After` when one of the limits is met. A request that is refused still counts towards the
 * limits before the one that refused it.
 */
export function limitRequests(app: App, counted: readonly Counted[]) {
  const checks = counted.map(({ limit, by }) =>
    app.createRateLimit({
      max: limit.max,
      timeWindow: limit.windowMs,
      ...(by === 'address' ? { ipv6Subnet: 64 } : { keyGenerator: by }),
    }),
  );
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    for (const check of checks) {
      const state = await check(request);
      if (!state.isAllowed && state.isExceeded) return answerTooMany(reply, state.ttlInSeconds);
    }
    return undefined;
  };
}

/** 429, kindly. */
export function answerTooMany(reply: FastifyReply, retryAfterSeconds: number): FastifyReply {
  const seconds = Math.max(1, retryAfterSeconds);
  return reply.code(429).header('retry-after', String(seconds)).send({
    code: 'too-many-requests',
    message: 'You are writing faster than we can follow. Please wait a moment, then try again.',
    retryAfterSeconds: seconds,
  });
}
