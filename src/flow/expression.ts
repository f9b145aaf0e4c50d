import { Environment, type ASTNode } from '@marcbachmann/cel-js';
import type { Json } from '../domain/effect.ts';

/** A checked expression, ready to run. `reads` are the variables it names. */
export interface Expression {
  readonly source: string;
  readonly reads: readonly string[];
  /** `bool`, `string`, `int`, `double`, `list`, ... or `dyn` where only a run can tell. */
  readonly type: string;
  /** Bounded and without side effects. Null for `error` means it ran. */
  evaluate(lookup: (name: string) => Json | undefined): Evaluated;
}

type Evaluated = { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly problem: string };
export type ExpressionResult =
  { readonly ok: true; readonly expression: Expression } | { readonly ok: false; readonly problem: string };

/**
 * Parses and type-checks an expression of the Common Expression Language (https://cel.dev).
 *
 * Our variables are plain JSON, so numbers are CEL doubles: whole and broken numbers compare and calculate with each other freely, and a
 * sum is a plain number again. A variable that has no value yet is null. Regular expressions (`matches`) are not offered: JavaScript's
 * can run for ever on a hostile text; loops (`exists`, `map`, ...) may not stand inside one another for the same reason.
 */
export function compileExpression(source: string): ExpressionResult {
  try {
    const run = environment.parse(source);
    const problem = forbiddenPart(run.ast, false);
    if (problem !== null) return { ok: false, problem };
    const checked = run.check();
    if (!checked.valid) return { ok: false, problem: firstLine(checked.error) };
    const reads = [...new Set(variablesOf(run.ast, new Set()))];
    const evaluate = (lookup: (name: string) => Json | undefined): Evaluated => {
      const values: Record<string, unknown> = {};
      for (const name of reads) values[name] = lookup(name) ?? null;
      try {
        return toJson(run(values));
      } catch (error) {
        return { ok: false, problem: firstLine(error) };
      }
    };
    return { ok: true, expression: { source, reads, type: checked.type ?? 'dyn', evaluate } };
  } catch (error) {
    return { ok: false, problem: firstLine(error) };
  }
}

const environment = createEnvironment();

function createEnvironment(): Environment {
  const made = new Environment({
    unlistedVariablesAreDyn: true,
    homogeneousAggregateLiterals: false,
    limits: { maxAstNodes: 200, maxDepth: 24, maxListElements: 50, maxMapEntries: 50, maxCallArguments: 8 },
  });
  // CEL keeps int and double apart; to authors (and to JSON) both are numbers.
  const arithmetic: Record<string, (left: number, right: number) => number> = {
    '+': (left, right) => left + right,
    '-': (left, right) => left - right,
    '*': (left, right) => left * right,
    '/': (left, right) => left / right,
    '%': (left, right) => left % right,
  };
  for (const [sign, calculate] of Object.entries(arithmetic)) {
    const handler = (left: number | bigint, right: number | bigint): number => calculate(Number(left), Number(right));
    made.registerOperator(`int ${sign} double: double`, handler);
    made.registerOperator(`double ${sign} int: double`, handler);
    if (sign === '%') made.registerOperator('double % double: double', handler);
  }
  made.registerFunction('isSet(dyn): bool', isSet);
  return made;
}

/** True for anything but null, an empty text, an empty list and an empty map. */
function isSet(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return false;
  if (Array.isArray(value)) return value.length > 0;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

const loops = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

function forbiddenPart(node: ASTNode, inLoop: boolean): string | null {
  if (node.op === 'rcall') {
    const [name, receiver, rest] = node.args; // The shape of a call on a value.
    if (name === 'matches') return '"matches" is not offered; use contains, startsWith or endsWith';
    const isLoop = loops.has(name);
    if (isLoop && inLoop) return `"${name}" stands inside another loop`;
    const inReceiver = forbiddenPart(receiver, inLoop);
    return (
      inReceiver ?? rest.map((part) => forbiddenPart(part, inLoop || isLoop)).find((found) => found !== null) ?? null
    );
  }
  if (node.op === 'call' && node.args[0] === 'matches') return '"matches" is not offered';
  return (
    childrenOf(node)
      .map((part) => forbiddenPart(part, inLoop))
      .find((found) => found !== null) ?? null
  );
}

function variablesOf(node: ASTNode, bound: ReadonlySet<string>): string[] {
  if (node.op === 'id') {
    const name = node.args; // An identifier carries its name.
    return bound.has(name) || typeNames.has(name) ? [] : [name];
  }
  if (node.op === 'rcall') {
    const [name, receiver, rest] = node.args; // As above.
    if (loops.has(name) && rest[0]?.op === 'id') {
      const inner = new Set([...bound, rest[0].args]); // The loop's own variable.
      return [...variablesOf(receiver, bound), ...rest.slice(1).flatMap((part) => variablesOf(part, inner))];
    }
  }
  return childrenOf(node).flatMap((part) => variablesOf(part, bound));
}

const typeNames = new Set([
  'int',
  'uint',
  'double',
  'string',
  'bool',
  'bytes',
  'list',
  'map',
  'type',
  'null_type',
  'dyn',
  'optional',
  'google',
  'cel',
]);

function childrenOf(node: ASTNode): ASTNode[] {
  if (node.op === 'value' || node.op === 'id') return [];
  return collectNodes(node.args);
}

function collectNodes(value: unknown): ASTNode[] {
  if (Array.isArray(value)) return value.flatMap(collectNodes);
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value ? [value as ASTNode] : []; // Just tested.
}

function toJson(value: unknown): Evaluated {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return { ok: true, value };
  if (typeof value === 'bigint') return { ok: true, value: Number(value) };
  if (typeof value === 'number')
    return Number.isFinite(value)
      ? { ok: true, value }
      : { ok: false, problem: 'the number has no value (a division by zero?)' };
  if (value instanceof Date) return { ok: true, value: value.toISOString() };
  if (Array.isArray(value)) {
    const items: Json[] = [];
    for (const item of value) {
      const converted = toJson(item);
      if (!converted.ok) return converted;
      items.push(converted.value);
    }
    return { ok: true, value: items };
  }
  if (typeof value === 'object') {
    const entries: [string, Json][] = [];
    for (const [key, item] of value instanceof Map
      ? (value.entries() as Iterable<[string, unknown]>)
      : Object.entries(value)) {
      const converted = toJson(item);
      if (!converted.ok) return converted;
      entries.push([String(key), converted.value]);
    }
    return { ok: true, value: Object.fromEntries(entries) };
  }
  return { ok: false, problem: `a ${typeof value} cannot be kept` };
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return (message.split('\n')[0] ?? message).trim();
}
