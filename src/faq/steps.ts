/** Long work cut into steps of a few milliseconds: a step is done at each `next`. */
export type Steps<Result> = Generator<void, Result, void>;

/** Does all steps at once, as a thread may whom nobody waits for. */
export function finish<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Does the steps in turns of the event loop, from the next one on; each holds it for {@link LONGEST_TURN_MS} and one step at most. */
export function takeTurns<Result>(steps: Steps<Result>): Promise<Result>;
/** Gives null, the rest left undone, when a turn comes and the result `isWanted` no longer. */
export function takeTurns<Result>(steps: Steps<Result>, isWanted: () => boolean): Promise<Result | null>;
export async function takeTurns<Result>(
  steps: Steps<Result>,
  isWanted: () => boolean = () => true,
): Promise<Result | null> {
  for (;;) {
    await nextTurn();
    if (!isWanted()) return null;
    const turnStartedAt = performance.now();
    do {
      const step = steps.next();
      if (step.done === true) return step.value;
    } while (performance.now() - turnStartedAt < LONGEST_TURN_MS);
  }
}

export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const LONGEST_TURN_MS = 4;
