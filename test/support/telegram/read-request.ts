import busboy from 'busboy';
import type { IncomingMessage } from 'node:http';
import { badRequest } from './bot-api-error.ts';

/** The parameters of a Bot API call, whatever the encoding they came in. */
export type Payload = Record<string, unknown>;

/** A file that came inside a multipart call. */
export interface Upload {
  readonly bytes: Buffer;
  readonly fileName: string;
  readonly mimeType: string;
}

/** Parameters that are objects; in multipart and urlencoded bodies they come as JSON text. */
const structured = new Set([
  'reply_markup',
  'allowed_updates',
  'link_preview_options',
  'media',
  'commands',
  'reply_parameters',
]);

/** Reads a call's parameters. A parameter that is an upload holds the id that `store` gives it. @throws BotApiError */
export async function readRequest(
  request: IncomingMessage,
  query: URLSearchParams,
  store: (upload: Upload) => string,
): Promise<Payload> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer); // An IncomingMessage without an encoding yields Buffers.
  const body = Buffer.concat(chunks);
  const type = request.headers['content-type'] ?? '';
  const payload: Payload = Object.fromEntries(query);
  if (type.includes('multipart') || type.includes('urlencoded')) {
    Object.assign(payload, await readForm(request, body, store));
  } else if (body.length > 0) {
    Object.assign(payload, readJsonObject(body.toString()));
  }
  if (hasLoneSurrogate(payload)) throw badRequest('strings must be encoded in UTF-8');
  return payload;
}

function readJsonObject(text: string): Payload {
  try {
    return JSON.parse(text) as Payload; // A call's body is an object; the client library sees to it.
  } catch {
    throw badRequest("can't parse request: JSON");
  }
}

async function readForm(request: IncomingMessage, body: Buffer, store: (upload: Upload) => string): Promise<Payload> {
  const fields: Payload = {};
  const uploads = new Map<string, string>();
  await new Promise<void>((resolve, reject) => {
    const parser = busboy({ headers: request.headers, defParamCharset: 'utf8' });
    parser.on('field', (name, value) => {
      fields[name] = structured.has(name) ? JSON.parse(value) : value;
    });
    parser.on('file', (name, stream, info) => {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () =>
        uploads.set(
          name,
          store({ bytes: Buffer.concat(parts), fileName: info.filename ?? 'file', mimeType: info.mimeType }),
        ),
      );
    });
    parser.on('close', resolve);
    parser.on('error', reject);
    parser.end(body);
  });
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'string' && value.startsWith('attach://')) fields[name] = uploads.get(value.slice(9));
  }
  return fields;
}

function hasLoneSurrogate(value: unknown): boolean {
  if (typeof value === 'string') return /\p{Surrogate}/u.test(value);
  return typeof value === 'object' && value !== null && Object.values(value).some(hasLoneSurrogate);
}
