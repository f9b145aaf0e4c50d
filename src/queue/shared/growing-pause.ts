const firstPauseMs = 500;
const longestPauseMs = 30_000;

/** How long a bell rests after its n-th failure in a row (counted from 1): 0.5 s, doubling, 30 s at most. */
export function growingPause(failures: number): number {
  return Math.min(firstPauseMs * 2 ** (failures - 1), longestPauseMs);
}
