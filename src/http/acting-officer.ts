import type { FastifyRequest } from 'fastify';
import { AppError } from '../domain/errors.ts';
import { toId, type OfficerId } from '../domain/ids.ts';

/**
 * Until accounts come, the one token's holder says which officer acts; it names them in transcripts and the audit.
 * @throws AppError 'payload-invalid' for a name that would have to be changed: two officers must not become one
 */
export function officerOf(request: FastifyRequest): OfficerId {
  const given = request.headers['x-officer-id'];
  if (given === undefined) return toId('officer');
  if (typeof given === 'string' && /^[\w.@-]{1,80}$/.test(given)) return toId(given);
  throw new AppError(
    'payload-invalid',
    'X-Officer-Id: expected 1 to 80 of A-Z, a-z, 0-9, _ . @ and -, for example huda',
  );
}
