import type { SparseMatrix } from './sparse.ts';
import { transpose } from './sparse.ts';

/** One hyperplane a class: `weights` has a row for each feature with the classes it speaks for or against. */
export interface LinearSvm {
  readonly weights: SparseMatrix;
  readonly bias: Float32Array;
}

/**
 * One-vs-rest linear support vector machines with squared hinge loss, each solved in the dual by coordinate descent
 * with shrinking (Hsieh et al. 2008, as in LIBLINEAR). Deterministic: the order of visits comes from a fixed seed.
 *
 * Classes are fitted one at a time over one dense vector and kept sparse, so memory grows with what the phrasings say
 * and not with classes x features. `onClass` hears the progress.
 */
export function fitSvm(
  documents: SparseMatrix,
  labels: Int32Array,
  classCount: number,
  featureCount: number,
  options: { cost?: number; epochs?: number; prune?: number } = {},
): LinearSvm {
  const cost = options.cost ?? 1;
  const epochs = options.epochs ?? 12;
  const prune = options.prune ?? 0.01;
  const { starts, columns, values } = documents;
  const count = labels.length;
  const diagonal = 1 / (2 * cost);
  const squares = new Float32Array(count);
  for (let row = 0; row < count; row++) {
    let sum = BIAS * BIAS + diagonal;
    for (let at = starts[row]!; at < starts[row + 1]!; at++) sum += values[at]! * values[at]!;
    squares[row] = sum;
  }
  const weights = new Float32Array(featureCount);
  const alphas = new Float32Array(count);
  const order = new Int32Array(count);
  const bias = new Float32Array(classCount);
  const rows: { ids: Int32Array; values: Float32Array }[] = [];
  let seed = 1;
  for (let label = 0; label < classCount; label++) {
    weights.fill(0);
    alphas.fill(0);
    for (let row = 0; row < count; row++) order[row] = row;
    let active = count;
    let offset = 0;
    let ceiling = Number.POSITIVE_INFINITY;
    for (let epoch = 0; epoch < epochs; epoch++) {
      let largest = 0;
      for (let place = active - 1; place > 0; place--) {
        seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
        const other = Math.floor((seed / 4294967296) * (place + 1));
        const kept = order[place]!;
        order[place] = order[other]!;
        order[other] = kept;
      }
      for (let place = 0; place < active; place++) {
        const row = order[place]!;
        const sign = labels[row] === label ? 1 : -1;
        const begin = starts[row]!;
        const end = starts[row + 1]!;
        let score = offset * BIAS;
        for (let at = begin; at < end; at++) score += weights[columns[at]!]! * values[at]!;
        const alpha = alphas[row]!;
        const gradient = sign * score - 1 + diagonal * alpha;
        if (alpha === 0 && gradient > ceiling) {
          active -= 1;
          order[place] = order[active]!;
          order[active] = row;
          place -= 1;
          continue;
        }
        const violation = alpha === 0 ? Math.min(gradient, 0) : gradient;
        if (Math.abs(violation) > largest) largest = Math.abs(violation);
        if (Math.abs(violation) < 1e-6) continue;
        const next = Math.max(0, alpha - gradient / squares[row]!);
        const change = (next - alpha) * sign;
        if (change === 0) continue;
        alphas[row] = next;
        offset += change * BIAS;
        for (let at = begin; at < end; at++) weights[columns[at]!]! += change * values[at]!;
      }
      ceiling = largest;
      if (largest < TOLERANCE) break;
    }
    bias[label] = offset * BIAS;
    let kept = 0;
    for (let id = 0; id < featureCount; id++) if (Math.abs(weights[id]!) >= prune) kept += 1;
    const ids = new Int32Array(kept);
    const chosen = new Float32Array(kept);
    for (let id = 0, at = 0; id < featureCount; id++) {
      if (Math.abs(weights[id]!) >= prune) {
        ids[at] = id;
        chosen[at] = weights[id]!;
        at += 1;
      }
    }
    rows.push({ ids, values: chosen });
  }
  return { weights: transpose(joinRows(rows), featureCount), bias };
}

const BIAS = 1;
const TOLERANCE = 0.05;

function joinRows(rows: { ids: Int32Array; values: Float32Array }[]): SparseMatrix {
  const starts = new Int32Array(rows.length + 1);
  rows.forEach((row, index) => {
    starts[index + 1] = starts[index]! + row.ids.length;
  });
  const size = starts[rows.length]!;
  const columns = new Int32Array(size);
  const values = new Float32Array(size);
  rows.forEach((row, index) => {
    columns.set(row.ids, starts[index]!);
    values.set(row.values, starts[index]!);
  });
  return { starts, columns, values };
}
