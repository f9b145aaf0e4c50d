import busboy from 'busboy';
import type { IncomingMessage } from 'node:http';
import { missing } from './graph-error.ts';

export interface Upload {
  readonly bytes: Buffer;
  readonly fileName: string;
  readonly mimeType: string;
}

/** Reads what was posted to `/media`. @throws GraphError when a field is missing, Error when the body ends too early. */
export async function readUpload(request: IncomingMessage): Promise<Upload> {
  const fields = new Map<string, string>();
  const files: Upload[] = [];
  await new Promise<void>((resolve, reject) => {
    const parser = busboy({ headers: request.headers, defParamCharset: 'utf8' });
    parser.on('field', (name, value) => fields.set(name, value));
    parser.on('file', (_name, stream, info) => {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('error', reject);
      stream.on('end', () =>
        files.push({
          bytes: Buffer.concat(parts),
          fileName: info.filename ?? '',
          mimeType: fields.get('type') ?? info.mimeType,
        }),
      );
    });
    parser.on('close', resolve);
    parser.on('error', reject);
    request.on('aborted', () => reject(new Error('the upload was broken off')));
    request.pipe(parser);
  });
  if (fields.get('messaging_product') !== 'whatsapp') throw missing('messaging_product');
  if (!fields.has('type')) throw missing('type');
  const [file] = files;
  if (!file) throw missing('file');
  return file;
}
