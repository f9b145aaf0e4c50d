/** One observation: its signs, whether the outcome came true, and how much it counts. */
export interface Observation {
  readonly signs: readonly number[];
  readonly isTrue: boolean;
  readonly weight: number;
}

/**
 * Fits a logistic curve by Newton's method with a light ridge, so that signs which never vary keep a weight of nearly zero.
 * Deterministic; needs at least one observation.
 */
export function fitLogistic(observations: readonly Observation[]): { weights: number[]; intercept: number } {
  const size = (observations[0]?.signs.length ?? 0) + 1;
  let beta = Array.from({ length: size }, () => 0);
  for (let round = 0; round < 25; round++) {
    const gradient = beta.map((value) => -RIDGE * value);
    const curvature = beta.map((_, row) => beta.map((_, column) => (row === column ? RIDGE : 0)));
    for (const { signs, isTrue, weight } of observations) {
      const inputs = [...signs, 1];
      const probability = toProbability(signs, beta.slice(0, -1), beta[size - 1]!);
      const error = weight * ((isTrue ? 1 : 0) - probability);
      const slope = Math.max(weight * probability * (1 - probability), 1e-9);
      for (let row = 0; row < size; row++) {
        gradient[row]! += error * inputs[row]!;
        for (let column = 0; column < size; column++)
          curvature[row]![column]! += slope * inputs[row]! * inputs[column]!;
      }
    }
    const change = solve(curvature, gradient);
    beta = beta.map((value, place) => value + change[place]!);
    if (Math.max(...change.map(Math.abs)) < 1e-6) break;
  }
  return { weights: beta.slice(0, -1), intercept: beta[size - 1]! };
}

export function toProbability(signs: readonly number[], weights: readonly number[], intercept: number): number {
  let sum = intercept;
  for (let place = 0; place < weights.length; place++) sum += weights[place]! * (signs[place] ?? 0);
  return 1 / (1 + Math.exp(-Math.max(-30, Math.min(30, sum))));
}

const RIDGE = 1;

/** Gaussian elimination with pivoting; the ridge keeps the matrix regular. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, index) => [...row, right[index]!]);
  const size = rows.length;
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let row = column + 1; row < size; row++)
      if (Math.abs(rows[row]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = row;
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    for (let row = 0; row < size; row++) {
      if (row === column) continue;
      const factor = rows[row]![column]! / rows[column]![column]!;
      for (let at = column; at <= size; at++) rows[row]![at]! -= factor * rows[column]![at]!;
    }
  }
  return rows.map((row, index) => row[size]! / row[index]!);
}
