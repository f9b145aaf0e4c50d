import { z } from 'zod';
import type { CaseAnswer } from '../../domain/effect.ts';
import { nodeBase, variableSchema } from '../names.ts';
import { defineKind, leave, next, stay, unexpected } from '../node-kind.ts';
import { textSchema } from '../text.ts';
import { toAttachmentIds } from './ask-media.ts';

const schema = z
  .strictObject({
    ...nodeBase,
    type: z.literal('case'),
    kind: z.enum(['assistance', 'complaint', 'suggestion', 'volunteer', 'callback', 'urgent']),
    urgency: z.enum(['normal', 'urgent']).optional().describe('normal when absent'),
    answers: z
      .array(
        z.strictObject({
          variable: variableSchema,
          label: textSchema.describe('What the officer reads beside the answer'),
        }),
      )
      .max(40)
      .describe('What the officer reads, in this order; variables without a value are left out'),
    attachments: z.array(variableSchema).max(10).optional().describe('Variables that hold files'),
    save: variableSchema.describe('Variable that gets the reference number'),
  })
  .describe('Opens a case for the officers');

/**
 * Opens a case (assistance request, complaint, ...) from answers given before and waits for its reference. Nothing before it can be asked
 * again with «back». Should the case not open, exit `failed` is taken, or the engine apologises and offers an officer.
 *
 * @example
 * { "id": "open", "type": "case", "kind": "assistance", "answers": [{ "variable": "people", "label": { "ar": "عدد أفراد الأسرة", "en": "People at home" } }], "attachments": ["photos"], "save": "reference", "exits": { "next": "thanks" } }
 */
export const caseKind = defineKind<z.infer<typeof schema>>({
  type: 'case',
  schema,
  outline: (node) => ({
    exits: [
      { name: 'next', required: true },
      { name: 'failed', required: false, isFailure: true },
    ],
    texts: node.answers.map(({ variable, label }) => ({ field: `label of "${variable}"`, text: label })),
    reads: [
      ...node.answers.map(({ variable }) => ({ field: 'answers', name: variable })),
      ...(node.attachments ?? []).map((name) => ({ field: 'attachments', name })),
    ],
    writes: [node.save],
    waits: 'result',
  }),
  compile: (node, compiler) => {
    const answers = node.answers.map(({ variable, label }) => ({ variable, label: compiler.text(label) }));
    const attachments = node.attachments ?? [];
    return {
      enter: (run) => {
        const wait = run.open('result');
        run.emit({
          type: 'open-case',
          key: wait.id,
          kind: node.kind,
          urgency: node.urgency ?? 'normal',
          answers: answers.flatMap(({ variable, label }): CaseAnswer[] => {
            const value = run.variable(variable);
            if (value === undefined || value === null) return [];
            return [{ name: variable, label: label.question(run), value, shown: run.shown(variable) }];
          }),
          attachments: attachments.flatMap((name) => run.attachments(toAttachmentIds(run.variable(name)))),
        });
        return stay;
      },
      receive: (run, input) => {
        if (input.type !== 'result') return unexpected;
        const { result } = input;
        const reference =
          typeof result === 'object' && result !== null && 'reference' in result ? result.reference : null;
        if (typeof reference !== 'string') return leave('failed');
        run.set(node.save, reference);
        return next;
      },
    };
  },
});
