import type { FastifyRequest } from 'fastify';
import { toId, type OfficerId } from '../domain/ids.ts';

/** Until accounts come, the one token's holder says which officer acts; it names them in transcripts and the audit. */
export function officerOf(request: FastifyRequest): OfficerId {
  const given = request.headers['x-officer-id'];
  return toId(typeof given === 'string' && /^[\w.@-]{1,80}$/.test(given) ? given : 'officer');
}
