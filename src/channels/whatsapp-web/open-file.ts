import { SendError } from '../../domain/errors.ts';
import { limitBytes } from '../shared/limit-bytes.ts';
import { SessionCallError, type SessionChild } from './session-child.ts';

/** Opens a file a person sent. @throws SendError, also while the bytes are read. */
export async function openInboundFile(
  child: SessionChild,
  fileId: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const opening = child.openFile(fileId, maxBytes);
  opening.catch(() => {}); // It may end after the signal did.
  const aborted = new Promise<never>((_, reject) => {
    const fail = () => reject(new SendError({ is: 'retryable', reason: 'aborted' }));
    if (signal.aborted) fail();
    signal.addEventListener('abort', fail, { once: true });
  });
  try {
    return limitBytes(await Promise.race([opening, aborted]), maxBytes, 'session-ended');
  } catch (error) {
    if (error instanceof SendError) throw error;
    const reason = error instanceof SessionCallError ? error.reason : 'page-failed';
    if (reason === 'file-gone') throw new SendError({ is: 'final', reason: 'media-gone' });
    throw new SendError(reason === 'too-large' ? { is: 'final', reason } : { is: 'retryable', reason });
  }
}
