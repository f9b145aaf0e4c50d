import { toLikelihood } from './naive-bayes.ts';
import type { Query } from './query.ts';
import type { SparseMatrix } from './sparse.ts';

/** How alike a text is to what a class holds. */
export interface Likeness {
  /** The nearest known phrasing, by its number; -1 at similarity 0 where nothing is shared. */
  readonly phrasing: number;
  /** Its cosine, 0 to 1. */
  readonly similarity: number;
  /** What naive Bayes says of the class (`toLikelihood`). */
  readonly likelihood: number;
}

/** The phrasings of each class, one after another: class `c` has `starts[c]` to `starts[c + 1]` of `rows`. */
export interface PhrasingsByClass {
  readonly starts: Int32Array;
  readonly rows: Int32Array;
  /** The sum of all weights in the phrasings of a class; summed when it is first asked for, since all of them are millions. */
  readonly massOf: (label: number) => number;
}

export function groupByClass(labels: Int32Array, classCount: number, phrasings: SparseMatrix): PhrasingsByClass {
  const starts = new Int32Array(classCount + 1);
  for (const label of labels) starts[label + 1]! += 1;
  for (let label = 0; label < classCount; label++) starts[label + 1]! += starts[label]!;
  const next = starts.slice();
  const rows = new Int32Array(labels.length);
  labels.forEach((label, row) => {
    rows[next[label]!++] = row;
  });
  const masses = new Map<number, number>();
  const massOf = (label: number): number => {
    const known = masses.get(label);
    if (known !== undefined) return known;
    let mass = 0;
    for (const row of rows.subarray(starts[label], starts[label + 1])) {
      for (let at = phrasings.starts[row]!; at < phrasings.starts[row + 1]!; at++) mass += phrasings.values[at]!;
    }
    masses.set(label, mass);
    return mass;
  };
  return { starts, rows, massOf };
}

/** In one pass over the phrasings of a class: most of the time of a query goes here. */
export function measureLikeness(
  { vector, places, weights }: Query,
  { starts, columns, values }: SparseMatrix,
  byClass: PhrasingsByClass,
  label: number,
): Likeness {
  const sums = new Float64Array(weights.length);
  let phrasing = -1;
  let similarity = 0;
  for (let index = byClass.starts[label]!; index < byClass.starts[label + 1]!; index++) {
    const row = byClass.rows[index]!;
    let alike = 0;
    for (let at = starts[row]!, end = starts[row + 1]!; at < end; at++) {
      const place = places[columns[at]!]!;
      if (place === 0) continue;
      const value = values[at]!;
      alike += weights[place - 1]! * value;
      sums[place - 1]! += value;
    }
    if (alike > similarity) {
      similarity = alike;
      phrasing = row;
    }
  }
  return { phrasing, similarity, likelihood: toLikelihood(vector, sums, byClass.massOf(label), places.length) };
}
