import { SendError } from '../../domain/errors.ts';
import { SessionCallError } from './session-child.ts';

/** What a failed call of a session means for a delivery. */
export function toSendError(error: unknown): SendError {
  if (error instanceof SendError) return error;
  const reason = error instanceof SessionCallError ? error.reason : 'page-failed';
  switch (reason) {
    case 'no-such-person':
      return new SendError({ is: 'final', reason: 'person-gone', gone: true });
    case 'file-gone':
    case 'too-large':
      return new SendError({ is: 'final', reason });
    case 'not-ready':
      return notReady();
    case 'refused':
    case 'upload-failed':
      return new SendError({ is: 'retryable', reason });
    default:
      return new SendError({ is: 'retryable', reason, uncertain: true });
  }
}

/** What is not sent because the session cannot: nothing was tried. */
export function notReady(): SendError {
  return new SendError({ is: 'retryable', reason: 'session-not-ready', afterMs: 5_000 });
}
