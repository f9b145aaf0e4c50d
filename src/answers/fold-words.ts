import { foldDigits } from './fold-digits.ts';

/**
 * A text with the spellings that people mix made one: digits folded, small letters, no vowel signs or accents, one alef, ة as ه, ى and
 * ئ as ي, ؤ as و, Persian kaf and yeh as Arabic ones. For comparing with words folded alike; never for keeping.
 */
export function foldWords(text: string): string {
  return foldDigits(text)
    .toLowerCase()
    .normalize('NFD')
    .replace(/[\u0300-\u036F\u0610-\u061A\u064B-\u065F\u0670\u06D6-\u06ED]/g, '')
    .normalize('NFC')
    .replace(/[ٱةىیکہۀ]/g, (letter) => sameLetter[letter] ?? letter);
}

/** The words of a folded text, without punctuation, signs and digits. */
export function wordsOf(folded: string): string[] {
  return folded.match(/[\p{L}\p{M}]+/gu) ?? [];
}

/** «نعممم» and "yesss" as «نعم» and "yes": letters typed again for stress are one. Compare with words collapsed alike. */
export function collapseStress(folded: string): string {
  return folded.replace(/(\p{L})\1+/gu, '$1');
}

const sameLetter: Readonly<Record<string, string>> = { ٱ: 'ا', ة: 'ه', ى: 'ي', ی: 'ي', ک: 'ك', ہ: 'ه', ۀ: 'ه' };
