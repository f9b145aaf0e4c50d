import { z } from 'zod';
import { choiceIdSchema, expressionSchema, nodeBase, variableSchema } from '../names.ts';
import { defineKind } from '../node-kind.ts';
import { textSchema } from '../text.ts';
import { createSurveyStep } from './survey-dialogue.ts';

const schema = z
  .strictObject({
    ...nodeBase,
    type: z.literal('survey'),
    survey: choiceIdSchema.describe('Under which name the scores are reported'),
    questions: z
      .array(
        z.strictObject({
          id: choiceIdSchema.describe('Name of the score'),
          text: textSchema,
          scale: z.enum(['csat', 'nps', 'ces']).describe('csat: 1 to 5; nps: 0 to 10; ces: 1 (hard) to 7 (easy)'),
        }),
      )
      .min(1)
      .max(5),
    comment: textSchema.optional().describe('Invites a remark in words at the end, which may be skipped'),
    about: expressionSchema.optional().describe('What the scores are about, for example the reference of a case'),
    saveText: variableSchema.optional().describe('Variable that keeps what was typed when the exit "other" is taken'),
  })
  .describe('Asks how satisfied the person is');

export type SurveyNode = z.infer<typeof schema>;

/**
 * Asks for scores and, if wished, a remark, and records them. Scores given before the person stops count. A text that is no score takes the
 * exit `other` (with `saveText`) where there is one: who has a new question is not kept in a survey.
 *
 * @example
 * { "id": "rate", "type": "survey", "survey": "service", "questions": [{ "id": "csat", "text": { "ar": "كيف كانت خدمتنا؟", "en": "How was our service?" }, "scale": "csat" }], "comment": { "ar": "هل تود إضافة شيء؟", "en": "Anything to add?" }, "exits": { "next": "thanks" } }
 */
export const survey = defineKind<SurveyNode>({
  type: 'survey',
  schema,
  outline: (node) => ({
    exits: [
      { name: 'next', required: true },
      { name: 'other', required: false },
    ],
    texts: [
      ...node.questions.map(({ id, text }) => ({ field: `text of "${id}"`, text })),
      ...(node.comment === undefined ? [] : [{ field: 'comment', text: node.comment }]),
    ],
    expressions: node.about === undefined ? [] : [{ field: 'about', source: node.about }],
    writes: node.saveText === undefined ? [] : [node.saveText],
    waits: 'person',
  }),
  check: (node) => {
    const ids = node.questions.map(({ id }) => id);
    return [...new Set(ids.filter((id, index) => ids.indexOf(id) !== index))].map(
      (id) => `question "${id}" appears twice`,
    );
  },
  compile: createSurveyStep,
});
