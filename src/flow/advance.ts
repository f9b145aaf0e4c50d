import type { Json } from '../domain/effect.ts';
import { fail } from './failure.ts';
import type { Input, Move } from './node-kind.ts';
import { mayBeLarge, type Run } from './run.ts';
import type { Wait } from './state.ts';

/** Nodes that one event may pass. */
const MOST_NODES = 100;
/** Flows that may run inside one another. */
const DEEPEST_STACK = 8;

/** Goes on from node to node until one waits, the session ends, or a limit is met. */
export function advance(run: Run, first: Move): void {
  let move: Move | null = first;
  for (let visited = 0; move !== null; visited += 1) {
    if (visited > MOST_NODES) {
      dropRepetitions(run);
      fail(run, 'too-many-nodes');
      return;
    }
    move = follow(run, move);
  }
}

/** Runs a flow on top of the stack. `interrupts`: the question beneath is asked again when it has ended. */
export function startFlow(
  run: Run,
  id: string,
  parameters: Readonly<Record<string, Json>>,
  options: { readonly interrupts?: boolean } = {},
): void {
  const entered = pushFlow(run, id, parameters, options.interrupts === true);
  if (entered !== null) advance(run, entered);
}

/** Gives an input to the waiting node. */
export function give(run: Run, input: Input): Move {
  return run.node()?.step.receive?.(run, input) ?? { to: 'unexpected' };
}

/** Asks the waiting question again. */
export function repeatQuestion(run: Run): void {
  run.node()?.step.repeat?.(run);
}

// A loop has said the same again and again; nobody shall read that.
function dropRepetitions(run: Run): void {
  let sent = 0;
  const kept = run.effects.filter((effect) => effect.type !== 'send' || ++sent <= 3);
  run.effects.splice(0, run.effects.length, ...kept);
}

function follow(run: Run, move: Move): Move | null {
  switch (move.to) {
    case 'exit':
      return takeExit(run, move.exit);
    case 'flow':
      return pushFlow(run, move.flow, move.parameters, false);
    case 'return':
      return returnFrom(run, move.outcome);
    case 'stop':
      run.hasEnded = true;
      return null;
    case 'wait':
    case 'unexpected':
      return null;
    default:
      return move satisfies never;
  }
}

function takeExit(run: Run, exit: string): Move | null {
  const target = run.node()?.node.exits?.[exit];
  if (target === undefined) {
    fail(run, exit === 'failed' ? 'result-failed' : 'exit-missing');
    return null;
  }
  return enterNode(run, target);
}

function enterNode(run: Run, id: string): Move | null {
  run.frame.node = id;
  run.state.wait = null;
  const node = run.node();
  if (node === undefined) {
    fail(run, 'node-missing');
    return null;
  }
  return node.step.enter(run);
}

function pushFlow(run: Run, id: string, parameters: Readonly<Record<string, Json>>, interrupts: boolean): Move | null {
  const { state } = run;
  const compiled = run.program.flow(id);
  if (compiled === undefined || state.frames.length >= DEEPEST_STACK) {
    fail(run, compiled === undefined ? 'flow-missing' : 'sub-flow-too-deep');
    return null;
  }
  const { flow } = compiled;
  const variables: Record<string, Json> = {};
  let isMissing = false;
  for (const [name, parameter] of Object.entries(flow.parameters ?? {})) {
    const given = Object.hasOwn(parameters, name) ? parameters[name] : parameter.default;
    variables[name] = given ?? null;
    isMissing ||= given === undefined;
  }
  const asked = state.wait?.offer === undefined ? state.wait : (state.wait.under ?? null);
  if (interrupts && asked !== null) run.frame.wait = asked;
  state.wait = null;
  state.count += 1;
  state.frames.push({
    id: state.count,
    flow: flow.id,
    version: flow.version,
    node: flow.start,
    variables,
    ...(interrupts ? { interrupts } : {}),
  });
  if (isMissing) run.record('parameter-missing');
  if (Object.values(variables).some(mayBeLarge)) run.hasGrown = true;
  return enterNode(run, flow.start);
}

function returnFrom(run: Run, outcome: string): Move | null {
  const { state } = run;
  const ended = run.frame;
  state.frames.pop();
  if (state.frames.length === 0) {
    run.hasEnded = true;
    return null;
  }
  state.trail = state.trail.filter(([frame]) => frame !== ended.id);
  if (state.answered?.frame === ended.id) delete state.answered;
  if (ended.interrupts === true) return resume(run);
  const results: Record<string, Json> = {};
  for (const name of run.program.flow(ended.flow, ended.version)?.flow.results ?? [])
    results[name] = ended.variables[name] ?? null;
  return give(run, { type: 'returned', outcome, results });
}

// Back to the question that was interrupted, or on with what it waited for, if that came meanwhile.
function resume(run: Run): Move | null {
  const wait: Wait | undefined = run.frame.wait;
  if (wait === undefined) {
    run.hasEnded = true;
    return null;
  }
  const { arrived, ...open } = wait;
  run.state.wait = open;
  delete run.frame.wait;
  if (arrived !== undefined)
    return give(run, open.for === 'result' ? { type: 'result', result: arrived.result ?? null } : { type: 'timer' });
  repeatQuestion(run);
  return null;
}
