import { advance, give } from './advance.ts';
import type { Run } from './run.ts';
import type { State } from './state.ts';

/**
 * A person changed a message they sent before. If it is the answer given last and the new text answers the same question, it takes the
 * old one's place and the flow goes on from there again; otherwise the person is told, kindly, that the old one stands.
 */
export function receiveEdit(run: Run, text: string): void {
  if (isAnsweredAnew(run, text)) return;
  run.say(run.engineText('edit-noted'));
}

function isAnsweredAnew(run: Run, text: string): boolean {
  const { state } = run;
  const { answered } = state;
  if (answered === undefined) return false;
  if (answered.messageId !== undefined && run.messageId !== undefined && answered.messageId !== run.messageId)
    return false;
  const depth = state.frames.findIndex(({ id }) => id === answered.frame);
  if (depth < 0) return false;
  const before = JSON.stringify(state);
  const sent = run.effects.length;
  state.frames.length = depth + 1;
  run.frame.node = answered.node;
  delete run.frame.wait;
  state.wait = null;
  run.open('person');
  const move = give(run, { type: 'text', text });
  if (move.to !== 'exit' || run.effects.length > sent) {
    run.effects.length = sent;
    Object.assign(state, JSON.parse(before) as State); // What was just written.
    return false;
  }
  const asked = state.trail.findIndex(([frame, node]) => frame === answered.frame && node === answered.node);
  if (asked >= 0) state.trail.length = asked + 1;
  run.say(run.engineText('edit-taken'));
  advance(run, move);
  return true;
}
