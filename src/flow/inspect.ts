import { inspectCalls } from './inspect/calls.ts';
import { inspectGraph } from './inspect/graph.ts';
import { inspectIntents } from './inspect/intents.ts';
import { nodeProblem, outlineFlow, type InspectScope } from './inspect/scope.ts';
import { inspectTexts } from './inspect/texts.ts';
import { inspectVariables, variablesOf } from './inspect/variables.ts';
import { nodeKindOf } from './nodes/index.ts';
import type { Problem } from './problem.ts';
import { findFact, type ProgramSource } from './program.ts';
import type { Flow } from './schema.ts';
import { compileTemplate, isFactName } from './template.ts';

export type { InspectScope } from './inspect/scope.ts';
export type { Problem } from './problem.ts';

/**
 * Everything that is wrong with a program, in the order of its flows: what would strand a person is an `error` and keeps the flow from being
 * published, what only falls short of its intent is a `warning`. Of several versions of a flow the newest is looked at.
 */
export function inspect(source: ProgramSource): Problem[] {
  const flows = newestOf(source.flows);
  const scope: InspectScope = {
    languages: source.translate.languages,
    translate: source.translate,
    facts: source.facts,
    flows,
  };
  const problems = [...flows.values()].flatMap((flow) => inspectFlow(flow, scope));
  const entry = flows.get(source.entryFlowId);
  if (entry === undefined)
    problems.push({
      severity: 'error',
      code: 'entry-unknown',
      message: `the entry flow "${source.entryFlowId}" does not exist`,
    });
  return [...problems, ...inspectIntents(source, flows), ...inspectFaq(source)];
}

/** Everything that is wrong with one flow, given those it may run. */
export function inspectFlow(flow: Flow, scope: InspectScope): Problem[] {
  const outlined = outlineFlow(flow);
  const variables = variablesOf(outlined);
  const ofKinds = flow.nodes.flatMap((node) =>
    (nodeKindOf(node.type)?.check?.(node, scope) ?? []).map((message) => nodeProblem(flow, node.id, 'kind', message)),
  );
  return [
    ...inspectGraph(outlined, scope),
    ...ofKinds,
    ...inspectTexts(outlined, scope, variables),
    ...inspectVariables(outlined, variables),
    ...inspectCalls(outlined, scope),
  ];
}

function newestOf(flows: readonly Flow[]): Map<string, Flow> {
  const newest = new Map<string, Flow>();
  for (const flow of flows) if ((newest.get(flow.id)?.version ?? 0) < flow.version) newest.set(flow.id, flow);
  return newest;
}

function inspectFaq(source: ProgramSource): Problem[] {
  const problems: Problem[] = [];
  for (const { id, answer } of source.faq?.entries ?? [])
    for (const [language, text] of Object.entries(answer)) {
      const compiled = compileTemplate(text);
      if (!compiled.ok) {
        problems.push({
          severity: 'error',
          code: 'faq-placeholder-broken',
          message: `FAQ "${id}" in "${language}": ${compiled.problem}`,
        });
        continue;
      }
      for (const path of new Set(compiled.template.placeholders.map((placeholder) => placeholder.path)))
        if (!isFactName(path))
          problems.push({
            severity: 'error',
            code: 'faq-placeholder-broken',
            message: `FAQ "${id}" in "${language}": {{${path}}} is no fact of the organisation`,
          });
        else if (findFact(source.facts, path, language) === undefined)
          problems.push({
            severity: 'warning',
            code: 'fact-missing',
            message: `FAQ "${id}" in "${language}": {{${path}}} is not filled in, so its sentence is left out`,
          });
    }
  return problems;
}
