import { randomBytes } from 'node:crypto';
import type { SentFile } from '../contract/channel.contract.ts';

/** A file that begins as its format does; the rest is random, so that no other file equals it. */
function file(kind: SentFile['kind'], fileName: string, mimeType: string, head: string, sizeBytes = 150_000): SentFile {
  return { kind, fileName, mimeType, bytes: Buffer.concat([Buffer.from(head, 'latin1'), randomBytes(sizeBytes)]) };
}

/** One file of each kind that people send. */
export const samples = {
  photo: file('photo', 'الخزان.jpg', 'image/jpeg', '\xFF\xD8\xFF\xE0'),
  document: file('document', 'صك الأرض.pdf', 'application/pdf', '%PDF-1.7\n', 700_000),
  voice: file('voice', 'voice.ogg', 'audio/ogg; codecs=opus', 'OggS\0'),
  video: file('video', 'well.mp4', 'video/mp4', '\0\0\0\x18ftypisom'),
  sticker: file('sticker', 'sticker.webp', 'image/webp', 'RIFF\0\0\0\0WEBPVP8 ', 20_000),
} as const;
