const smallestGrainMs = 16;
const partsOfDelay = 16;
const longestDelayMs = 24 * 60 * 60_000;

/**
 * When a delayed bell rings: the asked time, moved later to the end of a slot by at most a sixteenth of the delay (or 16 ms).
 * Bells of one key that end in the same slot are one bell. So no bell rings before its time, none is lost to another that is due
 * earlier or later, and however often a key is rung, at most about 32 of its bells wait for each doubling of the delay.
 *
 * @returns Milliseconds since the epoch, a day ahead at most: due times live in the store, and its sweep sees to longer ones.
 */
export function dueSlot(now: number, delayMs: number): number {
  const delay = Math.min(Math.max(delayMs, 1), longestDelayMs);
  const grain = Math.max(smallestGrainMs, 2 ** Math.floor(Math.log2(delay / partsOfDelay)));
  return Math.ceil((now + delay) / grain) * grain;
}
