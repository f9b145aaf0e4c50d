import type { z } from 'zod';
import type { Json } from '../domain/effect.ts';
import type { FileRefusal, InboundContent } from '../domain/message.ts';
import type { Expression } from './expression.ts';
import type { BaseNode } from './names.ts';
import type { Run } from './run.ts';
import type { Text } from './text.ts';

/** One kind of node: what it looks like in JSON, what can be wrong with it, and what it does. Adding one: see `nodes/index.ts`. */
export interface NodeKind<N extends BaseNode = BaseNode> {
  readonly type: string;
  readonly schema: z.ZodType<N>;
  /** What of a node the checks and the editor need to know, without knowing the kind. */
  outline(node: N): Outline;
  /** Problems that only this kind can have; each a part of a sentence that follows `flow "x", node "y": `. */
  check?(node: N, scope: CheckScope): readonly string[];
  /** Prepares texts and expressions once; the result is used for every step. */
  compile(node: N, compiler: Compiler): NodeStep;
}

/** Lets kinds of different nodes stand in one list. */
export function defineKind<N extends BaseNode>(kind: NodeKind<N>): NodeKind {
  return kind; // Every node reaches the kind its own `type` names, so `N` always holds.
}

/** What a node does. All three are pure towards the outside: they only change the run they are given. */
export interface NodeStep {
  /** The session arrives at the node. */
  enter(run: Run): Move;
  /** Something came that the node waits for. */
  receive?(run: Run, input: Input): Move;
  /** Asks the waiting question again, after an interruption. */
  repeat?(run: Run): void;
  /** True when a typed text is plainly meant for this question, although it may also be a global intent. */
  claims?(run: Run, text: string): boolean;
}

/** Where the session goes after a node has acted. */
export type Move =
  | { readonly to: 'exit'; readonly exit: string }
  /** Stay, and wait for what `run.open` named. */
  | { readonly to: 'wait' }
  /** What came makes no sense here; the engine answers kindly and the question stays. */
  | { readonly to: 'unexpected' }
  | { readonly to: 'flow'; readonly flow: string; readonly parameters: Readonly<Record<string, Json>> }
  | { readonly to: 'return'; readonly outcome: string }
  /** The session is over. */
  | { readonly to: 'stop' };

/** What a waiting node may receive. */
export type Input =
  | Exclude<InboundContent, { type: 'choice' } | { type: 'media' }>
  | (Extract<InboundContent, { type: 'media' }> & { readonly attachmentId?: string })
  /** `key` is the choice's id within its question; those of the engine itself begin with `$`. */
  | { readonly type: 'choice'; readonly key: string }
  | { readonly type: 'result'; readonly result: Json }
  | { readonly type: 'timer' }
  | { readonly type: 'media-lost'; readonly attachmentId: string; readonly refusal?: FileRefusal }
  | { readonly type: 'returned'; readonly outcome: string; readonly results: Readonly<Record<string, Json>> };

export interface Outline {
  readonly exits: readonly ExitOutline[];
  readonly texts?: readonly { readonly field: string; readonly text: Text }[];
  readonly expressions?: readonly ExpressionOutline[];
  /** Variables it reads by name. */
  readonly reads?: readonly { readonly field: string; readonly name: string }[];
  /** Variables it sets. */
  readonly writes?: readonly string[];
  readonly choices?: { readonly ids: readonly string[]; readonly labels: readonly Text[] };
  /** What stops the step here: a person, a time, an answer from outside, or nothing. */
  readonly waits: 'person' | 'timer' | 'result' | 'flow' | 'nothing';
  readonly handsOver?: boolean;
  readonly calls?: { readonly flow: string };
}

interface ExitOutline {
  readonly name: string;
  readonly required: boolean;
  /** Taken when something the person wanted did not work out; must not end without a word of help. */
  readonly isFailure?: boolean;
}

interface ExpressionOutline {
  readonly field: string;
  readonly source: string;
  readonly expects?: 'bool';
}

/** What a kind's own check may look at. */
interface CheckScope {
  readonly languages: readonly string[];
}

/** A text ready for every language. */
export interface CompiledText {
  /** Leaves sentences without a value out; may be empty. */
  render(run: Run): string;
  /** For questions: keeps all sentences when leaving some out would leave nothing. */
  question(run: Run): string;
}

export interface Compiler {
  text(text: Text): CompiledText;
  /** An expression that cannot be read gives no value when run, which is recorded. */
  expression(source: string): Expression;
}

export const stay: Move = { to: 'wait' };
export const next: Move = { to: 'exit', exit: 'next' };
export const unexpected: Move = { to: 'unexpected' };

export function leave(exit: string): Move {
  return { to: 'exit', exit };
}
