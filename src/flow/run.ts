import type { Effect, Json } from '../domain/effect.ts';
import type { AttachmentId } from '../domain/ids.ts';
import type { Choice } from '../domain/message.ts';
import { withParameters } from './compile-text.ts';
import { toContextValue, type EngineContext } from './context.ts';
import type { Expression } from './expression.ts';
import type { CompiledFlow, CompiledNode, Program } from './program.ts';
import type { Frame, State, Wait } from './state.ts';
import { LONGEST_TEXT } from './text.ts';
import type { TemplateValues } from './template.ts';

/** Why a limit or a wrong program stopped a step; recorded for admins. */
export type FailureCode =
  | 'too-many-nodes'
  | 'too-many-turns-without-input'
  | 'sub-flow-too-deep'
  | 'variables-too-large'
  | 'text-too-long'
  | 'flow-missing'
  | 'node-missing'
  | 'exit-missing'
  | 'parameter-missing'
  | 'expression-failed'
  | 'language-unknown'
  | 'result-missing'
  | 'result-failed'
  | 'event-parked';

/** One step of a session: the state it changes, the effects it gathers, and what nodes may do. Lives for one call of `step`. */
export class Run implements TemplateValues {
  readonly effects: Effect[] = [];
  readonly program: Program;
  readonly state: State;
  readonly at: number;
  readonly messageId: string | undefined;
  /** Set when a variable grew that may be over the limit. */
  hasGrown = false;
  /** Set when the session is over. */
  hasEnded = false;
  private readonly given: EngineContext;

  constructor(
    program: Program,
    state: State,
    event: { readonly at: number; readonly context: EngineContext; readonly messageId?: string },
  ) {
    this.program = program;
    this.state = state;
    this.at = event.at;
    this.given = event.context;
    this.messageId = event.messageId;
  }

  get language(): string {
    return this.state.language;
  }
  get timeZone(): string {
    return this.given.timeZone;
  }
  get context(): EngineContext {
    const { consent } = this.state;
    return consent === undefined ? this.given : { ...this.given, consent };
  }
  /** The running flow's frame. Only called while there is one. */
  get frame(): Frame {
    return this.state.frames[this.state.frames.length - 1] ?? emptyFrame();
  }
  get wait(): Wait {
    return this.state.wait ?? emptyWait();
  }
  node(): CompiledNode | undefined {
    return this.flow()?.nodes.get(this.frame.node);
  }
  /** The running flow, in the version this session is pinned to. */
  flow(): CompiledFlow | undefined {
    const { flow, version } = this.frame;
    return this.program.flow(flow, version);
  }
  hasExit(name: string): boolean {
    return this.node()?.node.exits?.[name] !== undefined;
  }

  variable(name: string): Json | undefined {
    return Object.hasOwn(this.frame.variables, name) ? this.frame.variables[name] : undefined;
  }
  /** How a variable is read back to a person. */
  shown(name: string): string {
    const shown = this.shownOf(name);
    if (shown !== undefined) return shown;
    const value = this.variable(name) ?? '';
    return typeof value === 'object' ? JSON.stringify(value) : String(value);
  }
  /** The value at a template's path; a whole variable as it is read back. */
  value(path: string): Json | undefined {
    const dot = path.indexOf('.');
    if (dot < 0) return this.shownOf(path) ?? this.variable(path);
    const [root = '', ...steps] = path.split('.');
    let value: Json | undefined =
      root === 'context' ? toContextValue(this.context, this.language) : this.variable(root);
    for (const step of steps) value = memberOf(value, step);
    return value;
  }
  fact(name: string): string | undefined {
    return this.program.fact(name, this.language);
  }

  set(name: string, value: Json, shown?: string): void {
    const { frame } = this;
    frame.variables[name] = value;
    if (shown !== undefined && shown !== value) frame.shown = { ...frame.shown, [name]: shown };
    else if (frame.shown !== undefined && Object.hasOwn(frame.shown, name)) {
      const { [name]: _, ...others } = frame.shown;
      frame.shown = others;
    }
    if (typeof value === 'object' ? value !== null : typeof value === 'string' && value.length > 200)
      this.hasGrown = true;
  }
  /** Keeps the answer to the question that was asked. */
  answer(name: string | undefined, value: Json, shown?: string): void {
    if (name !== undefined) this.set(name, value, shown);
    const { id, node } = this.frame;
    this.state.answered = { frame: id, node, ...(this.messageId === undefined ? {} : { messageId: this.messageId }) };
  }
  setLanguage(language: Json): void {
    if (typeof language !== 'string' || !this.program.languages.includes(language)) {
      this.record('language-unknown');
      return;
    }
    if (language !== this.state.language) this.emit({ type: 'set-language', language });
    this.state.language = language;
  }
  setConsent(consent: 'given' | 'withdrawn'): void {
    this.state.consent = consent;
    this.emit({ type: 'set-consent', consent });
  }

