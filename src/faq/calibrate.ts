import { fitLogistic, toProbability } from './logistic.ts';
import type { Calibration } from './model.ts';
import type { Ranking, Scorer } from './scoring.ts';
import { rank } from './scoring.ts';

/** A text held out from fitting: `label` is its class, or -1 where no entry answers it. */
export interface Trial {
  readonly words: readonly string[];
  readonly label: number;
}

/** Fits a scorer on the documents at the given places. */
export type FitScorer = (places: readonly number[]) => Scorer;

/**
 * Learns how far scores may be trusted, from texts that the scorer under trial was not fitted on: held-out phrasings, held-out
 * "none" lines, and all phrasings of entries left out whole, which stand for questions near to the subject that no entry answers.
 * Deterministic. Small collections are tried in five rounds; large ones in one, to keep within the build's time.
 */
export function calibrate(documents: readonly Trial[], noneLabel: number, fit: FitScorer): Calibration {
  const labels = [...new Set(documents.map(({ label }) => label))].filter((label) => label !== noneLabel);
  if (labels.length < FEWEST_ENTRIES || documents.length < labels.length * FEWEST_PHRASINGS) return DEFAULT_CALIBRATION;
  const rounds = documents.length > MANY_DOCUMENTS ? 1 : ROUNDS;
  const results: TrialResult[] = [];
  for (let round = 0; round < rounds; round++) {
    const isAbsent = (label: number): boolean => label !== noneLabel && (label + round) % ABSENT_ONE_IN === 0;
    const isHeldOut = (place: number, label: number): boolean => isAbsent(label) || scatter(place) % ROUNDS === round;
    const kept: number[] = [];
    documents.forEach(({ label }, place) => {
      if (!isHeldOut(place, label)) kept.push(place);
    });
    const scorer = fit(kept);
    documents.forEach(({ words, label }, place) => {
      // Of an absent entry one phrasing in three will do.
      if (!isHeldOut(place, label) || (isAbsent(label) && scatter(place) % 3 !== 0)) return;
      const ranking = rank(words, scorer);
      const answer = label === noneLabel || isAbsent(label) ? -1 : label;
      results.push(toResult(ranking, answer));
    });
  }
  return toCalibration(results);
}

export interface TrialResult {
  readonly signs: readonly number[];
  readonly isInScope: boolean;
  readonly isRight: boolean;
}

function toResult({ candidates, signs }: Ranking, label: number): TrialResult {
  return { signs, isInScope: label >= 0, isRight: label >= 0 && candidates[0]?.label === label };
}

const ROUNDS = 5;
const ABSENT_ONE_IN = 6;
const MANY_DOCUMENTS = 4000;
const FEWEST_ENTRIES = 4;
const FEWEST_PHRASINGS = 4;

/** Being confidently wrong is the worst outcome: this share of direct answers must be right on held-out texts. */
const PRECISION = 0.95;
/** And of the questions that no entry answers at most this share may be answered directly. */
const FALSE_ANSWERS = 0.08;

/** For a collection too small to learn from: direct only where a phrasing is nearly the same. */
export const DEFAULT_CALIBRATION: Calibration = {
  weights: [1.5, 2, 4, 1, 1, 0],
  intercept: -3,
  answerFrom: 0.75,
  suggestFrom: 0.3,
};

function toCalibration(results: readonly TrialResult[]): Calibration {
  const inScope = results.filter(({ isInScope }) => isInScope);
  const outside = results.filter(({ isInScope }) => !isInScope);
  if (inScope.length < 20 || outside.length < 5) return DEFAULT_CALIBRATION;
  // Half of what is typed may be outside: both halves count alike, however many there are to learn from.
  const outsideWeight = inScope.length / outside.length;
  const { weights, intercept } = fitLogistic(
    results.map(({ signs, isRight, isInScope }) => ({ signs, isTrue: isRight, weight: isInScope ? 1 : outsideWeight })),
  );
  const scored = results.map((result) => ({ ...result, probability: toProbability(result.signs, weights, intercept) }));
  scored.sort((a, b) => b.probability - a.probability);
  let right = 0;
  let wrong = 0;
  let accepted = 0;
  let acceptedOutside = 0;
  let answerFrom = 1;
  let suggestFrom = 0;
  let widest = 0;
  for (const { probability, isRight, isInScope } of scored) {
    if (isInScope) {
      accepted += 1;
      if (isRight) right += 1;
      else wrong += 1;
    } else acceptedOutside += 1;
    const falseAnswers = acceptedOutside / outside.length;
    if (right / (right + wrong) >= PRECISION && falseAnswers <= FALSE_ANSWERS) answerFrom = probability;
    const gap = accepted / inScope.length - falseAnswers;
    if (gap > widest) {
      widest = gap;
      suggestFrom = probability;
    }
  }
  return { weights, intercept, answerFrom, suggestFrom: Math.min(suggestFrom, answerFrom) };
}

/** Neighbouring phrasings are often written alike: spread them over the rounds. */
function scatter(place: number): number {
  return (Math.imul(place + 1, 0x9e3779b1) >>> 8) & 0xffff;
}
