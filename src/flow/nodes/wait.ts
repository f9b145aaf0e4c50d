import { z } from 'zod';
import { nodeBase, variableSchema } from '../names.ts';
import { defineKind, leave, next, stay, unexpected } from '../node-kind.ts';

const longestWaitMs = 30 * 24 * 60 * 60 * 1000;

const schema = z
  .strictObject({
    ...nodeBase,
    type: z.literal('wait'),
    afterMs: z.int().min(1000).max(longestWaitMs).describe('How long, in milliseconds; at most 30 days'),
    saveText: variableSchema.optional().describe('Variable that keeps what the person wrote meanwhile'),
  })
  .describe('Waits for a time, or until the person writes');

/**
 * Waits until the time is over (exit `next`) or the person writes (exit `reply`), whichever comes first.
 *
 * @example
 * { "id": "pause", "type": "wait", "afterMs": 3600000, "saveText": "said", "exits": { "next": "remind", "reply": "menu" } }
 */
export const wait = defineKind<z.infer<typeof schema>>({
  type: 'wait',
  schema,
  outline: (node) => ({
    exits: [
      { name: 'next', required: true },
      { name: 'reply', required: true },
    ],
    writes: node.saveText === undefined ? [] : [node.saveText],
    waits: 'timer',
  }),
  compile: (node) => ({
    enter: (run) => {
      const opened = run.open('timer');
      run.emit({ type: 'set-timer', name: `wait:${opened.id}`, afterMs: node.afterMs });
      return stay;
    },
    receive: (run, input) => {
      if (input.type === 'timer') return next;
      if (input.type === 'result' || input.type === 'returned' || input.type === 'media-lost') return unexpected;
      run.emit({ type: 'cancel-timer', name: `wait:${run.wait.id}` });
      if (node.saveText !== undefined) run.set(node.saveText, input.type === 'text' ? input.text : null);
      return leave('reply');
    },
  }),
});
