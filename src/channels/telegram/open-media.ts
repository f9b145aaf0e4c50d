import { GrammyError, type Api } from 'grammy';
import { SendError } from '../../domain/errors.ts';
import { limitBytes } from '../shared/limit-bytes.ts';
import { toApiSignal } from './api-signal.ts';
import { toSendError } from './to-send-error.ts';

/** Bots cannot download more (core.telegram.org/bots/api#getfile). */
export const downloadLimitBytes = 20 * 1024 * 1024;

/** Asks where a file is and opens it. @throws SendError, also while the bytes are read. */
export async function openTelegramMedia(
  { api, apiRoot, token }: { readonly api: Api; readonly apiRoot: string; readonly token: string },
  fileId: string,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const path = await findPath(api, fileId, signal);
  let response: Response;
  try {
    response = await fetch(`${apiRoot}/file/bot${token}/${encodeURI(path)}`, { signal, redirect: 'manual' });
  } catch {
    // The error names the URL, which holds the token.
    throw new SendError({ is: 'retryable', reason: 'network' });
  }
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    throw new SendError(toFailure(response.status));
  }
  return limitBytes(response.body, downloadLimitBytes, 'network');
}

function toFailure(status: number): SendError['failure'] {
  // Telegram redirects nowhere; whoever does would be given the token.
  if (status >= 300 && status < 400) return { is: 'final', reason: 'foreign-address' };
  return status === 404 ? { is: 'final', reason: 'media-gone' } : { is: 'retryable', reason: 'server-error' };
}

async function findPath(api: Api, fileId: string, signal: AbortSignal): Promise<string> {
  try {
    const { file_path: path } = await api.raw.getFile({ file_id: fileId }, toApiSignal(signal));
    if (path) return path;
  } catch (error) {
    // "wrong file_id or the file is temporarily unavailable" is one description for both.
    if (error instanceof GrammyError && error.description.includes('temporarily unavailable')) {
      throw new SendError({ is: 'retryable', reason: 'media-unavailable' });
    }
    const { failure } = toSendError(error);
    if (failure.is === 'final' && failure.reason === 'refused')
      throw new SendError({ is: 'final', reason: 'media-gone' });
    throw new SendError(failure);
  }
  throw new SendError({ is: 'final', reason: 'media-gone' });
}
