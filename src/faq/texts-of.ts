import type { FaqEntry } from './types.ts';
import { LONGEST_QUESTION } from './types.ts';

/** Every wording of an entry, each once: its questions and its phrasings in all languages. */
export function textsOf({ question, phrasings }: FaqEntry): string[] {
  const texts = [...Object.values(question), ...Object.values(phrasings).flat()];
  return [...new Set(texts.map((text) => text.slice(0, LONGEST_QUESTION)))];
}
