import type { Problem } from '../problem.ts';
import {
  flowProblem,
  nodeProblem,
  outlineFlow,
  repeatedOf,
  type InspectScope,
  type OutlinedFlow,
  type OutlinedNode,
} from './scope.ts';

/** How the nodes hang together: ids, exits, reachability, loops, dead ends. */
export function inspectGraph(outlined: OutlinedFlow, scope: InspectScope): Problem[] {
  const { flow, nodes } = outlined;
  const problems = repeatedOf(flow.nodes.map(({ id }) => id)).map((id) =>
    flowProblem(flow, 'node-repeated', `node "${id}" appears twice`),
  );
  if (!nodes.has(flow.start))
    problems.push(flowProblem(flow, 'start-unknown', `start names the unknown node "${flow.start}"`));
  for (const one of nodes.values()) problems.push(...inspectExits(outlined, one));
  const reached = reachableFrom(nodes, [flow.start]);
  for (const id of nodes.keys())
    if (nodes.has(flow.start) && !reached.has(id))
      problems.push(nodeProblem(flow, id, 'node-unreachable', 'no way leads here'));
  for (const loop of loopsWithoutWait(nodes, scope))
    problems.push(
      nodeProblem(
        flow,
        loop[0] ?? flow.start,
        'loop-without-wait',
        `runs in a circle without ever waiting for the person: ${[...loop, loop[0]].join(' -> ')}`,
      ),
    );
  for (const one of nodes.values()) problems.push(...inspectDeadEnds(outlined, one));
  return problems;
}

function inspectExits({ flow, nodes }: OutlinedFlow, { node, outline }: OutlinedNode): Problem[] {
  const problems: Problem[] = [];
  const known = new Set(outline.exits.map(({ name }) => name));
  for (const { name, required } of outline.exits)
    if (required && node.exits?.[name] === undefined)
      problems.push(nodeProblem(flow, node.id, 'exit-open', `exit "${name}" leads nowhere; connect it to a node`));
  for (const [name, target] of Object.entries(node.exits ?? {})) {
    if (!known.has(name)) {
      const has = known.size === 0 ? 'it has none' : `it has ${[...known].map((exit) => `"${exit}"`).join(', ')}`;
      problems.push(
        nodeProblem(flow, node.id, 'exit-unknown', `there is no exit "${name}" on this ${node.type} node; ${has}`),
      );
    }
    if (!nodes.has(target))
      problems.push(nodeProblem(flow, node.id, 'exit-dangling', `exit "${name}" leads to unknown node "${target}"`));
  }
  return problems;
}

function targetsOf({ node }: OutlinedNode): string[] {
  return Object.values(node.exits ?? {});
}

function reachableFrom(nodes: OutlinedFlow['nodes'], starts: readonly string[]): Set<string> {
  const reached = new Set<string>();
  const open = [...starts];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const one = nodes.get(id);
    if (one === undefined || reached.has(id)) continue;
    reached.add(id);
    open.push(...targetsOf(one));
  }
  return reached;
}

/** Circles of nodes none of which stops for a person or a time. A call's answer comes by itself, so it does not count. */
function loopsWithoutWait(nodes: OutlinedFlow['nodes'], scope: InspectScope): string[][] {
  const running = new Map([...nodes].filter(([, one]) => !waits(one, scope, new Set())));
  const loops: string[][] = [];
  const inLoop = new Set<string>();
  for (const id of running.keys()) {
    if (inLoop.has(id)) continue;
    const loop = circleThrough(id, running);
    if (loop === null) continue;
    loops.push(loop);
    for (const member of loop) inLoop.add(member);
  }
  return loops;
}

// The shortest way from a node back to itself, breadth first.
function circleThrough(start: string, nodes: OutlinedFlow['nodes']): string[] | null {
  const cameFrom = new Map<string, string>();
  const open = [start];
  for (let id = open.shift(); id !== undefined; id = open.shift()) {
    const one = nodes.get(id);
    if (one === undefined) continue;
    for (const target of targetsOf(one)) {
      if (target === start) {
        const way = [id];
        for (let step = id; step !== start;) {
          step = cameFrom.get(step) ?? start;
          way.unshift(step);
        }
        return way;
      }
      if (nodes.has(target) && !cameFrom.has(target)) {
        cameFrom.set(target, id);
        open.push(target);
      }
    }
  }
  return null;
}

function waits({ outline }: OutlinedNode, scope: InspectScope, seen: ReadonlySet<string>): boolean {
  if (outline.waits === 'person' || outline.waits === 'timer') return true;
  if (outline.calls === undefined) return false;
  // A sub-flow that may wait counts as waiting; one nobody knows, or that runs itself, is reported elsewhere.
  const called = scope.flows.get(outline.calls.flow);
  if (called === undefined || seen.has(called.id)) return true;
  const deeper = new Set([...seen, called.id]);
  return [...outlineFlow(called).nodes.values()].some((one) => waits(one, scope, deeper));
}

/** What did not work out must not end without a question, an officer or another flow. */
function inspectDeadEnds({ flow, nodes }: OutlinedFlow, { node, outline }: OutlinedNode): Problem[] {
  return outline.exits.flatMap(({ name, isFailure }) => {
    const first = node.exits?.[name];
    if (isFailure !== true || first === undefined) return [];
    const end = helplessEnd(nodes, first);
    if (end === null) return [];
    return [
      nodeProblem(
        flow,
        node.id,
        'dead-end',
        `exit "${name}" leads to the end "${end}" without a question or an officer on the way`,
      ),
    ];
  });
}

function helplessEnd(nodes: OutlinedFlow['nodes'], start: string): string | null {
  const seen = new Set<string>();
  const open = [start];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const one = nodes.get(id);
    if (one === undefined || seen.has(id)) continue;
    seen.add(id);
    const { node, outline } = one;
    if (outline.waits === 'person' || outline.handsOver === true || outline.calls !== undefined) continue;
    // An outcome tells the calling flow, which can help.
    if (node.type === 'end' && !('outcome' in node && node.outcome !== undefined)) return id;
    open.push(...targetsOf(one));
  }
  return null;
}
