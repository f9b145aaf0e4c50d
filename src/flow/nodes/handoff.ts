import { z } from 'zod';
import { nodeBase } from '../names.ts';
import { defineKind } from '../node-kind.ts';
import { handOver } from '../hand-over.ts';
import { textSchema } from '../text.ts';

const schema = z
  .strictObject({
    ...nodeBase,
    type: z.literal('handoff'),
    reason: z.enum(['asked', 'urgent', 'unanswered', 'failed', 'flow']).optional().describe('flow when absent'),
    urgency: z.enum(['normal', 'urgent']).optional().describe('normal when absent; urgent comes first in the queue'),
    summary: textSchema.optional().describe('What the officer reads first'),
    text: textSchema
      .optional()
      .describe('Said when the office is open; a standard sentence with the place in the queue when absent'),
    closedText: textSchema
      .optional()
      .describe('Said when it is closed; a standard sentence with the opening time when absent'),
  })
  .describe('Hands the conversation to an officer');

/**
 * Puts the conversation in the officers' queue, tells the person so (and when the office opens, if it is closed) and ends the session: from
 * here on officers answer. What the person should still say is asked before.
 *
 * @example
 * { "id": "officer", "type": "handoff", "reason": "asked", "summary": { "ar": "يسأل عن: {{question}}", "en": "Asks about: {{question}}" } }
 */
export const handoff = defineKind<z.infer<typeof schema>>({
  type: 'handoff',
  schema,
  outline: (node) => ({
    exits: [],
    texts: (['summary', 'text', 'closedText'] as const).flatMap((field) => {
      const text = node[field];
      return text === undefined ? [] : [{ field, text }];
    }),
    waits: 'nothing',
    handsOver: true,
  }),
  compile: (node, compiler) => {
    const summary = node.summary === undefined ? null : compiler.text(node.summary);
    const open = node.text === undefined ? null : compiler.text(node.text);
    const closed = node.closedText === undefined ? null : compiler.text(node.closedText);
    return {
      enter: (run) => {
        const own = run.context.isOpen ? open : closed;
        handOver(run, {
          reason: node.reason ?? 'flow',
          urgency: node.urgency ?? 'normal',
          summary: summary?.render(run) ?? '',
          text: own?.render(run) ?? '',
        });
        return { to: 'stop' };
      },
    };
  },
});
