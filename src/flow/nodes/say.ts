import { z } from 'zod';
import { nodeBase } from '../names.ts';
import { defineKind, next } from '../node-kind.ts';
import { textSchema } from '../text.ts';

const schema = z
  .strictObject({ ...nodeBase, type: z.literal('say'), text: textSchema })
  .describe('Tells the person something and goes on');

/**
 * Sends a text and goes on at once. A text of which nothing is left (all its sentences lack a value) is not sent.
 *
 * @example
 * { "id": "hours", "type": "say", "text": { "ar": "دوامنا {{org.hours}}.", "en": "We are open {{org.hours}}." }, "exits": { "next": "end" } }
 */
export const say = defineKind<z.infer<typeof schema>>({
  type: 'say',
  schema,
  outline: (node) => ({
    exits: [{ name: 'next', required: true }],
    texts: [{ field: 'text', text: node.text }],
    waits: 'nothing',
  }),
  compile: (node, compiler) => {
    const text = compiler.text(node.text);
    return {
      enter: (run) => {
        run.say(text.render(run));
        return next;
      },
    };
  },
});
