import type { FileKind, FileLimits } from '../../domain/message.ts';
import type { SniffedMedia } from './sniff-media.ts';

/** Which files are kept. */
export interface MediaRules {
  readonly allowedMimeTypes: ReadonlySet<string>;
  readonly maxBytes: number;
}

const megabyte = 1024 * 1024;
const office = 'application/vnd.openxmlformats-officedocument';

/** What can be allowed at all: kinds whose first bytes tell what they are and that no program runs; no archives. */
const mimeTypesOf = {
  photo: ['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/heic'],
  document: [
    'application/pdf',
    'application/msword',
    `${office}.wordprocessingml.document`,
    `${office}.spreadsheetml.sheet`,
    `${office}.presentationml.presentation`,
  ],
  voice: ['audio/ogg', 'audio/amr', 'audio/aac', 'audio/mp4'],
  audio: ['audio/mpeg', 'audio/mp4', 'audio/aac', 'audio/ogg'],
  video: ['video/mp4', 'video/webm'],
  sticker: ['image/webp'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** What MEDIA_TYPES may name: the groups, and every type in them. */
export const mediaTypeNames: readonly string[] = [
  ...Object.keys(mimeTypesOf),
  ...new Set<string>(Object.values(mimeTypesOf).flat()),
];

/** @param types Groups or exact MIME types, of {@link mediaTypeNames}. */
export function toMediaRules(types: readonly string[], maxMegabytes: number): MediaRules {
  const groups: Readonly<Record<string, readonly string[]>> = mimeTypesOf;
  return {
    allowedMimeTypes: new Set(types.flatMap((type) => groups[type] ?? [type])),
    maxBytes: maxMegabytes * megabyte,
  };
}

/** Pictures, sounds, videos, PDF and office files up to 20 MB (Telegram's bots cannot download more). */
export const defaultMediaRules: MediaRules = toMediaRules(Object.keys(mimeTypesOf), 20);

const fileKinds: readonly (readonly [FileKind, RegExp])[] = [
  ['photo', /^image\//],
  ['pdf', /^application\/pdf$/],
  ['office', /^application\/(msword|vnd\.openxmlformats)/],
  ['sound', /^audio\//],
  ['video', /^video\//],
];

/** The rules as people are told them: a kind is named when any type of it is kept. */
export function toFileLimits({ allowedMimeTypes, maxBytes }: MediaRules): FileLimits {
  const types = [...allowedMimeTypes];
  return {
    kinds: fileKinds.filter(([, pattern]) => types.some((type) => pattern.test(type))).map(([kind]) => kind),
    maxMegabytes: Math.floor(maxBytes / megabyte),
  };
}

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
