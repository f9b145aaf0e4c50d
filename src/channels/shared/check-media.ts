import type { SniffedMedia } from './sniff-media.ts';

/** Which files are kept. */
export interface MediaRules {
  readonly allowedMimeTypes: ReadonlySet<string>;
  readonly maxBytes: number;
}

/** Pictures, sounds, videos, PDF and office files up to 20 MB (Telegram's bots cannot download more); no archives. */
export const defaultMediaRules: MediaRules = {
  allowedMimeTypes: new Set([
    'image/jpeg',
    'image/png',
    'image/webp',
    'image/gif',
    'image/heic',
    'application/pdf',
    'application/msword',
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    'application/vnd.openxmlformats-officedocument.presentationml.presentation',
    'audio/ogg',
    'audio/amr',
    'audio/aac',
    'audio/mpeg',
    'audio/mp4',
    'video/mp4',
    'video/webm',
  ]),
  maxBytes: 20 * 1024 * 1024,
};

/** Why a file is not kept, or `accepted`. `sniffed` is what its bytes say; `sizeBytes` its real size, or what is known so far. */
export function checkMedia(
  sniffed: SniffedMedia | null,
  sizeBytes: number,
  rules: MediaRules,
): 'accepted' | 'empty' | 'too-large' | 'unknown-type' | 'type-not-allowed' {
  if (sizeBytes === 0) return 'empty';
  if (sizeBytes > rules.maxBytes) return 'too-large';
  if (sniffed === null) return 'unknown-type';
  return rules.allowedMimeTypes.has(sniffed.mimeType) ? 'accepted' : 'type-not-allowed';
}
