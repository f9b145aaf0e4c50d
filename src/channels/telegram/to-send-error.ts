import { GrammyError, HttpError } from 'grammy';
import { SendError } from '../../domain/errors.ts';

/**
 * What a failed Bot API call means for a delivery. The cause it carries holds Telegram's description only: grammY's own errors
 * hold the whole payload (what a person is told) and, inside, the URL with the bot's token.
 */
export function toSendError(error: unknown): SendError {
  if (error instanceof SendError) return error;
  if (error instanceof GrammyError) return new SendError(fromAnswer(error), { cause: new Error(error.description) });
  if (error instanceof HttpError) {
    // What stopped an upload before its end: the file is too large or cannot be read.
    return error.error instanceof SendError ? error.error : new SendError(fromNetwork(error.error));
  }
  return new SendError({ is: 'retryable', reason: 'network', uncertain: true });
}

/** Descriptions that mean the person cannot be reached at all. */
const gone =
  /bot was blocked|user is deactivated|bot was kicked|bot can't initiate|(?:chat|user) not found|PEER_ID_INVALID/;

function fromAnswer({ error_code: code, description, parameters }: GrammyError): SendError['failure'] {
  if (code === 429 || parameters.retry_after !== undefined) {
    return { is: 'retryable', reason: 'throttled', afterMs: (parameters.retry_after ?? 1) * 1000, limit: 'person' };
  }
  if (code >= 500) return { is: 'retryable', reason: 'server-error' };
  // A wrong or revoked token says nothing of the message: it waits until somebody puts the right one in.
  if (code === 401 || code === 404) return { is: 'retryable', reason: 'token-refused', afterMs: 60_000 };
  if (gone.test(description)) return { is: 'final', reason: 'person-gone', gone: true };
  if (code === 403) return { is: 'final', reason: 'forbidden' };
  if (code === 413 || /too (big|large)/.test(description)) return { is: 'final', reason: 'too-large' };
  return { is: 'final', reason: 'refused' };
}

/** Only what failed before a connection stood is certain not to have been taken. */
function fromNetwork(cause: unknown): SendError['failure'] {
  return isConnectFailure(cause)
    ? { is: 'retryable', reason: 'unreachable' }
    : { is: 'retryable', reason: 'network', uncertain: true };
}

const connectCodes = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
]);

/** node-fetch keeps only the system's code and puts its text behind "reason: "; "connect" is the call that failed. */
function isConnectFailure(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false;
  const code = 'code' in cause ? cause.code : undefined;
  return (typeof code === 'string' && connectCodes.has(code)) || /reason: connect E/.test(cause.message);
}
