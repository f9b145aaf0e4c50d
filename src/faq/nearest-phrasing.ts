import type { SparseMatrix } from './sparse.ts';
import { rowProduct } from './sparse.ts';

/** A known phrasing, by its number, and how alike it is: the cosine, 0 to 1. */
export interface NearestPhrasing {
  readonly phrasing: number;
  readonly similarity: number;
}

/** The phrasings of each class, one after another: class `c` has `starts[c]` to `starts[c + 1]` of `rows`. */
export interface PhrasingsByClass {
  readonly starts: Int32Array;
  readonly rows: Int32Array;
}

export function groupByClass(labels: Int32Array, classCount: number): PhrasingsByClass {
  const starts = new Int32Array(classCount + 1);
  for (const label of labels) starts[label + 1]! += 1;
  for (let label = 0; label < classCount; label++) starts[label + 1]! += starts[label]!;
  const next = starts.slice();
  const rows = new Int32Array(labels.length);
  labels.forEach((label, row) => {
    rows[next[label]!++] = row;
  });
  return { starts, rows };
}

/** The nearest phrasing of a class to a text (`dense` of its scratch); -1 at similarity 0 where nothing is shared. */
export function findNearest(
  dense: Float32Array,
  phrasings: SparseMatrix,
  { starts, rows }: PhrasingsByClass,
  label: number,
): NearestPhrasing {
  let phrasing = -1;
  let similarity = 0;
  for (let at = starts[label]!; at < starts[label + 1]!; at++) {
    const row = rows[at]!;
    const alike = rowProduct(phrasings, row, dense);
    if (alike > similarity) {
      similarity = alike;
      phrasing = row;
    }
  }
  return { phrasing, similarity };
}
