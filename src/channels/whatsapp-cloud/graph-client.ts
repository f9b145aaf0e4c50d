import { SendError } from '../../domain/errors.ts';
import { readJson } from '../shared/read-json.ts';
import { limitBytes } from '../shared/limit-bytes.ts';
import { toMultipart, type UploadedFile } from './multipart.ts';
import { toNetworkError, toSendError } from './to-send-error.ts';

/** A version lives for about two years (developers.facebook.com/docs/graph-api/changelog/versions). */
const graphVersion = 'v24.0';
/** Fifty templates are the largest answer there is. */
const answerLimits = { maxBytes: 1024 * 1024, maxDepth: 32 };

export interface GraphOptions {
  /** Without a trailing slash and without a version. */
  readonly apiRoot: string;
  readonly phoneNumberId: string;
  readonly accessToken: string;
}

/** The calls of the Graph API that a number needs. Each is made once; errors are SendErrors that name neither URL nor token nor text. */
export interface GraphClient {
  /** Posts to the number's `/messages`. */
  postMessage(body: object, signal: AbortSignal): Promise<unknown>;
  /** Streams a file to the number's `/media`. */
  upload(file: UploadedFile, signal: AbortSignal): Promise<unknown>;
  /** Asks what the number is called. */
  describeNumber(parameters: Readonly<Record<string, string>>, signal: AbortSignal): Promise<unknown>;
  /** Asks which business account the number belongs to. */
  findOwner(signal: AbortSignal): Promise<unknown>;
  /** A page of the approved templates of a business account, behind the cursor `after`. */
  listTemplates(businessAccountId: string, after: string | undefined, signal: AbortSignal): Promise<unknown>;
  /** Asks where a file is. */
  describeFile(mediaId: string, signal: AbortSignal): Promise<unknown>;
}

interface CallInit {
  readonly method?: 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal;
}

export function createGraphClient({ apiRoot, phoneNumberId, accessToken }: GraphOptions): GraphClient {
  const root = `${apiRoot}/${graphVersion}`;
  const authorization = `Bearer ${accessToken}`;

  async function call(path: string, init: CallInit): Promise<unknown> {
    let response: Response;
    let body: Buffer;
    try {
      // Node's fetch streams any async iterable, half duplex; the types are those of browsers, which cannot.
      const request = { ...init, redirect: 'error', duplex: 'half' } as RequestInit;
      response = await fetch(`${root}/${path}`, request);
      body = response.body ? await readAll(response.body) : Buffer.alloc(0);
    } catch (error) {
      throw toNetworkError(error);
    }
    const answer = parse(body);
    if (!response.ok) throw toSendError(response.status, answer);
    return answer;
  }

  return {
    postMessage: (body, signal) =>
      call(`${phoneNumberId}/messages`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal,
      }),

    async upload(file, signal) {
      const { contentType, body } = toMultipart(file);
      let failure: SendError | null = null;
      // fetch hides what stopped its body inside an error of its own.
      const watched = async function* () {
        try {
          yield* body;
        } catch (error) {
          if (error instanceof SendError) failure = error;
          throw error;
        }
      };
      try {
        return await call(`${phoneNumberId}/media`, {
          method: 'POST',
          headers: { authorization, 'content-type': contentType },
          body: watched(),
          signal,
        });
      } catch (error) {
        throw failure ?? withoutDoubt(error);
      }
    },

    describeNumber(parameters, signal) {
      const query = new URLSearchParams({ fields: 'id,display_phone_number,verified_name', ...parameters });
      return call(`${phoneNumberId}?${query.toString()}`, { headers: { authorization }, signal });
    },

    findOwner: (signal) =>
      call(`${phoneNumberId}?fields=whatsapp_business_account`, { headers: { authorization }, signal }),

    listTemplates(businessAccountId, after, signal) {
      const query = new URLSearchParams({
        ...{ fields: 'name,language,status,category,components', status: 'APPROVED', limit: '50' },
        ...(after === undefined ? {} : { after }),
      });
      return call(`${businessAccountId}/message_templates?${query.toString()}`, { headers: { authorization }, signal });
    },

    describeFile: (mediaId, signal) =>
      call(`${encodeURIComponent(mediaId)}?phone_number_id=${phoneNumberId}`, { headers: { authorization }, signal }),
  };
}

/** An upload that was taken and not heard of is a file nobody sees: the message itself was certainly not sent. */
function withoutDoubt(error: unknown): unknown {
  if (!(error instanceof SendError) || error.failure.is !== 'retryable') return error;
  const { uncertain: _uncertain, ...failure } = error.failure;
  return new SendError(failure);
}

async function readAll(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of limitBytes(body, answerLimits.maxBytes, 'network')) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Undefined for what is no JSON: then it is not the API that answered. */
function parse(body: Buffer): unknown {
  try {
    return readJson(body, answerLimits);
  } catch {
    return undefined;
  }
}
