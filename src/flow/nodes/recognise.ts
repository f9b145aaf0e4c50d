import { z } from 'zod';
import { choiceIdSchema, expressionSchema, nodeBase } from '../names.ts';
import { defineKind, leave } from '../node-kind.ts';

const schema = z
  .strictObject({
    ...nodeBase,
    type: z.literal('recognise'),
    text: expressionSchema.describe('What was typed'),
    entries: z.array(choiceIdSchema).min(1).max(20).describe('Entries of the FAQ to look for'),
  })
  .describe('Goes another way when a text asks what certain entries of the FAQ answer');

/**
 * Takes the exit named like the entry that a text asks for, even where the match is unsure; `else` when it asks for none of them, or is
 * no text. Nothing is said and nothing recorded.
 *
 * @example
 * { "id": "danger", "type": "recognise", "text": "firstMessage", "entries": ["in-danger"], "exits": { "in-danger": "help", "else": "hello" } }
 */
export const recognise = defineKind<z.infer<typeof schema>>({
  type: 'recognise',
  schema,
  outline: (node) => ({
    exits: [...new Set(node.entries), 'else'].map((name) => ({ name, required: true })),
    expressions: [{ field: 'text', source: node.text }],
    waits: 'nothing',
  }),
  check: ({ entries }) =>
    entries.includes('else') ? ['an entry may not be named "else", which is taken when none is meant'] : [],
  compile: (node, compiler) => {
    const text = compiler.expression(node.text);
    return {
      enter: (run) => {
        const typed = run.evaluate(text);
        const match = typeof typed === 'string' ? run.program.faq?.matcher.match(typed) : undefined;
        const entryId = match?.band === 'answer' ? match.entryId : match?.band === 'suggest' ? match.entryIds[0] : null;
        return leave(node.entries.find((entry) => entry === entryId) ?? 'else');
      },
    };
  },
});
