import type { FaqEntry, FaqMatcher } from '../faq/types.ts';
import type { Translate } from '../i18n/translate.ts';
import { compileText, createTemplates, type Templates } from './compile-text.ts';
import { compileExpression, type Expression } from './expression.ts';
import { createIntentMatcher, type IntentPhrases } from './intents.ts';
import type { BaseNode } from './names.ts';
import type { Compiler, NodeStep } from './node-kind.ts';
import { nodeKindOf } from './nodes/index.ts';
import type { Run } from './run.ts';
import type { Flow, IntentBinding, IntentBindings } from './schema.ts';

/** What a session goes without an answer before it ends quietly: a week. */
const DEFAULT_SILENCE_MS = 7 * 24 * 60 * 60 * 1000;

/** Facts of the organisation by name, then by language (`*` for all): `facts['org.phone']['*']`. */
export type Facts = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface ProgramSource {
  /** Parsed flows; several versions of one may be present, the highest starts new sessions. */
  readonly flows: readonly Flow[];
  /** The flow that a message without a session begins. */
  readonly entryFlowId: string;
  readonly intents: { readonly bindings: IntentBindings; readonly phrases: IntentPhrases };
  readonly translate: Translate;
  readonly facts: Facts;
  readonly faq: { readonly matcher: FaqMatcher; readonly entries: readonly FaqEntry[] } | null;
  readonly silenceMs?: number;
}

/** Everything the engine looks up, prepared once. Immutable: changed flows, texts or facts make a new program. */
export interface Program {
  readonly entryFlowId: string;
  readonly languages: readonly string[];
  readonly fallbackLanguage: string;
  readonly silenceMs: number;
  /** A flow by its pinned version, or the newest one. */
  flow(id: string, version?: number): CompiledFlow | undefined;
  /** The global intent a text is, when it is nothing else. */
  matchIntent(text: string): string | null;
  binding(intent: string): IntentBinding | undefined;
  readonly templates: Templates;
  fact(name: string, language: string): string | undefined;
  readonly faq: CompiledFaq | null;
}

export interface CompiledFlow {
  readonly flow: Flow;
  readonly nodes: ReadonlyMap<string, CompiledNode>;
  /** What is said when a session ends for want of an answer. */
  readonly silenceText: ((run: Run) => string) | null;
}

export interface CompiledNode {
  readonly node: BaseNode;
  readonly step: NodeStep;
}

interface CompiledFaq {
  readonly matcher: FaqMatcher;
  question(entryId: string, language: string): string | undefined;
  /** The answer with its facts; empty when nothing of it is left. */
  answer(entryId: string, run: Run): string;
}

/** Compiles texts and expressions once, so that a step only fills in. Never throws on a broken flow; `inspect` finds those. */
export function createProgram(source: ProgramSource): Program {
  const { translate } = source;
  const templates = createTemplates(translate);
  const compiler: Compiler = {
    text: (text) => compileText(text, templates),
    expression: (expression) => toExpression(expression),
  };
  const newest = new Map<string, CompiledFlow>();
  const versions = new Map<string, Map<number, CompiledFlow>>();
  for (const flow of source.flows) {
    const compiled = compileFlow(flow, compiler);
    versions.set(flow.id, (versions.get(flow.id) ?? new Map<number, CompiledFlow>()).set(flow.version, compiled));
    if ((newest.get(flow.id)?.flow.version ?? 0) < flow.version) newest.set(flow.id, compiled);
  }
  const bindings = new Map(Object.entries(source.intents.bindings));
  return {
    entryFlowId: source.entryFlowId,
    languages: translate.languages,
    fallbackLanguage: translate.fallbackLanguage,
    silenceMs: source.silenceMs ?? DEFAULT_SILENCE_MS,
    flow: (id, version) => (version === undefined ? newest.get(id) : versions.get(id)?.get(version)),
    matchIntent: createIntentMatcher(source.intents.phrases, new Set(bindings.keys())),
    binding: (intent) => bindings.get(intent),
    templates,
    fact: (name, language) => findFact(source.facts, name, language),
    faq: source.faq === null ? null : compileFaq(source.faq.matcher, source.faq.entries, compiler),
  };
}

/** A fact in a language; one for all languages, or a number or address of another language, will do as well. */
export function findFact(facts: Facts, name: string, language: string): string | undefined {
  const fact = Object.hasOwn(facts, name) ? facts[name] : undefined;
  if (fact === undefined) return undefined;
  const own = fact[language] ?? fact['*'];
  if (own !== undefined && own.trim() !== '') return own;
  return Object.values(fact).find((value) => value.trim() !== '' && /^[\x20-\x7e]+$/.test(value));
}

function compileFlow(flow: Flow, compiler: Compiler): CompiledFlow {
  const nodes = new Map<string, CompiledNode>();
  for (const node of flow.nodes) {
    const kind = nodeKindOf(node.type);
    if (kind !== undefined) nodes.set(node.id, { node, step: kind.compile(node, compiler) });
  }
  const silence = flow.silence?.text === undefined ? null : compiler.text(flow.silence.text);
  return { flow, nodes, silenceText: silence === null ? null : (run) => silence.render(run) };
}

function compileFaq(matcher: FaqMatcher, entries: readonly FaqEntry[], compiler: Compiler): CompiledFaq {
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  // Each at its first use: every edit makes a new program, and hundreds of answers together take long.
  const answers = new Map<string, ReturnType<Compiler['text']>>();
  return {
    matcher,
    question: (entryId, language) => {
      const question = byId.get(entryId)?.question;
      return question?.[language] ?? Object.values(question ?? {})[0];
    },
    answer: (entryId, run) => {
      const entry = byId.get(entryId);
      if (entry === undefined) return '';
      const answer = answers.get(entryId) ?? compiler.text(entry.answer);
      answers.set(entryId, answer);
      return answer.render(run);
    },
  };
}

function toExpression(source: string): Expression {
  const compiled = compileExpression(source);
  if (compiled.ok) return compiled.expression;
  return { source, reads: [], type: 'dyn', evaluate: () => ({ ok: false, problem: compiled.problem }) };
}
