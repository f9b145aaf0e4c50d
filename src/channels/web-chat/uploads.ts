import { AppError } from '../../domain/errors.ts';
import type { ConversationId } from '../../domain/ids.ts';
import type { InboundMedia } from '../../domain/message.ts';
import type { FileRepository } from '../../ports/message-repositories.ts';
import { checkMedia, type MediaRules } from '../shared/check-media.ts';
import { sniffed } from '../shared/sniffed.ts';

/** What the page offers to send: pictures, PDF and sound up to 10 MB. */
export const pageRules: MediaRules = {
  allowedMimeTypes: new Set([
    'image/jpeg',
    'image/png',
    'image/webp',
    'image/gif',
    'image/heic',
    'application/pdf',
    'audio/ogg',
    'audio/mpeg',
    'audio/mp4',
  ]),
  maxBytes: 10 * 1024 * 1024,
};

/** What people may upload: what the page offers and the installation keeps. */
export function toUploadRules({ allowedMimeTypes, maxBytes }: MediaRules): MediaRules {
  return {
    allowedMimeTypes: new Set([...pageRules.allowedMimeTypes].filter((type) => allowedMimeTypes.has(type))),
    maxBytes: Math.min(pageRules.maxBytes, maxBytes),
  };
}

export type Received =
  { readonly media: InboundMedia } | { readonly refused: 'empty' | 'too-large' | 'unknown-type' | 'type-not-allowed' };

/** Stores an upload under its id if its own bytes say that it is allowed; what is refused is not kept. */
export async function receiveUpload(
  files: Pick<FileRepository, 'put'>,
  upload: { readonly conversationId: ConversationId; readonly id: string; readonly fileName?: string },
  bytes: AsyncIterable<Uint8Array>,
  rules: MediaRules,
): Promise<Received> {
  const { media, isEmpty, bytes: all, discard } = await sniffed(bytes);
  const verdict = checkMedia(media, isEmpty ? 0 : 1, rules);
  if (verdict !== 'accepted' || !media) {
    await discard();
    return { refused: verdict === 'accepted' ? 'unknown-type' : verdict };
  }
  try {
    const { sizeBytes } = await files.put(upload.conversationId, upload.id, limited(all, rules.maxBytes));
    const fileName = upload.fileName === undefined ? {} : { fileName: upload.fileName };
    return {
      media: { kind: media.kind, fileId: upload.id, mimeType: media.mimeType, sizeBytes, ...fileName },
    };
  } catch (error) {
    if (error instanceof AppError && error.code === 'too-large') return { refused: 'too-large' };
    throw error;
  }
}

async function* limited(bytes: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let length = 0;
  for await (const piece of bytes) {
    length += piece.byteLength;
    if (length > maxBytes) throw new AppError('too-large', `a file of over ${maxBytes} bytes`);
    yield piece;
  }
}
