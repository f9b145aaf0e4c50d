/** How often `work`, which does `units` at a time, does one unit a second; the first fifth warms up and does not count. */
export function perSecond(seconds: number, units: number, work: () => void): number {
  const warmUntil = performance.now() + seconds * 200;
  while (performance.now() < warmUntil) work();
  const begin = performance.now();
  let done = 0;
  while (performance.now() - begin < seconds * 1000) {
    for (let round = 0; round < 50; round += 1) work();
    done += 50 * units;
  }
  return done / ((performance.now() - begin) / 1000);
}

/** The value below which `share` of the measured ones lie. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
