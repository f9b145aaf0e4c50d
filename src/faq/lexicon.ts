import { normalise } from './normalise.ts';
import type { Lexicon } from './types.ts';

/** A {@link Lexicon} made ready for look-up; every key is normalised. */
export interface LexiconIndex {
  readonly synonyms: ReadonlyMap<string, string>;
  readonly greetings: PhraseSet;
  readonly politeness: PhraseSet;
}

/** Phrases by their first word, longest first. */
type PhraseSet = ReadonlyMap<string, readonly (readonly string[])[]>;

/** A word under two headings goes to the first; a heading that is itself a variant of another stays as it is. */
export function indexLexicon(lexicon: Lexicon): LexiconIndex {
  const synonyms = new Map<string, string>();
  for (const [heading, variants] of Object.entries(lexicon.words)) {
    const canonical = normalise(heading);
    for (const variant of variants) {
      const word = normalise(variant);
      if (word.length > 1 && !word.includes(' ') && word !== canonical && !synonyms.has(word))
        synonyms.set(word, canonical);
    }
  }
  return { synonyms, greetings: toPhrases(lexicon.greetings), politeness: toPhrases(lexicon.politeness) };
}

/** The common word for a dialect's word, looked up as written and then without its article; else the word itself. */
function toCommonWord(word: string, { synonyms }: LexiconIndex): string {
  const direct = synonyms.get(word);
  if (direct !== undefined) return direct;
  const bare = word.startsWith('ال') && word.length > 4 ? synonyms.get(word.slice(2)) : undefined;
  return bare === undefined ? word : `ال${bare}`;
}

/**
 * Without greetings and prayers at either end and without words of politeness. When nothing else is left the words come
 * back as they were: «السلام عليكم» alone is a greeting to be answered, not an empty message.
 */
function stripCourtesies(words: readonly string[], lexicon: LexiconIndex): readonly string[] {
  let start = 0;
  let end = words.length;
  for (let step = 0; step < words.length && start < end; step++) {
    const length = phraseAt(words, start, end, lexicon.greetings) || phraseAt(words, start, end, lexicon.politeness);
    if (length === 0) break;
    start += length;
  }
  for (let from = Math.max(start, end - LONGEST_PHRASE); from < end; from++) {
    const length = phraseAt(words, from, end, lexicon.greetings) || phraseAt(words, from, end, lexicon.politeness);
    if (length > 0 && from + length === end) {
      end = from;
      from = Math.max(start, end - LONGEST_PHRASE) - 1;
    }
  }
  const kept: string[] = [];
  for (let at = start; at < end;) {
    const length = phraseAt(words, at, end, lexicon.politeness);
    if (length === 0) kept.push(words[at] ?? '');
    at += Math.max(1, length);
  }
  return kept.length === 0 ? words : kept;
}

const LONGEST_PHRASE = 8;

function phraseAt(words: readonly string[], at: number, end: number, phrases: PhraseSet): number {
  const candidates = phrases.get(words[at] ?? '') ?? [];
  const found = candidates.find(
    (phrase) => at + phrase.length <= end && phrase.every((word, offset) => words[at + offset] === word),
  );
  return found?.length ?? 0;
}

function toPhrases(lines: readonly string[]): PhraseSet {
  const phrases = new Map<string, string[][]>();
  for (const line of lines) {
    const words = normalise(line).split(' ').slice(0, LONGEST_PHRASE);
    const first = words[0] ?? '';
    if (first === '') continue;
    phrases.set(
      first,
      [...(phrases.get(first) ?? []), words].sort((a, b) => b.length - a.length),
    );
  }
  return phrases;
}

/** The words of a text as the matcher compares them: normalised, without courtesies, dialect words made common. */
export function toComparedWords(text: string, lexicon: LexiconIndex): string[] {
  const normal = normalise(text);
  if (normal === '') return [];
  return stripCourtesies(normal.split(' '), lexicon).map((word) => toCommonWord(word, lexicon));
}
