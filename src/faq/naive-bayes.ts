import type { SparseMatrix, SparseVector } from './sparse.ts';
import { addProduct, transpose } from './sparse.ts';

/**
 * Complement naive Bayes over weighed features (Rennie et al. 2003): a class is likely where a text is unlike all others.
 * Fitted in one pass, so it serves while the support vector machines are being fitted. What a feature says of a class
 * that never held it is the sum of a part of the feature and a part of the class; only the rest is stored (`extra`).
 */
export interface NaiveBayes {
  readonly featurePart: Float32Array;
  readonly classPart: Float32Array;
  /** A row for each feature: how much more it speaks for the classes that hold it. */
  readonly extra: SparseMatrix;
  /** The sum of a class's weights, by which its score is divided: large classes must not win by size. */
  readonly norm: Float32Array;
}

export function fitNaiveBayes(
  documents: SparseMatrix,
  labels: Int32Array,
  classCount: number,
  featureCount: number,
): NaiveBayes {
  const featureSums = new Float64Array(featureCount);
  const classSums = new Float64Array(classCount);
  const held = Array.from({ length: classCount }, () => new Map<number, number>());
  let total = 0;
  labels.forEach((label, row) => {
    const ofClass = held[label]!;
    for (let at = documents.starts[row]!; at < documents.starts[row + 1]!; at++) {
      const id = documents.columns[at]!;
      const value = documents.values[at]!;
      ofClass.set(id, (ofClass.get(id) ?? 0) + value);
      featureSums[id]! += value;
      classSums[label]! += value;
      total += value;
    }
  });
  const featurePart = Float32Array.from(featureSums, (sum) => -Math.log(sum + SMOOTHING));
  const classPart = Float32Array.from(classSums, (sum) => Math.log(total - sum + SMOOTHING * featureCount));
  const featureTotal = featurePart.reduce((sum, part) => sum + part, 0);
  const norm = Float32Array.from(classPart, (part) => featureTotal + part * featureCount);
  const size = held.reduce((sum, { size: held }) => sum + held, 0);
  const byClass = {
    starts: new Int32Array(classCount + 1),
    columns: new Int32Array(size),
    values: new Float32Array(size),
  };
  let at = 0;
  held.forEach((ofClass, label) => {
    for (const [id, sum] of ofClass) {
      const extra = Math.log(featureSums[id]! + SMOOTHING) - Math.log(Math.max(0, featureSums[id]! - sum) + SMOOTHING);
      byClass.columns[at] = id;
      byClass.values[at] = extra;
      norm[label]! += extra;
      at += 1;
    }
    byClass.starts[label + 1] = at;
  });
  return { featurePart, classPart, extra: transpose(byClass, featureCount), norm };
}

const SMOOTHING = 0.1;

/** A score for each class, the likelier the higher; comparable within one text only. */
export function scoreNaiveBayes({ ids, values }: SparseVector, model: NaiveBayes): Float32Array {
  const scores = new Float32Array(model.classPart.length);
  addProduct({ ids, values }, model.extra, scores);
  let shared = 0;
  let mass = 0;
  ids.forEach((id, place) => {
    shared += values[place]! * model.featurePart[id]!;
    mass += values[place]!;
  });
  return scores.map((extra, label) => (extra + shared + mass * model.classPart[label]!) / (model.norm[label]! || 1));
}
