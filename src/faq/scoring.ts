import type { Nearest } from './cosine-index.ts';
import { findNearest } from './cosine-index.ts';
import { extractFeatures } from './features.ts';
import type { Classifier } from './model.ts';
import { scoreNaiveBayes } from './naive-bayes.ts';
import type { SparseMatrix, SparseVector } from './sparse.ts';
import { addProduct } from './sparse.ts';
import type { Vocabulary } from './vocabulary.ts';
import { weigh } from './vocabulary.ts';

/** The parts of a model that turn words into scores; what calibration fits on a share of the phrasings has the same. */
export interface Scorer {
  readonly vocabulary: Vocabulary;
  readonly index: SparseMatrix;
  readonly labels: Int32Array;
  readonly entryCount: number;
  readonly hasNone: boolean;
  readonly classifier: Classifier;
}

/** Entries by how well they fit, best first, and the signs of how far the best may be trusted. */
export interface Ranking {
  readonly order: readonly number[];
  readonly signs: readonly number[];
  readonly nearest: Nearest;
}

export function rank(words: readonly string[], scorer: Scorer): Ranking {
  const { vector, known } = weigh(extractFeatures(words), scorer.vocabulary);
  const classCount = scorer.entryCount + (scorer.hasNone ? 1 : 0);
  const nearest = findNearest(vector, known, scorer.index, scorer.labels, classCount);
  const scores = classify(vector, classCount, scorer.classifier);
  const fit = scores.map((score, label) => score + SIMILARITY_SHARE * nearest.similarity[label]!);
  const order = best(fit, scorer.entryCount, CANDIDATES);
  return { order, signs: toSigns(order, scores, fit, nearest, known, words.length, scorer), nearest };
}

const CANDIDATES = 5;
// Measured on four draws of twenty phrasings: 0.5 to 1 is best, 2 worse than none.
const SIMILARITY_SHARE = 0.5;

function classify(vector: SparseVector, classCount: number, classifier: Classifier): Float32Array {
  switch (classifier.kind) {
    case 'svm': {
      const scores = Float32Array.from(classifier.model.bias);
      addProduct(vector, classifier.model.weights, scores);
      return scores;
    }
    case 'naive-bayes':
      return standardise(scoreNaiveBayes(vector, classifier.model), classCount);
  }
}

/** Naive Bayes scores say little in themselves: as distances from their mean they sit on the scale of the machines. */
function standardise(scores: Float32Array, count: number): Float32Array {
  let mean = 0;
  for (const score of scores) mean += score / count;
  let variance = 0;
  for (const score of scores) variance += (score - mean) ** 2 / count;
  const deviation = Math.sqrt(variance) || 1;
  return scores.map((score) => (0.25 * (score - mean)) / deviation - 1);
}

function best(fit: Float32Array, entryCount: number, wanted: number): number[] {
  const order: number[] = [];
  for (let label = 0; label < entryCount; label++) {
    const value = fit[label]!;
    let place = order.length;
    while (place > 0 && fit[order[place - 1]!]! < value) place -= 1;
    if (place < wanted) {
      order.splice(place, 0, label);
      if (order.length > wanted) order.pop();
    }
  }
  return order;
}

/** What calibration weighs, each about -2 to 2. The order is part of a stored model. */
function toSigns(
  order: readonly number[],
  scores: Float32Array,
  fit: Float32Array,
  nearest: Nearest,
  known: number,
  wordCount: number,
  scorer: Scorer,
): number[] {
  const first = order[0];
  if (first === undefined) return Array.from({ length: SIGN_COUNT }, () => 0);
  const second = order[1];
  const margin = second === undefined ? 1 : fit[first]! - fit[second]!;
  const none = scorer.hasNone ? fit[first]! - fit[scorer.entryCount]! : 0;
  return [scores[first]!, margin, nearest.similarity[first]!, none, known, Math.min(wordCount, 10) / 10];
}

export const SIGN_COUNT = 6;
