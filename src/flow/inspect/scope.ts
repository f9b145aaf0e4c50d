import type { Translate } from '../../i18n/translate.ts';
import type { BaseNode } from '../names.ts';
import type { Outline } from '../node-kind.ts';
import { nodeKindOf } from '../nodes/index.ts';
import type { Problem, ProblemCode } from '../problem.ts';
import type { Facts } from '../program.ts';
import type { Flow } from '../schema.ts';

/** What a flow is checked against. */
export interface InspectScope {
  /** Languages every text must have. */
  readonly languages: readonly string[];
  readonly translate: Translate;
  readonly facts: Facts;
  /** The newest version of every flow, this one among them. */
  readonly flows: ReadonlyMap<string, Flow>;
}

/** A node with what its kind says about it. */
export interface OutlinedNode {
  readonly node: BaseNode;
  readonly outline: Outline;
}

export interface OutlinedFlow {
  readonly flow: Flow;
  readonly nodes: ReadonlyMap<string, OutlinedNode>;
}

export function outlineFlow(flow: Flow): OutlinedFlow {
  const nodes = new Map<string, OutlinedNode>();
  for (const node of flow.nodes) {
    const outline = nodeKindOf(node.type)?.outline(node);
    if (outline !== undefined && !nodes.has(node.id)) nodes.set(node.id, { node, outline });
  }
  return { flow, nodes };
}

/** A problem of a node, in the words every message begins with. */
export function nodeProblem(
  flow: Flow,
  node: string,
  code: ProblemCode,
  message: string,
  severity: Problem['severity'] = 'error',
): Problem {
  return { severity, code, flow: flow.id, node, message: `flow "${flow.id}", node "${node}": ${message}` };
}

export function flowProblem(
  flow: Flow,
  code: ProblemCode,
  message: string,
  severity: Problem['severity'] = 'error',
): Problem {
  return { severity, code, flow: flow.id, message: `flow "${flow.id}": ${message}` };
}

export function repeatedOf(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}
