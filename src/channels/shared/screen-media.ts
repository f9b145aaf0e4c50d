import { checkMedia, toFileLimits, type MediaRules } from './check-media.ts';
import { limitBytes } from './limit-bytes.ts';
import { sniffed } from './sniffed.ts';

type Screened = { readonly refused: string } | { readonly mimeType: string; readonly bytes: AsyncIterable<Uint8Array> };

/**
 * Lets through what its own first bytes show to be of a kind that is kept, whatever a platform, a name or a person says it is: a page,
 * a script or a program named `.jpg` is none. The bytes it gives throw a final SendError `too-large` past the rules' size.
 */
export function createScreenMedia(rules: MediaRules) {
  async function screen(source: AsyncIterable<Uint8Array>): Promise<Screened> {
    const { media, isEmpty, bytes, discard } = await sniffed(limitBytes(source, rules.maxBytes, 'unreadable'));
    const verdict = checkMedia(media, isEmpty ? 0 : 1, rules);
    if (verdict === 'accepted' && media) return { mimeType: media.mimeType, bytes };
    await discard();
    return { refused: verdict };
  }
  return { maxBytes: rules.maxBytes, limits: toFileLimits(rules), screen };
}
