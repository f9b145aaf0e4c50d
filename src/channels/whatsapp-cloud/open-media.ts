import { z } from 'zod';
import { SendError } from '../../domain/errors.ts';
import { limitBytes } from '../shared/limit-bytes.ts';
import type { GraphClient } from './graph-client.ts';
import { objectGone, toNetworkError } from './to-send-error.ts';

/** Where Meta keeps the files of the Cloud API, beside the API's own host. */
const fileHost = 'lookaside.fbsbx.com';

const descriptionSchema = z.object({
  url: z.string().max(4096),
  file_size: z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)]),
});

export interface MediaSource {
  readonly graph: GraphClient;
  readonly apiRoot: string;
  readonly accessToken: string;
  readonly maxBytes: number;
}

/**
 * Asks where a file is and opens it. Its size is checked before anything is downloaded, and the token goes to the API's own hosts
 * only: an address elsewhere (or a redirect) is refused. @throws SendError, also while the bytes are read.
 */
export async function openCloudMedia(
  { graph, apiRoot, accessToken, maxBytes }: MediaSource,
  fileId: string,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const description = descriptionSchema.safeParse(await describe(graph, fileId, signal));
  if (!description.success) throw new SendError({ is: 'retryable', reason: 'answer-unreadable' });
  const { url, file_size: sizeBytes } = description.data;
  if (sizeBytes > maxBytes) throw new SendError({ is: 'final', reason: 'too-large' });
  if (!isOwnAddress(url, apiRoot)) throw new SendError({ is: 'final', reason: 'foreign-address' });

  let response: Response;
  try {
    response = await fetch(url, { headers: { authorization: `Bearer ${accessToken}` }, redirect: 'manual', signal });
  } catch (error) {
    const { failure } = toNetworkError(error);
    throw new SendError({ is: 'retryable', reason: failure.reason });
  }
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    throw new SendError(toFailure(response.status));
  }
  if (Number(response.headers.get('content-length') ?? 0) > maxBytes) {
    await response.body.cancel();
    throw new SendError({ is: 'final', reason: 'too-large' });
  }
  return limitBytes(response.body, maxBytes, 'network');
}

async function describe(graph: GraphClient, fileId: string, signal: AbortSignal): Promise<unknown> {
  // An id is digits; anything else would be another path of the API.
  if (!/^[\w-]{1,128}$/.test(fileId)) throw new SendError({ is: 'final', reason: 'media-gone' });
  try {
    return await graph.describeFile(fileId, signal);
  } catch (error) {
    if (!(error instanceof SendError)) throw error;
    const { reason } = error.failure;
    if (reason === objectGone || reason === 'refused') throw new SendError({ is: 'final', reason: 'media-gone' });
    throw error;
  }
}

function isOwnAddress(url: string, apiRoot: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, host, origin, username } = new URL(url);
  const isOwn = origin === new URL(apiRoot).origin;
  return username === '' && (isOwn || (protocol === 'https:' && host === fileHost));
}

function toFailure(status: number): SendError['failure'] {
  if (status >= 300 && status < 400) return { is: 'final', reason: 'foreign-address' };
  if (status === 401 || status === 403) return { is: 'retryable', reason: 'token-refused' };
  // The address lives for five minutes; the next try asks for a new one.
  if (status === 404 || status === 410) return { is: 'retryable', reason: 'media-unavailable' };
  return { is: 'retryable', reason: 'server-error' };
}
