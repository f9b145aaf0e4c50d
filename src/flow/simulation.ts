import type { SessionState } from '../domain/conversation.ts';
import type { Effect, Json } from '../domain/effect.ts';
import { toId } from '../domain/ids.ts';
import type { FileRefusal, InboundContent, MediaKind, OutboundContent } from '../domain/message.ts';
import { step, type EngineContext, type EngineEvent } from './engine.ts';
import type { Program } from './program.ts';

/** What somebody does in a simulated conversation. Used by conversation tests, the terminal chat and the editor. */
export type Action =
  | { readonly say: string }
  /** A button by its id or label; `old` looks among those of earlier messages. */
  | { readonly tap: string; readonly old?: boolean }
  /** Changes the text said last, or the one `of` texts ago (1 is the last). */
  | { readonly edit: string; readonly of?: number }
  | { readonly send: InboundContent }
  | { readonly timer: string }
  | { readonly result: Json }
  /** The n-th file sent could not be fetched. */
  | { readonly mediaLost: number; readonly refusal?: FileRefusal }
  | { readonly start: { readonly flow: string; readonly parameters?: Readonly<Record<string, Json>> } }
  | { readonly fail: true };

export interface Reaction {
  readonly sent: readonly OutboundContent[];
  /** Everything but `send`. */
  readonly effects: readonly Effect[];
  /** Why the action could not be done (no such button ...). */
  readonly problem?: string;
}

export interface SimulationOptions {
  readonly language: string;
  readonly context?: Partial<EngineContext>;
  /** The answers to effects that have one, by the effect's type. */
  readonly results?: Readonly<Record<string, Json>>;
  /** When it begins, milliseconds since the epoch. */
  readonly at?: number;
}

/** A conversation without channels, store or clock: time passes when told, results come by themselves. */
export interface Simulation {
  readonly state: SessionState | null;
  readonly at: number;
  readonly language: string;
  context: EngineContext;
  act(action: Action): Reaction;
  /** Lets the time go on; timers that are due within it fire. */
  pass(milliseconds: number): Reaction;
  /** Gives the results that are awaited. */
  settleResults(): Reaction;
}

export const defaultResults: Readonly<Record<string, Json>> = {
  'open-case': { reference: 'W-1000009' },
  'find-case': { found: false, cases: [] },
  link: { is: 'alone', channels: [] },
  call: { ok: false, status: 0 },
};

// A Sunday at noon in Madinah.
const usualStart = Date.UTC(2026, 2, 15, 9, 0, 0);

const usualContext: EngineContext = {
  isOpen: true,
  opensAt: null,
  queueLength: 0,
  timeZone: 'Asia/Riyadh',
};

