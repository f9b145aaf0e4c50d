import type { LinearSvm } from './linear-svm.ts';
import type { NaiveBayes } from './naive-bayes.ts';
import type { PackedTexts } from './packed-texts.ts';
import type { Quality } from './quality.ts';
import type { SparseMatrix } from './sparse.ts';
import type { Lexicon } from './types.ts';
import type { Vocabulary } from './vocabulary.ts';

/**
 * Everything a matcher needs, as plain data and typed arrays: it crosses threads by structured clone and files through
 * {@link file://./model-file.ts}. Class `c` below `entryIds.length` is that entry; the class after the last is "none".
 */
export interface FaqModel {
  readonly format: typeof MODEL_FORMAT;
  /** Of the entries, the none lines and the lexicon it was built from: the same sources need no new build. */
  readonly fingerprint: string;
  readonly entryIds: readonly string[];
  readonly hasNone: boolean;
  readonly phrasings: PackedTexts;
  /** The Arabic words of all phrasings, normalised, the commonest first, joined by spaces: Arabizi is read by them. */
  readonly words: string;
  /** The class of each phrasing. */
  readonly labels: Int32Array;
  readonly lexicon: Lexicon;
  readonly vocabulary: Vocabulary;
  /** A row for each phrasing with its weighed features. */
  readonly matrix: SparseMatrix;
  readonly classifier: Classifier;
  readonly calibration: Calibration;
  readonly quality: Quality;
}

/** `naive-bayes` is the quick one that serves until the support vector machines are fitted. */
export type Classifier =
  { readonly kind: 'naive-bayes'; readonly model: NaiveBayes } | { readonly kind: 'svm'; readonly model: LinearSvm };

/**
 * How sure is sure: a logistic curve over the signs of confidence (the order of `toSigns`), and the two thresholds on it.
 */
export interface Calibration {
  readonly weights: readonly number[];
  readonly intercept: number;
  /** From here on a question is answered at once. */
  readonly answerFrom: number;
  /** From here on, up to `answerFrom`, three entries are offered; below it nothing matches. */
  readonly suggestFrom: number;
}

/** Raised when a stored model can no longer be read by this code; it is then built anew. */
export const MODEL_FORMAT = 4;
