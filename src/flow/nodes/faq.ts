import { z } from 'zod';
import type { MediaKind } from '../../domain/message.ts';
import { choiceIdSchema, expressionSchema, nodeBase } from '../names.ts';
import { defineKind, leave, stay, type Input } from '../node-kind.ts';
import { textSchema } from '../text.ts';
import { gatherQuestion, isClaimed, isGathering, receiveQuestion, recordHeld } from './faq-dialogue.ts';

/** How long a question is held when the node does not say. */
const DEFAULT_GATHER_MS = 1500;

const schema = z
  .strictObject({
    ...nodeBase,
    type: z.literal('faq'),
    text: textSchema.describe('Invites a question'),
    question: expressionSchema
      .optional()
      .describe('A question that was typed already; not asked for again when it has a value'),
    gatherMs: z
      .int()
      .min(0)
      .max(10_000)
      .optional()
      .describe(
        'Milliseconds a text is held, in case the question goes on in another message; 1500 when absent, 0 answers at once',
      ),
    leaveFor: z
      .array(choiceIdSchema)
      .optional()
      .describe(
        'Entries that need more than an answer: each leaves at once by the exit named like it, even where the match is unsure',
      ),
  })
  .describe('Answers questions from the FAQ');

/**
 * Answers questions from the FAQ until the person has had enough (`answered`) or one could not be answered (`unanswered`): a sure match is
 * answered under the question it was understood as, with a button "not my question"; an unsure one offers up to three questions. A
 * question that comes in several quick messages is answered once, as one: texts are held until nothing has followed for `gatherMs`.
 * Buttons answer at once. Answers may invite a picture or a location: one that comes takes the exit `sent` where there is one. A voice note
 * cannot be read: the person is asked to type, or to call an officer. An entry in `leaveFor` is not answered here: the exit of its name is.
 *
 * @example
 * { "id": "questions", "type": "faq", "text": { "ar": "تفضل، ما سؤالك؟", "en": "Please ask." }, "exits": { "answered": "bye", "unanswered": "officer" } }
 */
export const faq = defineKind<z.infer<typeof schema>>({
  type: 'faq',
  schema,
  outline: (node) => ({
    exits: [
      { name: 'answered', required: true },
      { name: 'unanswered', required: true, isFailure: true },
      { name: 'sent', required: false },
      ...(node.leaveFor ?? []).map((name) => ({ name, required: true })),
    ],
    texts: [{ field: 'text', text: node.text }],
    expressions: node.question === undefined ? [] : [{ field: 'question', source: node.question }],
    waits: 'person',
  }),
  compile: (node, compiler) => {
    const text = compiler.text(node.text);
    const question = node.question === undefined ? null : compiler.expression(node.question);
    const gatherMs = node.gatherMs ?? DEFAULT_GATHER_MS;
    return {
      enter: (run) => {
        run.open('person');
        const typed = question === null ? null : run.evaluate(question);
        if (typeof typed === 'string' && typed.trim() !== '') return gatherQuestion(run, typed, gatherMs);
        run.say(text.question(run));
        return stay;
      },
      repeat: (run) => {
        if (isGathering(run)) return;
        run.note({ phase: 'asked' });
        run.say(text.question(run));
      },
      claims: isClaimed,
      receive: (run, input) => {
        if (!run.hasExit('sent') || !isSent(input)) return receiveQuestion(run, input, gatherMs);
        recordHeld(run);
        return leave('sent');
      },
    };
  },
});

function isSent(input: Input): boolean {
  if (input.type !== 'media') return input.type === 'location' || input.type === 'contact';
  return !cannotBeRead.has(input.media.kind);
}

const cannotBeRead: ReadonlySet<MediaKind> = new Set(['sticker', 'voice', 'audio']);
