import { z } from 'zod';
import type { Json } from '../../domain/effect.ts';
import { expressionSchema, nodeBase, nodeIdSchema, variableSchema } from '../names.ts';
import { defineKind, leave, unexpected } from '../node-kind.ts';

const schema = z
  .strictObject({
    ...nodeBase,
    type: z.literal('flow'),
    flow: nodeIdSchema.describe('Id of the flow to run'),
    parameters: z.record(variableSchema, expressionSchema).optional().describe('Parameter of that flow -> expression'),
    results: z
      .record(variableSchema, variableSchema)
      .optional()
      .describe('Variable of this flow -> result of that flow'),
  })
  .describe('Runs another flow and comes back');

/**
 * Runs another flow inside this one, in its newest version, with its own variables: it sees only the parameters and gives back only
 * what its `results` name. Its `end` node's outcome picks the exit (`next` when it names none, or one that is not connected here).
 *
 * @example
 * { "id": "address", "type": "flow", "flow": "ask-address", "parameters": { "reason": "'delivery'" }, "results": { "city": "city" }, "exits": { "next": "summary" } }
 */
export const flow = defineKind<z.infer<typeof schema>>({
  type: 'flow',
  schema,
  outline: (node) => ({
    exits: [
      { name: 'next', required: true },
      ...Object.keys(node.exits ?? {})
        .filter((name) => name !== 'next')
        .map((name) => ({ name, required: false })),
    ],
    expressions: Object.entries(node.parameters ?? {}).map(([name, source]) => ({
      field: `parameter "${name}"`,
      source,
    })),
    writes: Object.keys(node.results ?? {}),
    waits: 'flow',
    calls: { flow: node.flow },
  }),
  compile: (node, compiler) => {
    const parameters = Object.entries(node.parameters ?? {}).map(
      ([name, source]) => [name, compiler.expression(source)] as const,
    );
    const results = Object.entries(node.results ?? {});
    return {
      enter: (run) => {
        const values: Record<string, Json> = {};
        for (const [name, expression] of parameters) values[name] = run.evaluate(expression);
        return { to: 'flow', flow: node.flow, parameters: values };
      },
      receive: (run, input) => {
        if (input.type !== 'returned') return unexpected;
        for (const [name, result] of results) run.set(name, input.results[result] ?? null);
        return leave(run.hasExit(input.outcome) ? input.outcome : 'next');
      },
    };
  },
});
