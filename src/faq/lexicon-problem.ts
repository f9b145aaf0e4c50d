import { normalise } from './normalise.ts';
import type { Lexicon } from './types.ts';

/**
 * What an editor of the lexicon did that cannot mean what it says, for the editor to read; null when nothing. A word of a dialect is one
 * word and stands under one heading; a greeting or politeness is at most eight words.
 */
export function findLexiconProblem({ words, greetings, politeness }: Lexicon): string | null {
  const headings = new Map<string, string>();
  for (const [heading, variants] of Object.entries(words)) {
    const canonical = normalise(heading);
    if (!isOneWord(canonical)) return `words: "${heading}": expected one word`;
    for (const variant of variants) {
      const word = normalise(variant);
      if (!isOneWord(word)) return `words: "${heading}": "${variant}": expected one word of two letters or more`;
      const other = headings.get(word);
      if (other !== undefined && other !== canonical) return `words: "${variant}" stands under two headings`;
      headings.set(word, canonical);
    }
  }
  const phrases = [...greetings, ...politeness];
  const broken = phrases.find((phrase) => normalise(phrase) === '' || normalise(phrase).split(' ').length > MOST_WORDS);
  return broken === undefined ? null : `"${broken}": expected one to eight words`;
}

const MOST_WORDS = 8;

function isOneWord(normal: string): boolean {
  return normal.length > 1 && !normal.includes(' ');
}
