import type { SessionState } from '../domain/conversation.ts';
import type { Effect } from '../domain/effect.ts';
import { advance, give, repeatQuestion, startFlow } from './advance.ts';
import type { EngineEvent } from './event.ts';
import { fail, offerHelp } from './failure.ts';
import { lostMediaText } from './lost-media.ts';
import type { Program } from './program.ts';
import { begin, receiveMessage, receivePending } from './receive-message.ts';
import { Run } from './run.ts';
import { copyState, createState, toSessionState, type State, type Wait } from './state.ts';

export type { EngineContext } from './context.ts';
export type { EngineEvent } from './event.ts';

/** Characters of JSON that all variables of a session may take together. */
const LARGEST_VARIABLES = 32_768;
/** Events that may follow one another without the person writing. */
const MOST_UNATTENDED = 50;

export interface Step {
  /** Null: there is no session (any more). */
  readonly state: SessionState | null;
  readonly effects: Effect[];
}

/**
 * What happens next: pure, synchronous, without clock, ids or luck, and it never throws on what a person typed. A state of null means no
 * session; a message then begins the entry flow (or the flow of the intent it is).
 */
export function step(program: Program, state: SessionState | null, event: EngineEvent): Step {
  const session = state === null ? null : copyState(state);
  const run = new Run(program, session ?? createState(event.at, toLanguage(program, event.language)), event);
  if (session === null) withoutSession(run, event);
  else withSession(run, event);
  return finish(run);
}

function withoutSession(run: Run, event: EngineEvent): void {
  switch (event.type) {
    case 'message':
      if (event.edited === true) {
        if (event.content.type === 'text') run.say(run.engineText('edit-noted'));
        run.hasEnded = true;
      } else begin(run, event);
      return;
    case 'start':
      if (run.program.flow(event.flowId) === undefined) {
        run.record('flow-missing');
        run.hasEnded = true;
      } else startFlow(run, event.flowId, event.parameters);
      return;
    case 'failed':
      run.record('event-parked');
      offerHelp(run, undefined);
      return;
    case 'media-lost':
      run.say(lostMediaText(run, event.refusal));
      run.hasEnded = true;
      return;
    case 'timer':
    case 'result':
      run.hasEnded = true;
      return;
    default:
      event satisfies never;
  }
}

function withSession(run: Run, event: EngineEvent): void {
  const { state } = run;
  if (isPinnedFlowMissing(run)) {
    fail(run, 'flow-missing');
    return;
  }
  if (event.type === 'message') {
    receiveMessage(run, event);
    return;
  }
  const unattended = (state.unattended ?? 0) + 1;
  state.unattended = unattended;
  if (unattended > MOST_UNATTENDED) {
    if (unattended === MOST_UNATTENDED + 1) fail(run, 'too-many-turns-without-input');
    return;
  }
  switch (event.type) {
    case 'timer':
      if (event.name === 'silence') endBySilence(run);
      else arrive(run, event.name.slice(event.name.indexOf(':') + 1), 'timer', {});
      break;
    case 'result':
      arrive(run, event.key, 'result', { result: event.result });
      break;
    case 'media-lost':
      loseMedia(run, event);
      break;
    case 'start':
      if (run.program.flow(event.flowId) === undefined) run.record('flow-missing');
      else startFlow(run, event.flowId, event.parameters, { interrupts: state.frames.length > 0 });
      break;
    case 'failed':
      run.record('event-parked');
      offerHelp(run, underOffer(state.wait));
      break;
    default:
      event satisfies never;
  }
  receivePending(run);
}

// A timer or result goes to the wait that it belongs to, also when that was interrupted meanwhile; others are stale.
function arrive(run: Run, id: string, kind: 'timer' | 'result', arrived: NonNullable<Wait['arrived']>): void {
  const { state } = run;
  if (state.wait?.offer !== undefined && state.wait.under?.id === id) state.wait = state.wait.under;
  const { wait } = state;
  if (wait?.id === id && (kind === 'timer' || wait.for === 'result')) {
    const move = give(run, kind === 'timer' ? { type: 'timer' } : { type: 'result', result: arrived.result ?? null });
    if (move.to !== 'unexpected') advance(run, move);
    return;
  }
  const interrupted = state.frames.find((frame) => frame.wait?.id === id);
  if (interrupted?.wait !== undefined) interrupted.wait = { ...interrupted.wait, arrived };
}

function endBySilence(run: Run): void {
  const { state } = run;
  const due = state.lastAt + silenceMsOf(run);
  if (run.at + 1000 < due || state.wait?.for !== 'person') {
    state.silenceAt = 0; // Set anew by `finish`.
    return;
  }
  const text = run.flow()?.silenceText;
  if (text !== null && text !== undefined) run.say(text(run));
  run.hasEnded = true;
}

function loseMedia(run: Run, { attachmentId, refusal }: Extract<EngineEvent, { type: 'media-lost' }>): void {
  const { state } = run;
  if (state.wait?.for === 'person' && state.wait.offer === undefined) {
    const data = state.wait.data as { readonly files?: readonly string[] } | undefined; // A media question's notes; other nodes have no `files`.
    if (data?.files?.includes(attachmentId) === true) {
      give(run, { type: 'media-lost', attachmentId, ...(refusal ? { refusal } : {}) });
      return;
    }
  }
  for (const frame of state.frames)
    for (const [name, value] of Object.entries(frame.variables))
      if (Array.isArray(value) && value.includes(attachmentId)) {
        frame.variables[name] = value.filter((id) => id !== attachmentId);
        if (frame.shown !== undefined)
          frame.shown = Object.fromEntries(Object.entries(frame.shown).filter(([key]) => key !== name));
      }
  run.say(lostMediaText(run, refusal));
  repeatQuestion(run);
}

function finish(run: Run): Step {
  const { state, effects } = run;
  if (!run.hasEnded && run.hasGrown && isTooLarge(state)) {
    state.frames = state.frames.map(({ shown: _, ...frame }) => ({ ...frame, variables: {} }));
    fail(run, 'variables-too-large');
  }
  if (run.hasEnded) return { state: null, effects };
  keepSilenceTimer(run);
  return { state: toSessionState(state), effects };
}

// Set once and looked at again when it fires, so that a turn does not cost a write of its own.
function keepSilenceTimer(run: Run): void {
  const { state } = run;
  if (state.wait?.for !== 'person') return;
  const afterMs = state.lastAt + silenceMsOf(run) - run.at;
  const isSet = state.silenceAt > run.at && state.silenceAt <= run.at + afterMs;
  if (isSet) return;
  state.silenceAt = run.at + Math.max(afterMs, 1000);
  run.emit({ type: 'set-timer', name: 'silence', afterMs: Math.max(afterMs, 1000) });
}

function silenceMsOf(run: Run): number {
  return run.flow()?.flow.silence?.afterMs ?? run.program.silenceMs;
}

function isTooLarge(state: State): boolean {
  return JSON.stringify(state.frames.map(({ variables, shown }) => [variables, shown])).length > LARGEST_VARIABLES;
}

function isPinnedFlowMissing(run: Run): boolean {
  return run.state.frames.some(({ flow, version }) => run.program.flow(flow, version) === undefined);
}

function underOffer(wait: Wait | null): Wait | undefined {
  return wait?.offer === undefined ? (wait ?? undefined) : wait.under;
}

function toLanguage(program: Program, language: string): string {
  return program.languages.includes(language) ? language : program.fallbackLanguage;
}
