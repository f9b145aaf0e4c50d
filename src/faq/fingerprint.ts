import type { FaqEntry, Lexicon } from './types.ts';

/**
 * A short name for the sources of a model: equal sources, equal name. Not secret and not proof against forgery.
 * Answers do not count: changing one needs no new model.
 */
export function toFingerprint(entries: readonly FaqEntry[], none: readonly string[], lexicon: Lexicon): string {
  const parts = [
    ...entries.map(({ id, question, phrasings }) => JSON.stringify([id, question, phrasings])),
    JSON.stringify(none),
    JSON.stringify(lexicon),
  ];
  let low = 0x811c9dc5;
  let high = 0x1b873593;
  for (const part of parts) {
    for (let at = 0; at < part.length; at++) {
      const code = part.charCodeAt(at);
      low = Math.imul(low ^ code, 0x01000193);
      high = Math.imul(high ^ code, 0x85ebca6b) ^ (high >>> 15);
    }
    low = Math.imul(low ^ 0xffff, 0x01000193);
  }
  return (low >>> 0).toString(16).padStart(8, '0') + (high >>> 0).toString(16).padStart(8, '0');
}
