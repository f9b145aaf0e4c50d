import { z } from 'zod';
import { nodeBase, nodeIdSchema } from '../names.ts';
import { defineKind } from '../node-kind.ts';
import { textSchema } from '../text.ts';

const schema = z
  .strictObject({
    ...nodeBase,
    type: z.literal('end'),
    text: textSchema.optional().describe('Last words'),
    outcome: nodeIdSchema
      .optional()
      .describe('For a sub-flow: the exit of the flow node that is taken; "next" when absent'),
    erase: z.literal(true).optional().describe('Erases everything about the person once the last words are sent'),
  })
  .describe('Ends the flow');

/**
 * Ends the flow: a sub-flow goes back to where it was called, a flow that interrupted a question hands back to it, any other ends the
 * session. With `erase` the person's data is destroyed and the session ends whatever called the flow.
 *
 * @example
 * { "id": "bye", "type": "end", "text": { "ar": "سعدنا بخدمتك.", "en": "It was a pleasure to help." } }
 */
export const end = defineKind<z.infer<typeof schema>>({
  type: 'end',
  schema,
  outline: (node) => ({
    exits: [],
    texts: node.text === undefined ? [] : [{ field: 'text', text: node.text }],
    waits: 'nothing',
  }),
  compile: (node, compiler) => {
    const text = node.text === undefined ? null : compiler.text(node.text);
    const outcome = node.outcome ?? 'next';
    return {
      enter: (run) => {
        if (text !== null) run.say(text.render(run));
        if (node.erase !== true) return { to: 'return', outcome };
        run.emit({ type: 'erase-person' });
        return { to: 'stop' };
      },
    };
  },
});
