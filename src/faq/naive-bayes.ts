import type { SparseMatrix, SparseVector } from './sparse.ts';
import { addProduct, transpose } from './sparse.ts';

/**
 * Multinomial naive Bayes over weighed features, without priors: entries with many phrasings are not asked more often. Fitted in
 * one pass, so it serves while the support vector machines are being fitted. Alone it ranks 71 % of ArBanking77's standard Arabic first
 * with 20 phrasings an intent, where complement naive Bayes ranks 61 % and the machines 73 %.
 */
export interface NaiveBayes {
  /** What a feature that a class never held says of it. */
  readonly classPart: Float32Array;
  /** A row for each feature: how much more it speaks for the classes that hold it. */
  readonly extra: SparseMatrix;
}

export function fitNaiveBayes(
  documents: SparseMatrix,
  labels: Int32Array,
  classCount: number,
  featureCount: number,
): NaiveBayes {
  const totals = new Float64Array(classCount);
  const held = Array.from({ length: classCount }, () => new Map<number, number>());
  labels.forEach((label, row) => {
    const ofClass = held[label]!;
    for (let at = documents.starts[row]!; at < documents.starts[row + 1]!; at++) {
      const id = documents.columns[at]!;
      ofClass.set(id, (ofClass.get(id) ?? 0) + documents.values[at]!);
      totals[label]! += documents.values[at]!;
    }
  });
  const size = held.reduce((sum, { size: held }) => sum + held, 0);
  const byClass = {
    starts: new Int32Array(classCount + 1),
    columns: new Int32Array(size),
    values: new Float32Array(size),
  };
  let at = 0;
  held.forEach((ofClass, label) => {
    for (const [id, sum] of ofClass) {
      byClass.columns[at] = id;
      byClass.values[at] = extraOf(sum);
      at += 1;
    }
    byClass.starts[label + 1] = at;
  });
  return {
    classPart: Float32Array.from(totals, (total) => classPartOf(total, featureCount)),
    extra: transpose(byClass, featureCount),
  };
}

/** A score for each class, the likelier the higher; comparable within one text only. */
export function scoreNaiveBayes(vector: SparseVector, { classPart, extra }: NaiveBayes): Float32Array {
  const mass = massOf(vector);
  const scores = classPart.map((part) => part * mass);
  addProduct(vector, extra, scores);
  return scores;
}

/**
 * The same score for one class, straight from its phrasings and as the mean over the text's features: for the few classes that are
 * candidates it costs less than a second set of weights. `sums` says how much of each feature of the text the phrasings hold, `total` how
 * much of all.
 */
export function toLikelihood(vector: SparseVector, sums: Float64Array, total: number, featureCount: number): number {
  let score = 0;
  sums.forEach((sum, place) => {
    score += vector.values[place]! * extraOf(sum);
  });
  return score / (massOf(vector) || 1) + classPartOf(total, featureCount);
}

/** Measured from 1 to 0.001: the less the better down to here, on queries in a dialect the phrasings are not in above all. */
const SMOOTHING = 0.01;

const extraOf = (sum: number): number => Math.log(1 + sum / SMOOTHING);
const classPartOf = (total: number, featureCount: number): number => -Math.log(total + SMOOTHING * featureCount);

function massOf({ values }: SparseVector): number {
  let mass = 0;
  for (const value of values) mass += value;
  return mass;
}
