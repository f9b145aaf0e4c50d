import type { z } from 'zod';
import { migrateFlow } from './migrate.ts';
import type { BaseNode } from './names.ts';
import { nodeKinds, nodeKindOf } from './nodes/index.ts';
import type { Problem } from './problem.ts';
import { flowSchema, intentBindingsSchema, SPEC, type Flow, type IntentBindings } from './schema.ts';

export type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Reads a flow file: migrates it to today's language, then checks its form. Never throws, whatever it is given; a problem says where it is
 * and what was expected. What the form cannot tell (exits that lead nowhere, ...) is `inspect`'s matter.
 */
export function parseFlow(source: unknown): Parsed<Flow> {
  const migrated = migrateFlow(source);
  if (!isObject(migrated))
    return refuse('', [{ message: 'a flow is expected: { "spec": 1, "id": ..., "nodes": [...] }' }]);
  const id = typeof migrated['id'] === 'string' ? migrated['id'] : '';
  if (migrated['spec'] !== SPEC)
    return refuse(id, [{ message: `spec: expected ${SPEC}; this program is too old or the file is no flow` }]);
  if (depthOf(migrated) > deepest) return refuse(id, [{ message: `the file is nested deeper than ${deepest}` }]);
  const unknownTypes = nodesOf(migrated).flatMap((node) => {
    const type = isObject(node) ? node['type'] : undefined;
    return typeof type === 'string' && nodeKindOf(type) !== undefined
      ? []
      : [{ node: nodeName(node), message: `type: expected one of ${nodeKinds.map((kind) => kind.type).join(', ')}` }];
  });
  if (unknownTypes.length > 0) return refuse(id, unknownTypes);
  const parsed = flowSchema.safeParse(migrated);
  if (parsed.success) return { ok: true, value: { ...parsed.data, nodes: parsed.data.nodes as unknown as BaseNode[] } }; // Every kind's schema begins with the base.
  return refuse(
    id,
    parsed.error.issues.map((issue) => {
      const [first, index, ...rest] = issue.path;
      if (first !== 'nodes' || typeof index !== 'number') return { message: describe(issue.path, issue) };
      return { node: nodeName(nodesOf(migrated)[index]), message: describe(rest, issue) };
    }),
  );
}

/** Reads `flows/intents.json`. */
export function parseIntentBindings(source: unknown): Parsed<IntentBindings> {
  const parsed = intentBindingsSchema.safeParse(source);
  if (parsed.success) return { ok: true, value: parsed.data };
  return {
    ok: false,
    problems: parsed.error.issues.map((issue) => ({
      severity: 'error',
      code: 'form',
      message: `intents: ${describe(issue.path, issue)}`,
    })),
  };
}

const deepest = 40;

function refuse(flow: string, found: readonly { readonly node?: string; readonly message: string }[]): Parsed<never> {
  return {
    ok: false,
    problems: found.map(({ node, message }) => ({
      severity: 'error',
      code: 'form',
      flow,
      ...(node === undefined ? {} : { node }),
      message: node === undefined ? `flow "${flow}": ${message}` : `flow "${flow}", node "${node}": ${message}`,
    })),
  };
}

function describe(path: readonly PropertyKey[], issue: z.core.$ZodIssue): string {
  const where = path
    .map((part) => (typeof part === 'number' ? `[${part}]` : String(part)))
    .join('.')
    .replaceAll('.[', '[');
  const what =
    issue.code === 'unrecognized_keys'
      ? `unknown field ${issue.keys.map((key) => `"${key}"`).join(', ')}`
      : innermost(issue);
  return where === '' ? what : `${where}: ${what}`;
}

// Of a union the branch that came nearest says most.
function innermost(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? issue.message;
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return issue.message;
  const nearest = [...issue.errors].sort(
    (left, right) => deepestPath(right) - deepestPath(left) || left.length - right.length,
  )[0]?.[0];
  return nearest === undefined ? issue.message : describe(nearest.path, nearest);
}

function deepestPath(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(0, ...issues.map((issue) => issue.path.length));
}

function nodesOf(flow: Readonly<Record<string, unknown>>): readonly unknown[] {
  return Array.isArray(flow['nodes']) ? flow['nodes'] : [];
}

function nodeName(node: unknown): string {
  return isObject(node) && typeof node['id'] === 'string' ? node['id'] : '?';
}

// Counted without recursion: a hostile file may be nested a hundred thousand deep.
function depthOf(value: unknown): number {
  let level: unknown[] = [value];
  for (let depth = 0; ; depth += 1) {
    if (level.length === 0 || depth > deepest) return depth;
    level = level.flatMap((item) =>
      typeof item === 'object' && item !== null ? Object.values(item as Record<string, unknown>) : [],
    );
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
