import { handOver } from './hand-over.ts';
import type { FailureCode, Run } from './run.ts';
import type { Wait } from './state.ts';

/**
 * Ends what cannot go on: records why, apologises, and offers an officer or the menu. A question that was interrupted by what failed stays
 * open beneath the offer.
 */
export function fail(run: Run, code: FailureCode): void {
  run.record(code);
  const { state } = run;
  let under: Wait | undefined;
  while (state.frames.length > 0 && under === undefined) {
    const dropped = state.frames.pop();
    if (dropped?.interrupts !== true) continue;
    under = run.frame.wait;
    delete run.frame.wait;
  }
  const alive = new Set(state.frames.map(({ id }) => id));
  state.trail = state.trail.filter(([frame]) => alive.has(frame));
  delete state.answered;
  offerHelp(run, under);
}

/** Apologises and offers an officer; `under` is the question that waits on. */
export function offerHelp(run: Run, under: Wait | undefined): void {
  const { state } = run;
  state.count += 1;
  state.wait = {
    id: `${state.session}.${state.count}`,
    for: 'person',
    tries: 0,
    since: run.at,
    offer: 'failed',
    ...(under === undefined ? {} : { under }),
  };
  const keys = under === undefined ? (['human', 'menu'] as const) : (['again', 'human', 'menu'] as const);
  run.say(
    run.engineText('failure'),
    keys.map((key) => run.choice(`$${key}`, run.engineText(`button-${key}`))),
  );
}

/** Hands over after a failure, by nothing but the engine: flows may be what failed. */
export function handOverAfterFailure(run: Run): void {
  handOver(run, { reason: 'failed', urgency: 'normal' });
  run.hasEnded = true;
}
