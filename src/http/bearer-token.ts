import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** The token of an `Authorization: Bearer ...` header, or null. */
export function bearerTokenOf(request: FastifyRequest): string | null {
  return /^Bearer ([\x21-\x7e]{1,512})$/.exec(request.headers.authorization ?? '')?.[1] ?? null;
}

/** A hook that lets only the holder of the token in, compared in constant time. */
export function requireBearerToken(expected: string) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const given = bearerTokenOf(request);
    if (given !== null && isSame(given, expected)) return;
    await reply.code(401).send({ code: 'unauthorized', message: 'A valid bearer token is needed.' });
  };
}

function isSame(left: string, right: string): boolean {
  return timingSafeEqual(digest(left), digest(right));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
