import { indexLexicon, toComparedWords } from './lexicon.ts';
import { toProbability } from './logistic.ts';
import type { FaqModel } from './model.ts';
import { groupByClass } from './nearest-phrasing.ts';
import { rank } from './scoring.ts';
import type { FaqMatch, FaqMatcher } from './types.ts';
import { LONGEST_QUESTION } from './types.ts';

/** A matcher over a model; the model is used as it is and not copied. */
export function loadMatcher(model: FaqModel): RankingMatcher {
  const lexicon = indexLexicon(model.lexicon);
  const entryCount = model.entryIds.length;
  const byClass = groupByClass(model.labels, entryCount + (model.hasNone ? 1 : 0));
  const scorer = { ...model, byClass, entryCount };
  const { weights, intercept, answerFrom, suggestFrom } = model.calibration;

  const explain = (text: string): Explanation => {
    const words = toComparedWords(text.slice(0, LONGEST_QUESTION), lexicon);
    const { candidates, signs } = rank(words, scorer);
    const isAnything = candidates.some(({ similarity }) => similarity > 0);
    return {
      score: isAnything ? toProbability(signs, weights, intercept) : 0,
      candidates: candidates.map(({ label, phrasing, similarity }) => ({
        entryId: model.entryIds[label]!,
        similarity,
        phrasing: model.phrasings[phrasing] ?? '',
      })),
    };
  };

  const match = (text: string): FaqMatch => {
    const { score, candidates } = explain(text);
    const [first] = candidates;
    if (first === undefined || score < suggestFrom || score === 0) return { band: 'none' };
    if (score >= answerFrom) return { band: 'answer', entryId: first.entryId, phrasing: first.phrasing, score };
    return { band: 'suggest', entryIds: candidates.slice(0, MOST_SUGGESTIONS).map(({ entryId }) => entryId) };
  };

  return { match, explain };
}

/** A matcher that also shows its reasons, for an admin's try-out and for measurements. */
export interface RankingMatcher extends FaqMatcher {
  explain(text: string): Explanation;
}

/** `score` is the chance (0 to 1) that the first candidate is right; candidates are best first, each with its nearest wording. */
export interface Explanation {
  readonly score: number;
  readonly candidates: readonly { readonly entryId: string; readonly similarity: number; readonly phrasing: string }[];
}

const MOST_SUGGESTIONS = 3;
