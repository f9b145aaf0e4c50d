/**
 * One question the charity answers, with everything people are known to type for it.
 * `id` is stable for ever: admins, reports and tests refer to it. Keys of the maps are language codes (`ar`, `en`, ...).
 */
export interface FaqEntry {
  readonly id: string;
  readonly topic: string;
  readonly question: Readonly<Record<string, string>>;
  readonly answer: Readonly<Record<string, string>>;
  readonly phrasings: Phrasings;
}

/** Wordings by language code. */
export type Phrasings = Readonly<Record<string, readonly string[]>>;

/**
 * Words and phrases that staff may edit (`flows/faq/lexicon.json`). Everything is compared after normalisation, so any
 * spelling of hamza, ta marbuta or alef will do.
 */
export interface Lexicon {
  /** One common word -> the words of the dialects that mean the same. */
  readonly words: Readonly<Record<string, readonly string[]>>;
  /** Greetings and prayers that say nothing about the question; removed where they begin or end a message. */
  readonly greetings: readonly string[];
  /** Words of politeness, removed wherever they stand. */
  readonly politeness: readonly string[];
}

/** Wordings of two lists by language, each once; those of the first come first. */
export function joinPhrasings(first: Phrasings, second: Phrasings): Phrasings {
  const languages = [...new Set([...Object.keys(first), ...Object.keys(second)])];
  return Object.fromEntries(
    languages.map((language) => [language, [...new Set([...(first[language] ?? []), ...(second[language] ?? [])])]]),
  );
}
