import { z } from 'zod';
import { expressionSchema, nodeBase, variableSchema } from '../names.ts';
import { defineKind, next } from '../node-kind.ts';

const schema = z
  .strictObject({
    ...nodeBase,
    type: z.literal('set'),
    values: z
      .record(variableSchema, expressionSchema)
      .optional()
      .describe('Variable -> expression; all see the values from before'),
    language: expressionSchema
      .optional()
      .describe('Expression whose text becomes the language of the conversation, for example chosen'),
    consent: z.enum(['given', 'withdrawn']).optional().describe('Records what the person decided about their data'),
  })
  .describe('Sets variables, the language or the consent');

/**
 * Computes variables; may also change the conversation's language (one the program has; others are ignored and recorded) and record
 * consent. An expression that cannot be computed leaves its variable without a value.
 *
 * @example
 * { "id": "english", "type": "set", "values": { "people": "adults + children" }, "language": "'en'", "consent": "given", "exits": { "next": "menu" } }
 */
export const set = defineKind<z.infer<typeof schema>>({
  type: 'set',
  schema,
  outline: (node) => ({
    exits: [{ name: 'next', required: true }],
    expressions: [
      ...Object.entries(node.values ?? {}).map(([name, source]) => ({ field: `value of "${name}"`, source })),
      ...(node.language === undefined ? [] : [{ field: 'language', source: node.language }]),
    ],
    writes: Object.keys(node.values ?? {}),
    waits: 'nothing',
  }),
  check: (node) =>
    node.values === undefined && node.language === undefined && node.consent === undefined
      ? ['sets nothing: expected values, language or consent']
      : [],
  compile: (node, compiler) => {
    const values = Object.entries(node.values ?? {}).map(
      ([name, source]) => [name, compiler.expression(source)] as const,
    );
    const language = node.language === undefined ? null : compiler.expression(node.language);
    const { consent } = node;
    return {
      enter: (run) => {
        const computed = values.map(([name, expression]) => [name, run.evaluate(expression)] as const);
        for (const [name, value] of computed) run.set(name, value);
        if (language !== null) run.setLanguage(run.evaluate(language));
        if (consent !== undefined) run.setConsent(consent);
        return next;
      },
    };
  },
});
