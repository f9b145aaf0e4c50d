import { SendError } from '../../domain/errors.ts';

/**
 * The same bytes, at most `maxBytes` of them.
 * @throws SendError final `too-large` beyond that; retryable with `failureReason` when the source fails.
 */
export async function* limitBytes(
  source: AsyncIterable<Uint8Array>,
  maxBytes: number,
  failureReason: string,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  try {
    for await (const chunk of source) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) throw new SendError({ is: 'final', reason: 'too-large' });
      yield chunk;
    }
  } catch (error) {
    throw error instanceof SendError ? error : new SendError({ is: 'retryable', reason: failureReason });
  }
}
