import { checkMedia, defaultMediaRules } from './check-media.ts';
import { sniffed } from './sniffed.ts';

/**
 * Lets through what its own first bytes show to be of a kind that is kept, whatever a platform, a name or a person says it is: a page,
 * a script or a program named `.jpg` is none. How large it may be is the channel's to see to.
 */
export async function screenMedia(
  source: AsyncIterable<Uint8Array>,
): Promise<{ readonly refused: string } | { readonly mimeType: string; readonly bytes: AsyncIterable<Uint8Array> }> {
  const { media, isEmpty, bytes, discard } = await sniffed(source);
  const verdict = checkMedia(media, isEmpty ? 0 : 1, defaultMediaRules);
  if (verdict === 'accepted' && media) return { mimeType: media.mimeType, bytes };
  await discard();
  return { refused: verdict };
}
