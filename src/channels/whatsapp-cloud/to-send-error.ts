import { z } from 'zod';
import { SendError } from '../../domain/errors.ts';
import { failureOfCode } from './graph-errors.ts';

type Failure = SendError['failure'];

/** The part of an error answer that is read; its message may repeat what was sent. */
const errorSchema = z.object({
  error: z.object({
    code: z.number(),
    error_subcode: z.number().optional().catch(undefined),
    is_transient: z.boolean().optional().catch(undefined),
  }),
});

/** Subcode of an object that does not exist or that the token may not see: a file, or the number itself. */
const noSuchObject = 33;
export const objectGone = 'object-gone';

/**
 * What an answer that is not 2xx means for a delivery. Only an answer in the API's own words is certain: whoever else answers (a
 * gateway) may do so after the message was taken.
 */
export function toSendError(status: number, body: unknown): SendError {
  const parsed = errorSchema.safeParse(body);
  return new SendError(parsed.success ? fromGraph(status, parsed.data.error) : fromGateway(status));
}

function fromGraph(status: number, error: z.infer<typeof errorSchema>['error']): Failure {
  const { code, error_subcode: subcode, is_transient: isTransient } = error;
  if (code === 100 && subcode === noSuchObject) return { is: 'retryable', reason: objectGone, afterMs: 60_000 };
  const failure = failureOfCode(code);
  if (failure.is !== 'final' || failure.reason !== 'refused') return failure;
  if (status === 429) return { is: 'retryable', reason: 'throttled', limit: 'account' };
  if (status === 401) return { is: 'retryable', reason: 'token-refused', afterMs: 60_000 };
  return status >= 500 || isTransient === true ? { is: 'retryable', reason: 'server-error' } : failure;
}

function fromGateway(status: number): Failure {
  if (status === 413) return { is: 'final', reason: 'too-large' };
  if (status === 429) return { is: 'retryable', reason: 'throttled', limit: 'account' };
  if (status >= 500) return { is: 'retryable', reason: 'server-error', uncertain: true };
  return { is: 'retryable', reason: 'answer-unreadable', afterMs: 60_000 };
}

/** A call that had no (whole) answer. Only what failed before a connection stood is certain not to have been taken. */
export function toNetworkError(error: unknown): SendError {
  if (error instanceof SendError) return error;
  return new SendError(
    isConnectFailure(error)
      ? { is: 'retryable', reason: 'unreachable' }
      : { is: 'retryable', reason: 'network', uncertain: true },
  );
}

const connectCodes = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** fetch keeps the system's error as the cause of its own. */
function isConnectFailure(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause && connectCodes.has(String(cause.code));
}
