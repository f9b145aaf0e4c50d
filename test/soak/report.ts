import { recordLimitMs } from './verdict.ts';
import type { SoakResult } from './run-soak.ts';

/** A soak's result in one line, and one more for each problem. */
export function describeSoak(name: string, result: SoakResult): string {
  const { kills, messages, replies, repeats, longestUnrecordedMs, problems, quietAfterMs, medianReadyMs } = result;
  const facts = [
    `${kills} kills`,
    `${messages} messages`,
    `${replies} answered once and in order`,
    `${repeats.lost} sent again after a lost answer`,
    `${repeats.unrecorded} after an answer that was not in the store yet, given at most ${longestUnrecordedMs} ms before a kill (at most ${recordLimitMs})`,
    `all quiet ${(quietAfterMs / 1000).toFixed(1)} s after the last message`,
    `ready in ${medianReadyMs} ms (median)`,
    `${result.seconds.toFixed(0)} s in all`,
  ];
  return [`${name}: ${facts.join(', ')}`, ...problems.map((problem) => `  PROBLEM ${problem}`)].join('\n');
}
