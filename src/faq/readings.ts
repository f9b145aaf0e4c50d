import { transliterate } from './arabizi.ts';
import { editDistance } from './edit-distance.ts';
import { toOtherLayout } from './keyboard-layout.ts';

/** Reads Latin-letter Arabic by the Arabic words that are known, since its vowels are written or left out at will. */
export interface ArabiziReader {
  /** The text in Arabic letters, or null where too few of its words are known for it to be Arabic. */
  read(text: string): string | null;
}

/** `words` are the known Arabic words, normalised, the commonest first. */
export function createArabiziReader(words: readonly string[]): ArabiziReader {
  const bySkeleton = new Map<string, string[]>();
  for (const word of words) {
    const key = skeleton(word);
    if (key.length < 2) continue;
    const same = bySkeleton.get(key);
    if (same === undefined) bySkeleton.set(key, [word]);
    else if (same.length < MOST_ALIKE) same.push(word);
  }
  const nearest = (guess: string): string | null => {
    const alike = bySkeleton.get(skeleton(guess)) ?? [];
    let found: string | null = null;
    let least = FARTHEST + 1;
    for (const word of alike) {
      const distance = editDistance(guess, word, FARTHEST);
      if (distance < least) [found, least] = [word, distance];
    }
    return found;
  };

  const read = (text: string): string | null => {
    const tokens =
      text
        .toLowerCase()
        .replace(/[‘’ʼ\u0060]/g, "'")
        .match(/[a-z0-9']+|[^\sa-z0-9']+/g) ?? [];
    let known = 0;
    let latin = 0;
    let prefix = '';
    const result: string[] = [];
    for (const token of tokens) {
      if (!/[a-z]/.test(token)) {
        result.push(token);
        continue;
      }
      const article = ARTICLES[token];
      if (article !== undefined) {
        prefix = article;
        continue;
      }
      const guess = transliterate(token);
      const word = nearest(prefix + guess) ?? nearest(guess);
      latin += 1;
      if (word !== null) known += 1;
      result.push(word ?? prefix + guess);
      prefix = '';
    }
    return latin > 0 && known / latin >= KNOWN_SHARE ? result.join(' ') : null;
  };
  return { read };
}

/** Other ways to read a text that makes no sense as it stands: as Latin-letter Arabic, and as typed on the other layout. */
export function otherReadings(text: string, arabizi: () => ArabiziReader): string[] {
  const readings = [toOtherLayout(text)];
  if (/[a-z]/i.test(text)) {
    const arabic = arabizi().read(text);
    if (arabic !== null) readings.unshift(arabic);
  }
  return readings;
}

const MOST_ALIKE = 24;
const FARTHEST = 3;
const KNOWN_SHARE = 0.5;

const ARTICLES: Readonly<Record<string, string>> = {
  al: 'ال',
  el: 'ال',
  il: 'ال',
  l: 'ال',
  lel: 'لل',
  lil: 'لل',
  bel: 'بال',
  bil: 'بال',
  wel: 'وال',
  wal: 'وال',
};

/** The letters that are always written: the first, and what is no long vowel, final ha or doubling. */
function skeleton(word: string): string {
  const bare = word.replace(/^ال(?=..)/, '');
  const hard = bare.slice(0, 1) + bare.slice(1).replace(/[اويه]/g, '');
  // Nothing hard follows the first letter («مويه»): compare all but the last vowel.
  return hard.length > 1 ? hard.replace(/(.)\1+/g, '$1') : bare.replace(/[اهي]$/, '').replace(/(.)\1+/g, '$1');
}
