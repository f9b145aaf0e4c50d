import type { Classifier } from './model.ts';
import { scoreNaiveBayes } from './naive-bayes.ts';
import type { NearestPhrasing, PhrasingsByClass } from './nearest-phrasing.ts';
import { findNearest } from './nearest-phrasing.ts';
import type { SparseMatrix, SparseVector } from './sparse.ts';
import { addProduct } from './sparse.ts';
import type { Vocabulary } from './vocabulary.ts';
import { weigh } from './vocabulary.ts';

/** The parts of a model that turn words into scores; what calibration fits on a share of the phrasings has the same. */
export interface Scorer {
  readonly vocabulary: Vocabulary;
  readonly matrix: SparseMatrix;
  readonly byClass: PhrasingsByClass;
  readonly entryCount: number;
  readonly hasNone: boolean;
  readonly classifier: Classifier;
}

/** An entry that may be meant. */
export interface Candidate extends NearestPhrasing {
  readonly label: number;
  readonly fit: number;
}

/** The likeliest entries, best first, and the signs of how far the best may be trusted. */
export interface Ranking {
  readonly candidates: readonly Candidate[];
  readonly signs: readonly number[];
}

export function rank(words: readonly string[], scorer: Scorer): Ranking {
  const weighed = weigh(words, scorer.vocabulary);
  const classCount = scorer.entryCount + (scorer.hasNone ? 1 : 0);
  const scores = classify(weighed.vector, classCount, scorer.classifier);
  const likely = best(scores, scorer.entryCount, CANDIDATES);
  if (scorer.hasNone) likely.push(scorer.entryCount);
  const nearest = findNearest(weighed, scorer.matrix, scorer.vocabulary.rarity.length, scorer.byClass, likely);
  const ranked = likely.map((label, place) => {
    const near = nearest[place]!;
    return { label, ...near, fit: scores[label]! + SIMILARITY_SHARE * near.similarity };
  });
  const none = scorer.hasNone ? ranked.pop() : undefined;
  const candidates = ranked.sort((a, b) => b.fit - a.fit);
  return { candidates, signs: toSigns(candidates, none, scores, weighed.known, words.length) };
}

const CANDIDATES = 8;
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

function best(scores: Float32Array, entryCount: number, wanted: number): number[] {
  const order: number[] = [];
  for (let label = 0; label < entryCount; label++) {
    const value = scores[label]!;
    let place = order.length;
    while (place > 0 && scores[order[place - 1]!]! < value) place -= 1;
    if (place < wanted) {
      order.splice(place, 0, label);
      if (order.length > wanted) order.pop();
    }
  }
  return order;
}

/** What calibration weighs, each about -2 to 2. The order is part of a stored model. */
function toSigns(
  [first, second]: readonly Candidate[],
  none: Candidate | undefined,
  scores: Float32Array,
  known: number,
  wordCount: number,
): number[] {
  if (first === undefined) return [0, 0, 0, 0, 0, 0];
  const margin = second === undefined ? 1 : first.fit - second.fit;
  const distance = none === undefined ? 0 : first.fit - none.fit;
  return [scores[first.label]!, margin, first.similarity, distance, known, Math.min(wordCount, 10) / 10];
}
