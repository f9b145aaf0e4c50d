import { transition, setup, assign, initialTransition } from 'xstate';
import type { SessionState } from '../src/domain/conversation.ts';
import type { EngineEvent } from '../src/flow/event.ts';
import { step } from '../src/flow/engine.ts';
import { benchProgram } from './program.ts';
import { perSecond } from './measure.ts';

const words = ['hello', 'Amal', '4'] as const;

/** Steps per second of the same three-turn dialogue, the state round-tripped through JSON each turn, beside xstate's bare transition. */
export function benchEngine(seconds: number) {
  const program = benchProgram();
  const context = { isOpen: true, opensAt: null, queueLength: 0, timeZone: 'Asia/Riyadh' };
  const events = words.map((text, index): EngineEvent => ({
    ...{ at: 1_770_000_000_000 + index, language: 'en', context },
    ...{ type: 'message', content: { type: 'text', text }, messageId: `m${index}` },
  }));
  const ours = perSecond(seconds, words.length, () => {
    let state: SessionState | null = null;
    for (const event of events) {
      const stepped = step(program, state, event);
      state = stepped.state === null ? null : (JSON.parse(JSON.stringify(stepped.state)) as SessionState);
    }
  });
  return { ours, xstate: benchXstate(seconds) };
}

function benchXstate(seconds: number): number {
  const machine = setup({
    types: { context: {} as { name: string; people: number }, events: {} as { type: 'message'; text: string } },
    actions: { say: () => {} },
    guards: { isNumber: ({ event }) => Number.isInteger(Number(event.text)) },
  }).createMachine({
    context: { name: '', people: 0 },
    initial: 'begin',
    states: {
      begin: { on: { message: { target: 'name', actions: { type: 'say' } } } },
      name: {
        on: { message: { target: 'people', actions: [assign({ name: ({ event }) => event.text }), { type: 'say' }] } },
      },
      people: {
        on: {
          message: [
            {
              guard: 'isNumber',
              target: 'done',
              actions: [assign({ people: ({ event }) => Number(event.text) }), { type: 'say' }],
            },
            { actions: { type: 'say' } },
          ],
        },
      },
      done: { type: 'final' },
    },
  });
  const [initial] = initialTransition(machine);
  return perSecond(seconds, words.length, () => {
    let snapshot = initial;
    for (const text of words) [snapshot] = transition(machine, snapshot, { type: 'message', text });
  });
}
