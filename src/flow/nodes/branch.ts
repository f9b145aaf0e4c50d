import { z } from 'zod';
import { expressionSchema, nodeBase, nodeIdSchema } from '../names.ts';
import { defineKind, leave } from '../node-kind.ts';

const schema = z
  .strictObject({
    ...nodeBase,
    type: z.literal('branch'),
    cases: z
      .array(
        z.strictObject({ exit: nodeIdSchema.describe('Exit taken when the condition holds'), when: expressionSchema }),
      )
      .min(1)
      .max(20),
  })
  .describe('Goes one of several ways by conditions; the first that holds wins');

/**
 * Takes the exit of the first condition that is true, else the exit `else`. A condition that cannot be computed (a text compared with a
 * number, say) counts as not true and is recorded.
 *
 * @example
 * { "id": "open", "type": "branch", "cases": [{ "exit": "open", "when": "context.isOpen" }], "exits": { "open": "officer", "else": "closed" } }
 */
export const branch = defineKind<z.infer<typeof schema>>({
  type: 'branch',
  schema,
  outline: (node) => ({
    exits: [...new Set(node.cases.map(({ exit }) => exit)), 'else'].map((name) => ({ name, required: true })),
    expressions: node.cases.map(({ exit, when }) => ({
      field: `when of "${exit}"`,
      source: when,
      expects: 'bool' as const,
    })),
    waits: 'nothing',
  }),
  check: (node) =>
    node.cases.some(({ exit }) => exit === 'else')
      ? ['a case may not be named "else", which is taken when none holds']
      : [],
  compile: (node, compiler) => {
    const cases = node.cases.map(({ exit, when }) => ({ exit, condition: compiler.expression(when) }));
    return {
      enter: (run) => leave(cases.find(({ condition }) => run.evaluate(condition) === true)?.exit ?? 'else'),
    };
  },
});
