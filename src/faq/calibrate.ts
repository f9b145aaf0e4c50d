import { fitLogistic, toProbability } from './logistic.ts';
import type { Calibration } from './model.ts';
import type { Scorer } from './scoring.ts';
import { rank } from './scoring.ts';
import { weigh } from './vocabulary.ts';

/** A text held out from fitting: `label` is its class, or -1 where no entry answers it. */
export interface Trial {
  readonly words: readonly string[];
  readonly label: number;
}

/** Of the document at `place`, held out from fitting, the entry that was ranked first; null where none was. */
export interface Tried {
  readonly place: number;
  readonly rankedAs: number | null;
}

/** Fits a scorer on the documents at the given places. */
export type FitScorer = (places: readonly number[]) => Scorer;

/**
 * Learns how far scores may be trusted, from texts that the scorer under trial was not fitted on: held-out phrasings, held-out
 * "none" lines, and all phrasings of entries left out whole, which stand for questions near to the subject that no entry answers.
 * Deterministic. Small collections are tried in five rounds; large ones in one, to keep within the build's time.
 */
export function calibrate(
  documents: readonly Trial[],
  noneLabel: number,
  fit: FitScorer,
  onTried: (tried: Tried) => void = () => undefined,
): Calibration {
  const labels = [...new Set(documents.map(({ label }) => label))].filter((label) => label !== noneLabel);
  if (labels.length < FEWEST_ENTRIES || documents.length < labels.length * FEWEST_PHRASINGS) return DEFAULT_CALIBRATION;
  const rounds = documents.length > MANY_DOCUMENTS ? 1 : ROUNDS;
  const results: TrialResult[] = [];
  for (let round = 0; round < rounds; round++) {
    const isAbsent = (label: number): boolean => label !== noneLabel && (label + round) % ABSENT_ONE_IN === 0;
    const isHeldOut = (place: number, label: number): boolean => {
      if (isAbsent(label)) return true;
      // One round alone would try too few "none" lines.
      return label === noneLabel && rounds === 1 ? scatter(place) % 2 === 0 : scatter(place) % ROUNDS === round;
    };
    const scorer = fit([...documents.keys()].filter((place) => !isHeldOut(place, documents[place]!.label)));
    documents.forEach(({ words, label }, place) => {
      // Of an absent entry one phrasing in three will do.
      if (!isHeldOut(place, label) || (isAbsent(label) && scatter(place) % 3 !== 0)) return;
      const { candidates, signs } = rank(weigh(words, scorer.vocabulary), scorer);
      const kind = label === noneLabel ? 'none' : isAbsent(label) ? 'absent' : 'known';
      results.push({ signs, kind, isRight: kind === 'known' && candidates[0]?.label === label });
      if (kind === 'known') onTried({ place, rankedAs: candidates[0]?.label ?? null });
    });
  }
  return toCalibration(results);
}

interface TrialResult {
  readonly signs: readonly number[];
  readonly kind: 'known' | 'absent' | 'none';
  /** The first candidate is the entry that answers. */
  readonly isRight: boolean;
}

const ROUNDS = 5;
const ABSENT_ONE_IN = 6;
const MANY_DOCUMENTS = 4000;
const FEWEST_ENTRIES = 4;
const FEWEST_PHRASINGS = 4;
/** Fewer "none" lines than this say too little of where to stop suggesting. */
const FEWEST_NONE = 15;

/** Being confidently wrong is the worst outcome: this share of direct answers must be right on held-out texts. */
const PRECISION = 0.95;
/** And of the questions that no entry answers at most this share may be answered directly. */
const FALSE_ANSWERS = 0.04;

/**
 * For a collection too small to learn from: scores and margins say nothing there (with one entry every text is most like it), so likeness
 * alone counts. Direct from a cosine of 0.7 on, suggested from 0.28 on.
 */
export const DEFAULT_CALIBRATION: Calibration = {
  weights: [0, 0, 12, 0],
  intercept: -7.2,
  answerFrom: 0.75,
  suggestFrom: 0.02,
};

function toCalibration(results: readonly TrialResult[]): Calibration {
  const known = results.filter(({ kind }) => kind === 'known');
  const outside = results.filter(({ kind }) => kind !== 'known');
  if (known.length < 20 || outside.length < 5) return DEFAULT_CALIBRATION;
  // Half of what is typed may be outside, and of that as much near as far, however many there are to learn from.
  const kinds = new Set(outside.map(({ kind }) => kind));
  const weightOf = (kind: TrialResult['kind']): number =>
    kind === 'known' ? 1 : known.length / kinds.size / outside.filter((result) => result.kind === kind).length;
  const weights = { known: 1, absent: weightOf('absent'), none: weightOf('none') };
  const curve = fitLogistic(
    results.map(({ signs, isRight, kind }) => ({ signs, isTrue: isRight, weight: weights[kind] })),
  );
  const scored = results
    .map((result) => ({ ...result, probability: toProbability(result.signs, curve.weights, curve.intercept) }))
    .sort((a, b) => b.probability - a.probability);
  const suggestFrom = findSuggestFrom(scored);
  const answerFrom = Math.max(suggestFrom, findAnswerFrom(scored));
  return { ...curve, answerFrom, suggestFrom };
}

type Scored = TrialResult & { readonly probability: number };

/** The lowest threshold at which direct answers are precise enough; `scored` falls. */
function findAnswerFrom(scored: readonly Scored[]): number {
  const outsideCount = scored.filter(({ kind }) => kind !== 'known').length;
  let right = 0;
  let answered = 0;
  let falseAnswers = 0;
  let threshold = 1;
  for (const { probability, kind, isRight } of scored) {
    if (kind === 'known') answered += 1;
    else falseAnswers += 1;
    if (isRight) right += 1;
    if (right >= PRECISION * answered && falseAnswers <= FALSE_ANSWERS * outsideCount) threshold = probability;
  }
  return threshold;
}

/**
 * Where suggesting gains most right entries for the fewest needless menus; `scored` falls. The gain is nearly the same over a range, in which
 * the best place is chance: the middle of the range is taken. The "none" lines are what people really ask in vain, and a needless menu
 * costs less than a question sent away that has an answer. Entries left out stand for them only where such lines are too few: nearer to the
 * subject than most of what is asked, and with no class to draw it away, so that both errors count alike (Youden's index).
 */
function findSuggestFrom(scored: readonly Scored[]): number {
  const hasNone = scored.filter(({ kind }) => kind === 'none').length >= FEWEST_NONE;
  const [outsideKind, cost] = hasNone ? ['none', NEEDLESS_MENU] : ['absent', 1];
  const rightCount = scored.filter(({ isRight }) => isRight).length;
  const outsideCount = scored.filter(({ kind }) => kind === outsideKind).length;
  let right = 0;
  let outside = 0;
  const gains = scored.map(({ kind, isRight }) => {
    if (isRight) right += 1;
    if (kind === outsideKind) outside += 1;
    return right / rightCount - (cost * outside) / outsideCount;
  });
  const least = Math.max(...gains) - NEARLY_THE_SAME;
  const highest = scored[gains.findIndex((gain) => gain >= least)]?.probability ?? 1;
  const lowest = scored[gains.findLastIndex((gain) => gain >= least)]?.probability ?? 1;
  return (highest + lowest) / 2;
}

const NEARLY_THE_SAME = 0.01;
const NEEDLESS_MENU = 0.75;

/** Neighbouring phrasings are often written alike: spread them over the rounds. */
function scatter(place: number): number {
  return (Math.imul(place + 1, 0x9e3779b1) >>> 8) & 0xffff;
}