  /** Null when the expression has no value; that is recorded. */
  evaluate(expression: Expression): Json {
    const evaluated = expression.evaluate((name) =>
      name === 'context' ? toContextValue(this.context, this.language) : this.variable(name),
    );
    if (evaluated.ok) return evaluated.value;
    this.record('expression-failed');
    return null;
  }

  engineText(key: string, parameters?: Readonly<Record<string, Json>>): string {
    return this.localeText(`engine:${key}`, parameters);
  }
  /** A text of the locales by its full key, filled in like any template. */
  localeText(key: string, parameters?: Readonly<Record<string, Json>>): string {
    const count = parameters?.['count'];
    const template = this.program.templates.find(this.language, key, typeof count === 'number' ? count : undefined);
    if (template === null) return key;
    return template.render(parameters === undefined ? this : withParameters(this, parameters));
  }

  /** Sends a text, with buttons if there are any. An empty text is not sent unless it has buttons. */
  say(text: string, choices: readonly Choice[] = []): void {
    if (text === '' && choices.length === 0) return;
    const kept = text.length <= LONGEST_TEXT * 2 ? text : cut(text, LONGEST_TEXT * 2);
    this.effects.push({
      type: 'send',
      content: choices.length === 0 ? { type: 'text', text: kept } : { type: 'text', text: kept, choices },
    });
  }
  choice(key: string, label: string): Choice {
    return { id: `${this.wait.id}.${key}`, label };
  }
  skipChoices(skippable: boolean): Choice[] {
    return skippable ? [this.choice('$skip', this.engineText('button-skip'))] : [];
  }
  emit(effect: Effect): void {
    this.effects.push(effect);
    if (isFinal(effect)) this.forget();
  }
  record(code: FailureCode): void {
    const { flow, node } = this.frame;
    const isKnown = this.effects.some(
      (effect) => effect.type === 'record-failure' && effect.code === code && effect.nodeId === node,
    );
    if (!isKnown) this.effects.push({ type: 'record-failure', code, flowId: flow, nodeId: node });
  }

  /** Begins to wait; buttons made from here on belong to this wait. */
  open(kind: Wait['for']): Wait {
    const { state, frame } = this;
    state.count += 1;
    state.wait = { id: `${state.session}.${state.count}`, for: kind, tries: 0, since: this.at };
    const last = state.trail[state.trail.length - 1];
    if (kind === 'person' && (last?.[0] !== frame.id || last[1] !== frame.node)) {
      state.trail.push([frame.id, frame.node]);
      if (state.trail.length > longestTrail) state.trail.shift();
    }
    return state.wait;
  }
  /** Keeps how far the waiting node is. */
  note(data: Json): void {
    this.wait.data = data;
  }
  countTry(): number {
    this.wait.tries += 1;
    return this.wait.tries;
  }
  forgiveTries(): void {
    this.wait.tries = 0;
  }
  /** The files of a case, as ids. */
  attachments(ids: readonly string[]): AttachmentId[] {
    return ids as unknown as AttachmentId[]; // A media question keeps only ids that came with their events.
  }

  private shownOf(name: string): string | undefined {
    const { shown } = this.frame;
    return shown !== undefined && Object.hasOwn(shown, name) ? shown[name] : undefined;
  }
  // What was done cannot be asked again: «back» and edits stop here.
  private forget(): void {
    this.state.trail = [];
    delete this.state.answered;
  }
}

const longestTrail = 30;

function emptyFrame(): Frame {
  return { id: 0, flow: '', version: 0, node: '', variables: {} };
}

function emptyWait(): Wait {
  return { id: '', for: 'person', tries: 0, since: 0 };
}

function isFinal(effect: Effect): boolean {
  switch (effect.type) {
    case 'open-case':
    case 'record-survey':
    case 'hand-over':
    case 'erase-person':
    case 'set-consent':
      return true;
    case 'call':
      return effect.method === 'POST';
    case 'link':
      return effect.act.do === 'join' || effect.act.do === 'leave';
    default:
      return false;
  }
}

function memberOf(value: Json | undefined, step: string): Json | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
  return (value as { readonly [key: string]: Json })[step]; // An own key, of an object or a list.
}

/** Whether a value may make the variables too large, so that they are measured. */
export function mayBeLarge(value: Json): boolean {
  return typeof value === 'object' ? value !== null : typeof value === 'string' && value.length > 200;
}

/** Cuts without leaving half of a character. */
export function cut(text: string, length: number): string {
  const kept = text.slice(0, length);
  return /[\uD800-\uDBFF]$/.test(kept) ? kept.slice(0, -1) : kept;
}
