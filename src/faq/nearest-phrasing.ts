import type { SparseMatrix, SparseVector } from './sparse.ts';
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

/**
 * The nearest phrasing of each of `classes`, -1 at similarity 0 where nothing is shared. Only the classes that the classifier
 * holds likely are compared: that keeps a query of 20,000 phrasings well under a millisecond. `known` is the share of the
 * text that the vocabulary knows: what it does not know makes the text less like anything known.
 */
export function findNearest(
  { vector, known }: { vector: SparseVector; known: number },
  phrasings: SparseMatrix,
  featureCount: number,
  { starts, rows }: PhrasingsByClass,
  classes: readonly number[],
): NearestPhrasing[] {
  const dense = new Float32Array(featureCount);
  vector.ids.forEach((id, place) => {
    dense[id] = vector.values[place]!;
  });
  const share = Math.sqrt(known);
  return classes.map((label) => {
    let nearest: NearestPhrasing = { phrasing: -1, similarity: 0 };
    for (let at = starts[label]!; at < starts[label + 1]!; at++) {
      const similarity = rowProduct(phrasings, rows[at]!, dense) * share;
      if (similarity > nearest.similarity) nearest = { phrasing: rows[at]!, similarity };
    }
    return nearest;
  });
}
