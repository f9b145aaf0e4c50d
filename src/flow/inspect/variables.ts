import { compileExpression } from '../expression.ts';
import type { Problem } from '../problem.ts';
import type { Flow } from '../schema.ts';
import { flowProblem, nodeProblem, type OutlinedFlow } from './scope.ts';

/** Every variable a flow may have: its parameters and what its nodes set. */
export function variablesOf({ flow, nodes }: OutlinedFlow): ReadonlySet<string> {
  const written = [...nodes.values()].flatMap(({ outline }) => outline.writes ?? []);
  return new Set([...Object.keys(flow.parameters ?? {}), ...written]);
}

/** Expressions and the variables that nodes read. */
export function inspectVariables({ flow, nodes }: OutlinedFlow, variables: ReadonlySet<string>): Problem[] {
  const problems: Problem[] = [];
  for (const { node, outline } of nodes.values()) {
    for (const { field, source, expects } of outline.expressions ?? []) {
      const compiled = compileExpression(source);
      if (!compiled.ok) {
        problems.push(
          nodeProblem(flow, node.id, 'expression-broken', `${field} is not a valid expression: ${compiled.problem}`),
        );
        continue;
      }
      const { type, reads } = compiled.expression;
      if (expects === 'bool' && type !== 'bool' && type !== 'dyn')
        problems.push(
          nodeProblem(flow, node.id, 'condition-not-bool', `${field} must be true or false, but is of type ${type}`),
        );
      for (const name of reads)
        if (name !== 'context' && !variables.has(name))
          problems.push(
            nodeProblem(flow, node.id, 'variable-undeclared', `${field}: nothing sets the variable "${name}"`),
          );
    }
    for (const { field, name } of outline.reads ?? [])
      if (name !== 'context' && !variables.has(name))
        problems.push(
          nodeProblem(flow, node.id, 'variable-undeclared', `${field}: nothing sets the variable "${name}"`),
        );
  }
  return [...problems, ...inspectResults(flow, variables)];
}

function inspectResults(flow: Flow, variables: ReadonlySet<string>): Problem[] {
  return (flow.results ?? [])
    .filter((name) => !variables.has(name))
    .map((name) => flowProblem(flow, 'result-undeclared', `result "${name}": nothing sets that variable`));
}
