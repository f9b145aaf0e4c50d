import { randomBytes } from 'node:crypto';

export interface UploadedFile {
  readonly fileName: string;
  readonly mimeType: string;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** The body of an upload to `/media` (multipart/form-data, RFC 7578), streamed: the file is never whole in memory. */
export function toMultipart(file: UploadedFile): {
  readonly contentType: string;
  readonly body: AsyncIterable<Uint8Array>;
} {
  const boundary = `wasl-${randomBytes(16).toString('hex')}`;
  return { contentType: `multipart/form-data; boundary=${boundary}`, body: writeParts(file, boundary) };
}

async function* writeParts({ fileName, mimeType, bytes }: UploadedFile, boundary: string): AsyncGenerator<Uint8Array> {
  const part = (disposition: string, rest: string) =>
    Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; ${disposition}\r\n${rest}`);
  yield part('name="messaging_product"', '\r\nwhatsapp\r\n');
  yield part('name="type"', `\r\n${mimeType}\r\n`);
  yield part(`name="file"; filename="${toHeaderName(fileName)}"`, `content-type: ${mimeType}\r\n\r\n`);
  yield* bytes;
  yield Buffer.from(`\r\n--${boundary}--\r\n`);
}

/** A name that cannot end its quotes or its line. */
function toHeaderName(name: string): string {
  return name.replace(/["\\\p{Cc}\p{Surrogate}]/gu, '_');
}
