import type { MediaKind } from '../../domain/message.ts';

export interface SniffedMedia {
  readonly mimeType: string;
  readonly kind: Exclude<MediaKind, 'sticker'>;
  readonly extension: string;
}

/** How many bytes from the start of a file `sniffMedia` may need. */
export const sniffLength = 4096;

/**
 * What a file is by its own first bytes, whatever its name or sender says; null when it is none of the kinds that are known here
 * (so HTML, SVG, scripts and programs are nothing). Signatures: https://www.garykessler.net/library/file_sigs.html
 */
export function sniffMedia(firstBytes: Uint8Array): SniffedMedia | null {
  // latin1 keeps each byte as one character.
  const head = Buffer.from(firstBytes.subarray(0, sniffLength)).toString('latin1');
  for (const [isMatch, media] of table) if (isMatch(head)) return typeof media === 'function' ? media(head) : media;
  return null;
}

type Row = readonly [(head: string) => boolean, SniffedMedia | ((head: string) => SniffedMedia | null)];

const starts = (signature: string) => (head: string) => head.startsWith(signature);
const riff = (form: string) => (head: string) => head.startsWith('RIFF') && head.startsWith(form, 8);

const table: readonly Row[] = [
  [starts('\xFF\xD8\xFF'), { mimeType: 'image/jpeg', kind: 'photo', extension: 'jpg' }],
  [starts('\x89PNG\r\n\x1A\n'), { mimeType: 'image/png', kind: 'photo', extension: 'png' }],
  [riff('WEBP'), { mimeType: 'image/webp', kind: 'photo', extension: 'webp' }],
  [starts('GIF87a'), { mimeType: 'image/gif', kind: 'photo', extension: 'gif' }],
  [starts('GIF89a'), { mimeType: 'image/gif', kind: 'photo', extension: 'gif' }],
  [starts('%PDF-'), { mimeType: 'application/pdf', kind: 'document', extension: 'pdf' }],
  [starts('OggS'), { mimeType: 'audio/ogg', kind: 'voice', extension: 'ogg' }],
  [starts('#!AMR'), { mimeType: 'audio/amr', kind: 'voice', extension: 'amr' }],
  [starts('ID3'), { mimeType: 'audio/mpeg', kind: 'audio', extension: 'mp3' }],
  // An MPEG audio frame, layer III: eleven set bits, then version and layer (ISO/IEC 11172-3).
  [(head) => /^\xFF[\xFA\xFB\xF2\xF3\xE2\xE3]/.test(head), { mimeType: 'audio/mpeg', kind: 'audio', extension: 'mp3' }],
  // The same bits, then layer 0: ADTS (ISO/IEC 13818-7).
  [(head) => /^\xFF[\xF0\xF1\xF8\xF9]/.test(head), { mimeType: 'audio/aac', kind: 'audio', extension: 'aac' }],
  [(head) => head.startsWith('ftyp', 4), toIsoMedia],
  [starts('\x1A\x45\xDF\xA3'), { mimeType: 'video/webm', kind: 'video', extension: 'webm' }],
  [starts('PK\x03\x04'), toZipBased],
  [starts('\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1'), { mimeType: 'application/msword', kind: 'document', extension: 'doc' }],
];

/** ISO base media: the brand tells a picture, a sound and a video apart (https://mp4ra.org/registered-types/brands). */
function toIsoMedia(head: string): SniffedMedia | null {
  const brand = head.slice(8, 12);
  if (/^(heic|heix|heim|heis|mif1|msf1)$/.test(brand))
    return { mimeType: 'image/heic', kind: 'photo', extension: 'heic' };
  if (/^M4[AB] $/.test(brand)) return { mimeType: 'audio/mp4', kind: 'audio', extension: 'm4a' };
  if (/^(isom|iso[2-9]|mp4[12]|avc1|M4V |MSNV|3gp[4-7]|qt {2}|dash)$/.test(brand)) {
    return { mimeType: 'video/mp4', kind: 'video', extension: 'mp4' };
  }
  return null;
}

/** Office files are zip archives whose first entries name the program. */
function toZipBased(head: string): SniffedMedia {
  const office = 'application/vnd.openxmlformats-officedocument';
  if (head.includes('word/')) {
    return { mimeType: `${office}.wordprocessingml.document`, kind: 'document', extension: 'docx' };
  }
  if (head.includes('xl/')) return { mimeType: `${office}.spreadsheetml.sheet`, kind: 'document', extension: 'xlsx' };
  if (head.includes('ppt/')) {
    return { mimeType: `${office}.presentationml.presentation`, kind: 'document', extension: 'pptx' };
  }
  return { mimeType: 'application/zip', kind: 'document', extension: 'zip' };
}
