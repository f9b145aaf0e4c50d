import type { BaseNode } from '../names.ts';
import type { Problem } from '../problem.ts';
import type { Flow } from '../schema.ts';
import { flowProblem, nodeProblem, outlineFlow, type InspectScope, type OutlinedFlow } from './scope.ts';

/** Sub-flows: that they exist, take what they are given, give what is taken, and do not run themselves. */
export function inspectCalls({ flow, nodes }: OutlinedFlow, scope: InspectScope): Problem[] {
  const problems: Problem[] = [];
  for (const { node, outline } of nodes.values()) {
    if (outline.calls === undefined) continue;
    const called = scope.flows.get(outline.calls.flow);
    if (called === undefined)
      problems.push(nodeProblem(flow, node.id, 'flow-unknown', `runs the unknown flow "${outline.calls.flow}"`));
    else problems.push(...inspectCall(flow, node, called));
  }
  const circle = circleOf(flow, scope);
  if (circle !== null) problems.push(flowProblem(flow, 'flow-recursive', `runs itself: ${circle.join(' -> ')}`));
  return problems;
}

function inspectCall(flow: Flow, node: BaseNode, called: Flow): Problem[] {
  const report = (code: Problem['code'], message: string, severity?: Problem['severity']): Problem =>
    nodeProblem(flow, node.id, code, message, severity);
  const { parameters: given = {}, results: taken = {} } = node as CallFields; // Only flow nodes call, and these are their fields.
  const declared = called.parameters ?? {};
  const problems: Problem[] = [];
  for (const name of Object.keys(given))
    if (!Object.hasOwn(declared, name))
      problems.push(report('parameter-unknown', `flow "${called.id}" has no parameter "${name}"`));
  for (const [name, parameter] of Object.entries(declared))
    if (parameter.default === undefined && !Object.hasOwn(given, name))
      problems.push(report('parameter-missing', `flow "${called.id}" needs the parameter "${name}"`));
  for (const name of Object.values(taken))
    if (called.results?.includes(name) !== true)
      problems.push(report('result-undeclared', `flow "${called.id}" has no result "${name}"`));
  const outcomes = new Set(
    called.nodes.flatMap((end) => ('outcome' in end && typeof end.outcome === 'string' ? [end.outcome] : [])),
  );
  for (const outcome of outcomes)
    if (node.exits?.[outcome] === undefined)
      problems.push(
        report(
          'outcome-unhandled',
          `flow "${called.id}" may end with "${outcome}", for which there is no exit; "next" is taken`,
          'warning',
        ),
      );
  for (const exit of Object.keys(node.exits ?? {}))
    if (exit !== 'next' && !outcomes.has(exit))
      problems.push(report('exit-unknown', `flow "${called.id}" never ends with "${exit}"`));
  return problems;
}

interface CallFields extends BaseNode {
  readonly parameters?: Readonly<Record<string, string>>;
  readonly results?: Readonly<Record<string, string>>;
}

function circleOf(flow: Flow, scope: InspectScope): string[] | null {
  const seen = new Set<string>();
  const search = (id: string, way: readonly string[]): string[] | null => {
    const current = scope.flows.get(id);
    if (current === undefined || seen.has(id)) return null;
    seen.add(id);
    for (const { outline } of outlineFlow(current).nodes.values()) {
      if (outline.calls === undefined) continue;
      if (outline.calls.flow === flow.id) return [...way, id, flow.id];
      const found = search(outline.calls.flow, [...way, id]);
      if (found !== null) return found;
    }
    return null;
  };
  return search(flow.id, []);
}
