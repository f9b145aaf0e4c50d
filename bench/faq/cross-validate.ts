import type { Row } from './rows.ts';

/** A part held out and the rest; every row is held out once. */
export interface Fold {
  readonly train: readonly Row[];
  readonly test: readonly Row[];
}

/** Splits rows in the same way each time, every intent over all folds alike. */
export function toFolds(rows: readonly Row[], count: number): Fold[] {
  const seen = new Map<string | null, number>();
  const folds = rows.map(({ intent }) => {
    const place = seen.get(intent) ?? 0;
    seen.set(intent, place + 1);
    return place % count;
  });
  return Array.from({ length: count }, (_, fold) => ({
    train: rows.filter((_, place) => folds[place] !== fold),
    test: rows.filter((_, place) => folds[place] === fold),
  }));
}

/** At most `wanted` rows of each intent, drawn by `seed`; rows without an intent all stay. */
export function drawFew(rows: readonly Row[], wanted: number, seed: number): Row[] {
  let state = seed;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 0x100000000;
  };
  const shuffled = rows.map((row) => ({ row, key: next() })).sort((a, b) => a.key - b.key);
  const taken = new Map<string, number>();
  return shuffled.flatMap(({ row }) => {
    if (row.intent === null) return [row];
    const count = taken.get(row.intent) ?? 0;
    taken.set(row.intent, count + 1);
    return count < wanted ? [row] : [];
  });
}