export function createSimulation(program: Program, options: SimulationOptions): Simulation {
  let state: SessionState | null = null;
  let at = options.at ?? usualStart;
  let { language } = options;
  let context: EngineContext = { ...usualContext, ...options.context };
  const results = { ...defaultResults, ...options.results };
  const timers = new Map<string, number>();
  const awaited: { key: string; type: string }[] = [];
  const messages: OutboundContent[] = [];
  const said: string[] = [];
  const files: string[] = [];

  const apply = (event: UntimedEvent): Reaction => {
    // Every state goes through JSON, as it does in the store.
    const before: SessionState | null = state === null ? null : (JSON.parse(JSON.stringify(state)) as SessionState); // What was just written.
    const { state: after, effects } = step(program, before, { at, language, context, ...event });
    state = after;
    for (const effect of effects) note(effect);
    const sent = effects.filter((effect) => effect.type === 'send').map(({ content }) => content);
    messages.push(...sent);
    return { sent, effects: effects.filter(({ type }) => type !== 'send') };
  };
  const note = (effect: Effect): void => {
    if (effect.type === 'set-timer') timers.set(effect.name, at + effect.afterMs);
    if (effect.type === 'cancel-timer') timers.delete(effect.name);
    if (effect.type === 'set-language') language = effect.language;
    if (effect.type === 'set-consent') context = { ...context, consent: effect.consent };
    if ('key' in effect) awaited.push({ key: effect.key, type: effect.type });
  };
  const fire = (name: string): Reaction => {
    timers.delete(name);
    return apply({ type: 'timer', name });
  };
  const message = (content: InboundContent, more: { edited?: boolean; messageId?: string } = {}): Reaction => {
    if (content.type !== 'media') return apply({ type: 'message', content, ...more });
    files.push(`file-${files.length + 1}`);
    return apply({ type: 'message', content, attachmentId: toId(files.at(-1) ?? ''), ...more });
  };
  const act = (action: Action): Reaction => {
    if ('say' in action) {
      said.push(action.say);
      return message({ type: 'text', text: action.say }, { messageId: `said-${said.length}` });
    }
    if ('tap' in action) {
      const choice = findChoice(messages, action.tap, action.old === true);
      return choice === undefined
        ? refuse(`there is no button "${action.tap}"`)
        : message({ type: 'choice', choiceId: choice });
    }
    if ('edit' in action) {
      const number = said.length - (action.of ?? 1) + 1;
      if (number < 1) return refuse('nothing was said that could be edited');
      return message({ type: 'text', text: action.edit }, { edited: true, messageId: `said-${number}` });
    }
    if ('send' in action) return message(action.send);
    if ('timer' in action) {
      const name = [...timers.keys()].find((known) => known === action.timer || known.startsWith(`${action.timer}:`));
      if (name === undefined) return refuse(`no timer "${action.timer}" is set`);
      at = Math.max(at, timers.get(name) ?? at);
      return fire(name);
    }
    if ('result' in action) {
      const first = awaited.shift();
      return first === undefined
        ? refuse('no result is awaited')
        : apply({ type: 'result', key: first.key, result: action.result });
    }
    if ('mediaLost' in action) {
      const file = files[action.mediaLost - 1];
      return file === undefined
        ? refuse(`no file ${action.mediaLost} was sent`)
        : apply({ type: 'media-lost', attachmentId: toId(file), ...(action.refusal && { refusal: action.refusal }) });
    }
    if ('start' in action)
      return apply({ type: 'start', flowId: action.start.flow, parameters: action.start.parameters ?? {} });
    return apply({ type: 'failed' });
  };
  const settleResults = (): Reaction => {
    let reaction = nothing;
    for (let first = awaited.shift(); first !== undefined; first = awaited.shift())
      reaction = join(reaction, apply({ type: 'result', key: first.key, result: results[first.type] ?? null }));
    return reaction;
  };
  return {
    get state() {
      return state;
    },
    get at() {
      return at;
    },
    get language() {
      return language;
    },
    get context() {
      return context;
    },
    set context(changed) {
      context = changed;
    },
    act,
    settleResults,
    pass: (milliseconds) => {
      const until = at + milliseconds;
      let reaction = nothing;
      for (;;) {
        const [due] = [...timers].filter(([, time]) => time <= until).sort(([, left], [, right]) => left - right);
        if (due === undefined) break;
        at = Math.max(at, due[1]);
        reaction = join(reaction, fire(due[0]));
      }
      at = until;
      return reaction;
    },
  };
}

export function join(first: Reaction, second: Reaction): Reaction {
  const problem = first.problem ?? second.problem;
  return {
    sent: [...first.sent, ...second.sent],
    effects: [...first.effects, ...second.effects],
    ...(problem === undefined ? {} : { problem }),
  };
}

/** A file as a platform would name it. */
export function sampleMedia(kind: MediaKind, albumId?: string): InboundContent {
  return { type: 'media', media: { kind, fileId: `sample-${kind}` }, ...(albumId === undefined ? {} : { albumId }) };
}

const nothing: Reaction = { sent: [], effects: [] };

function refuse(problem: string): Reaction {
  return { ...nothing, problem };
}

function findChoice(messages: readonly OutboundContent[], wanted: string, old: boolean): string | undefined {
  const withButtons = messages.filter((content) => content.type === 'text' && content.choices !== undefined);
  const searched = old ? withButtons.slice(0, -1) : withButtons.slice(-1);
  for (const content of searched.reverse()) {
    if (content.type !== 'text') continue;
    const choice = content.choices?.find(
      ({ id, label }) => label === wanted || id.split('.').slice(2).join('.').replace(/^\$/, '') === wanted,
    );
    if (choice !== undefined) return choice.id;
  }
  return undefined;
}

type WithoutSurroundings<E> = E extends EngineEvent ? Omit<E, 'at' | 'language' | 'context'> : never;
type UntimedEvent = WithoutSurroundings<EngineEvent>;
