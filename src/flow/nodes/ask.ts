import { z } from 'zod';
import { answerRuleSchema } from '../../answers/types.ts';
import { nodeBase, variableSchema } from '../names.ts';
import { defineKind, leave, unexpected, type Move, type NodeStep } from '../node-kind.ts';
import { DEFAULT_RETRIES, engineChoice } from '../retry.ts';
import type { Run } from '../run.ts';
import { textSchema } from '../text.ts';
import { receiveLocation } from './ask-location.ts';
import { mediaChoices, receiveMedia } from './ask-media.ts';
import { receiveTyped, typedChoices } from './ask-typed.ts';

const mediaKinds = ['photo', 'document', 'video', 'voice', 'audio'] as const;

const mediaRuleSchema = z
  .strictObject({
    kind: z.literal('media'),
    accept: z.array(z.enum(mediaKinds)).min(1).optional().describe('What is taken; photos and documents when absent'),
    min: z.int().min(1).max(10).optional().describe('Fewest files; 1 when absent'),
    max: z.int().min(1).max(10).optional().describe('Most files; 5 when absent'),
  })
  .refine((rule) => (rule.min ?? 1) <= (rule.max ?? 5), 'min is above max')
  .describe('Photos or documents; the variable holds the list of their ids');

const locationRuleSchema = z
  .strictObject({
    kind: z.literal('location'),
    orText: z.boolean().optional().describe('An address in words is taken as well'),
  })
  .describe('A place on the map; the variable holds { latitude, longitude, name } or the address as text');

const schema = z
  .strictObject({
    ...nodeBase,
    type: z.literal('ask'),
    text: textSchema.describe('The question'),
    answer: z.union([answerRuleSchema, mediaRuleSchema, locationRuleSchema]),
    save: variableSchema.describe('Variable that keeps the answer'),
    optional: z.boolean().optional().describe('Offers to skip; the variable then has no value'),
    retries: z.int().min(1).max(10).optional().describe('Wrong answers before help is offered; 3 when absent'),
  })
  .describe('Asks a question, checks the answer and keeps it');

export type AskNode = z.infer<typeof schema>;
export type MediaRule = z.infer<typeof mediaRuleSchema>;
export type LocationRule = z.infer<typeof locationRuleSchema>;

/**
 * Asks and keeps a checked answer. `answer.kind` is one of the typed answers (text, name, number, national-id, phone, iban, email, date,
 * yes-no), `media` or `location`. A wrong answer is explained; after `retries` of them the exit `failed` is taken, or, without one, an officer is
 * offered. Skipping takes the exit `skip`, or `next` without one.
 *
 * @example
 * { "id": "people", "type": "ask", "text": { "ar": "كم عدد أفراد الأسرة؟", "en": "How many are you at home?" }, "answer": { "kind": "number", "min": 1, "max": 40, "integer": true }, "save": "people", "exits": { "next": "photos" } }
 */
export const ask = defineKind<AskNode>({
  type: 'ask',
  schema,
  outline: (node) => ({
    exits: [
      { name: 'next', required: true },
      { name: 'skip', required: false },
      { name: 'failed', required: false, isFailure: true },
    ],
    texts: [{ field: 'text', text: node.text }],
    writes: [node.save],
    waits: 'person',
  }),
  check: (node) =>
    node.exits?.['skip'] !== undefined && node.optional !== true ? ['exit "skip" is never taken: set "optional"'] : [],
  compile: (node, compiler): NodeStep => {
    const text = compiler.text(node.text);
    const { answer } = node;
    const options = { retries: node.retries ?? DEFAULT_RETRIES, skippable: node.optional === true };
    const choices = (run: Run) => {
      const own = answer.kind === 'media' ? mediaChoices(run, answer) : typedChoices(run, answer);
      return options.skippable ? [...own, run.choice('$skip', run.engineText('button-skip'))] : own;
    };
    const prompt = (run: Run): void => run.say(text.question(run), choices(run));
    return {
      enter: (run) => {
        run.open('person');
        prompt(run);
        return { to: 'wait' };
      },
      repeat: prompt,
      receive: (run, input): Move => {
        if (options.skippable && engineChoice(run, input, ['skip']) === 'skip') {
          run.answer(node.save, null);
          return leave(run.hasExit('skip') ? 'skip' : 'next');
        }
        if (run.wait.tries > 0 && engineChoice(run, input, ['again']) === 'again') {
          run.forgiveTries();
          prompt(run);
          return { to: 'wait' };
        }
        const form = { save: node.save, ...options };
        if (answer.kind === 'media') return receiveMedia(run, input, answer, form);
        if (answer.kind === 'location') return receiveLocation(run, input, answer, form);
        if (input.type === 'returned') return unexpected;
        return receiveTyped(run, input, answer, form);
      },
    };
  },
});
