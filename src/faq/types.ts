import type { FaqEntry, Lexicon } from '../domain/faq.ts';

export type { FaqEntry, Lexicon };

/**
 * What a typed message means to the matcher.
 * - `answer`: sure enough to answer at once; `phrasing` is the known wording nearest to what was typed (to show which
 *   question was understood) and `score` the confidence, 0 to 1.
 * - `suggest`: one to three entries to offer under «هل تقصد؟», best first.
 * - `none`: nothing the charity answers; offer the menu and an officer, and keep the question for review.
 */
export type FaqMatch =
  | { readonly band: 'answer'; readonly entryId: string; readonly phrasing: string; readonly score: number }
  | { readonly band: 'suggest'; readonly entryIds: readonly string[] }
  | { readonly band: 'none' };

/** Answers any string, never throws, in time bounded by {@link LONGEST_QUESTION}. */
export interface FaqMatcher {
  match(text: string): FaqMatch;
}

/** Characters of a message that are read; a question that needs more is for an officer. */
export const LONGEST_QUESTION = 600;

/** All that a matcher is built from. */
export interface FaqSources {
  readonly entries: readonly FaqEntry[];
  /** What people type that no entry answers: needs the charity does not serve, small talk, noise. */
  readonly none: readonly string[];
  readonly lexicon: Lexicon;
}
