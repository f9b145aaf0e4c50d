import { z } from 'zod';
import { SendError } from '../../domain/errors.ts';
import type { Sending } from '../../ports/channel.ts';
import { limitBytes } from '../shared/limit-bytes.ts';
import { sniffed, type OpenFile } from '../shared/sniffed.ts';
import {
  toFilePayload,
  toFileType,
  whatsappCloudCapabilities,
  type CloudCall,
  type CloudFileType,
  type CloudPayload,
} from './encode.ts';
import type { GraphClient } from './graph-client.ts';

const uploadedSchema = z.object({ id: z.string().min(1) });
const unknownType = 'application/octet-stream';

/**
 * Uploads a file and gives the message that shows it. What it is shown as depends on its own first bytes: WhatsApp refuses a
 * picture, sound or video of another format than its own, so those go as documents. @throws SendError
 */
export async function uploadFile(
  graph: GraphClient,
  file: CloudCall & { readonly is: 'file' },
  { address, openBlob, signal }: Sending,
): Promise<CloudPayload> {
  const bytes = await openBlob(file.blobId);
  if (!bytes) throw new SendError({ is: 'final', reason: 'file-gone' });
  const { media, isEmpty, bytes: all } = await readable(bytes);
  if (isEmpty) throw new SendError({ is: 'final', reason: 'file-empty' });
  const mimeType = media?.mimeType ?? unknownType;
  const type = toFileType(file.kind, mimeType);
  const isVoice = file.kind === 'voice' && mimeType === 'audio/ogg';
  const fileName = file.fileName ?? `${type}.${media?.extension ?? 'bin'}`;
  const answer = await graph.upload(
    {
      fileName,
      mimeType: isVoice ? 'audio/ogg; codecs=opus' : mimeType,
      bytes: limitBytes(all, maxBytesOf(type), 'file-unreadable'),
    },
    signal,
  );
  const uploaded = uploadedSchema.safeParse(answer);
  if (!uploaded.success) throw new SendError({ is: 'retryable', reason: 'answer-unreadable' });
  const { caption } = file;
  return toFilePayload(address.chat, type, {
    mediaId: uploaded.data.id,
    fileName,
    ...(caption !== undefined && { caption }),
    voice: isVoice,
  });
}

function maxBytesOf(type: CloudFileType): number {
  return whatsappCloudCapabilities.media[type === 'image' ? 'photo' : type]?.maxBytes ?? 0;
}

async function readable(bytes: AsyncIterable<Uint8Array>): Promise<OpenFile> {
  try {
    return await sniffed(bytes);
  } catch {
    throw new SendError({ is: 'retryable', reason: 'file-unreadable' });
  }
}
