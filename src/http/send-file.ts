import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { AppError } from '../domain/errors.ts';

/** A file of a transcript, with the type its own bytes tell; null when they tell none. */
export interface ServedFile {
  readonly media: { readonly mimeType: string } | null;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/**
 * Answers with what a person sent, in a way in which no browser runs it, whatever it is: typed by its bytes and not guessed again, saved
 * and not shown, and in a sandbox where it is opened all the same.
 */
export function sendFile(reply: FastifyReply, file: ServedFile): FastifyReply {
  return reply
    .header('content-type', file.media?.mimeType ?? 'application/octet-stream')
    .header('content-disposition', 'attachment')
    .header('content-security-policy', "default-src 'none'; sandbox")
    .header('x-content-type-options', 'nosniff')
    .header('cache-control', 'private, no-store')
    .send(Readable.from(file.bytes));
}

export function fileRemoved(): AppError {
  return new AppError('file-removed', 'The file was kept for as long as files are kept here, and is gone.');
}
