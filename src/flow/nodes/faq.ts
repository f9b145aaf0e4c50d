import { z } from 'zod';
import { expressionSchema, nodeBase } from '../names.ts';
import { defineKind, leave, stay, type Input } from '../node-kind.ts';
import { textSchema } from '../text.ts';
import { answerQuestion, isVerdict, receiveQuestion } from './faq-dialogue.ts';

const schema = z
  .strictObject({
    ...nodeBase,
    type: z.literal('faq'),
    text: textSchema.describe('Invites a question'),
    question: expressionSchema
      .optional()
      .describe('A question that was typed already; answered at once when it has a value'),
  })
  .describe('Answers questions from the FAQ');

/**
 * Answers questions from the FAQ until the person has had enough (`answered`) or one could not be answered (`unanswered`): a sure match is
 * answered under the question it was understood as, with a button "not my question"; an unsure one offers up to three questions. A
 * question that comes in several quick messages is read as one: an unknown text is held for three seconds. Answers may invite a picture, a
 * voice note or a location: one that comes takes the exit `sent` where there is one.
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
    ],
    texts: [{ field: 'text', text: node.text }],
    expressions: node.question === undefined ? [] : [{ field: 'question', source: node.question }],
    waits: 'person',
  }),
  compile: (node, compiler) => {
    const text = compiler.text(node.text);
    const question = node.question === undefined ? null : compiler.expression(node.question);
    return {
      enter: (run) => {
        run.open('person');
        const typed = question === null ? null : run.evaluate(question);
        if (typeof typed === 'string' && typed.trim() !== '') return answerQuestion(run, typed);
        run.say(text.question(run));
        return stay;
      },
      repeat: (run) => {
        run.note({ phase: 'asked' });
        run.say(text.question(run));
      },
      claims: isVerdict,
      receive: (run, input) => (run.hasExit('sent') && isSent(input) ? leave('sent') : receiveQuestion(run, input)),
    };
  },
});

function isSent(input: Input): boolean {
  return (
    input.type === 'location' || input.type === 'contact' || (input.type === 'media' && input.media.kind !== 'sticker')
  );
}
