import type { SparseMatrix, SparseVector } from './sparse.ts';
import { addProduct } from './sparse.ts';

/** The nearest known phrasing of each class: its similarity (0 to 1) and its number, -1 where none has anything in common. */
export interface Nearest {
  readonly similarity: Float32Array;
  readonly phrasing: Int32Array;
}

/** Compares a text with every phrasing. `index` has a row for each feature with the phrasings that hold it. */
export function findNearest(
  vector: SparseVector,
  known: number,
  index: SparseMatrix,
  labels: Int32Array,
  classCount: number,
): Nearest {
  const sums = new Float32Array(labels.length);
  addProduct(vector, index, sums);
  const similarity = new Float32Array(classCount);
  const phrasing = new Int32Array(classCount).fill(-1);
  // What the vocabulary does not know makes the text longer, and so less like anything known.
  const share = Math.sqrt(known);
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row]!;
    const value = sums[row]! * share;
    if (value > similarity[label]!) {
      similarity[label] = value;
      phrasing[label] = row;
    }
  }
  return { similarity, phrasing };
}
