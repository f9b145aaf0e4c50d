import { advance, repeatQuestion, startFlow } from './advance.ts';
import type { Json } from '../domain/effect.ts';
import { handOver } from './hand-over.ts';
import type { Run } from './run.ts';

/** Does what a global intent is bound to. Its flow may declare the parameter `interrupts`: whether a question waits beneath. */
export function runIntent(run: Run, intent: string, parameters: Readonly<Record<string, Json>> = {}): void {
  const binding = run.program.binding(intent);
  if (binding === undefined) return;
  if ('action' in binding) {
    if (binding.action === 'back') goBack(run);
    else cancel(run);
    return;
  }
  if (binding.then !== 'resume') dropAll(run);
  else leaveEarlierRun(run, binding.flow);
  const interrupts = run.state.frames.length > 0;
  startFlow(run, binding.flow, { ...parameters, interrupts }, { interrupts });
}

/** Shows the menu, dropping what was going on. */
export function showMenu(run: Run): void {
  dropAll(run);
  const binding = run.program.binding('menu');
  startFlow(run, binding !== undefined && 'flow' in binding ? binding.flow : run.program.entryFlowId, {});
}

/** Calls an officer: by the flow bound to «human», or, where there is none, at once. */
export function callHuman(run: Run): void {
  const binding = run.program.binding('human');
  if (binding !== undefined && 'flow' in binding && run.program.flow(binding.flow) !== undefined) {
    runIntent(run, 'human', { reason: 'failed' });
    return;
  }
  handOver(run, { reason: 'failed', urgency: 'normal' });
  run.hasEnded = true;
}

function cancel(run: Run): void {
  run.say(run.engineText('cancelled'));
  showMenu(run);
}

function dropAll(run: Run): void {
  run.state.frames = [];
  run.state.trail = [];
  run.state.wait = null;
  delete run.state.answered;
}

// A flow that interrupts itself would pile up: the earlier run is left, and the question beneath both stays.
function leaveEarlierRun(run: Run, flow: string): void {
  const { state } = run;
  const earlier = state.frames.findIndex((frame) => frame.interrupts === true && frame.flow === flow);
  if (earlier < 0) return;
  state.frames.length = earlier;
  const alive = new Set(state.frames.map(({ id }) => id));
  state.trail = state.trail.filter(([frame]) => alive.has(frame));
  state.wait = null;
}

// The trail holds only questions of flows that still run, so the one before is always somewhere to go.
function goBack(run: Run): void {
  const { state } = run;
  const previous = state.trail[state.trail.length - 2];
  const frame = previous === undefined ? -1 : state.frames.findIndex(({ id }) => id === previous[0]);
  const first = state.frames.findLastIndex((one) => one.interrupts === true);
  if (previous === undefined || frame < 0 || frame < first) {
    run.say(run.engineText('back-first'));
    repeatQuestion(run);
    return;
  }
  state.trail.length -= 2;
  state.frames.length = frame + 1;
  delete state.answered;
  run.frame.node = previous[1];
  state.wait = null;
  const node = run.node();
  if (node !== undefined) advance(run, node.step.enter(run));
}
