import { z } from 'zod';
import { normalise } from '../../faq/normalise.ts';
import { resolveChoice } from '../../faq/resolve-choice.ts';
import { choiceIdSchema, expressionSchema, nodeBase, variableSchema } from '../names.ts';
import { defineKind, leave, unexpected, type CompiledText, type Move } from '../node-kind.ts';
import type { Expression } from '../expression.ts';
import { DEFAULT_RETRIES, engineChoice, retry } from '../retry.ts';
import type { Run } from '../run.ts';
import { textSchema } from '../text.ts';

const schema = z
  .strictObject({
    ...nodeBase,
    type: z.literal('choose'),
    text: textSchema.describe('The question'),
    choices: z
      .array(
        z.strictObject({
          id: choiceIdSchema,
          label: textSchema.describe('On the button: at most 24 characters for every channel'),
          description: textSchema.optional().describe('Under the label where a channel shows lists'),
          when: expressionSchema.optional().describe('Offered only when this holds'),
        }),
      )
      .min(1)
      .max(20),
    save: variableSchema.optional().describe('Variable that keeps the id of the choice'),
    saveText: variableSchema.optional().describe('Variable that keeps what was typed when the exit "other" is taken'),
    retries: z.int().min(1).max(10).optional().describe('Answers not understood before help is offered; 3 when absent'),
  })
  .describe('Offers choices as buttons or a numbered list');

/**
 * Offers choices. A tap, a typed label, number or ordinal («الثاني»), or a small typo of a label picks one. Each choice leaves by the exit
 * named like it, or by `next` when it has none. Any other text takes the exit `other` where there is one.
 *
 * @example
 * { "id": "menu", "type": "choose", "text": { "ar": "كيف أخدمك؟", "en": "How can I help?" }, "choices": [{ "id": "request", "label": { "ar": "طلب مساعدة", "en": "Request help" } }, { "id": "ask", "label": { "ar": "سؤال", "en": "A question" } }], "saveText": "question", "exits": { "request": "request", "ask": "faq", "other": "faq" } }
 */
export const choose = defineKind<z.infer<typeof schema>>({
  type: 'choose',
  schema,
  outline: (node) => ({
    exits: [
      ...node.choices.map(({ id }) => ({ name: id, required: node.exits?.['next'] === undefined })),
      { name: 'next', required: false },
      { name: 'other', required: false },
      { name: 'failed', required: false, isFailure: true },
    ],
    texts: [
      { field: 'text', text: node.text },
      ...node.choices.flatMap(({ id, label, description }) => [
        { field: `label of "${id}"`, text: label },
        ...(description === undefined ? [] : [{ field: `description of "${id}"`, text: description }]),
      ]),
    ],
    expressions: node.choices.flatMap(({ id, when }) =>
      when === undefined ? [] : [{ field: `when of "${id}"`, source: when, expects: 'bool' as const }],
    ),
    writes: [node.save, node.saveText].filter((name) => name !== undefined),
    choices: { ids: node.choices.map(({ id }) => id), labels: node.choices.map(({ label }) => label) },
    waits: 'person',
  }),
  check: (node) => {
    const problems = repeated(node.choices.map(({ id }) => id)).map((id) => `choice "${id}" appears twice`);
    for (const id of ['next', 'other', 'failed'])
      if (node.choices.some((choice) => choice.id === id))
        problems.push(`a choice may not be named "${id}", which is an exit of its own`);
    if (node.saveText !== undefined && node.exits?.['other'] === undefined)
      problems.push('"saveText" keeps nothing without an exit "other"');
    return problems;
  },
  compile: (node, compiler) => {
    const choices = node.choices.map(({ id, label, description, when }) => ({
      id,
      label: compiler.text(label),
      ...(description === undefined ? {} : { description: compiler.text(description) }),
      ...(when === undefined ? {} : { when: compiler.expression(when) }),
    }));
    const text = compiler.text(node.text);
    const retries = node.retries ?? DEFAULT_RETRIES;
    const prompt = (run: Run): void => run.say(text.question(run), toButtons(run, offered(run, choices)));
    const pick = (run: Run, id: string): Move => {
      run.answer(node.save, id, choices.find((choice) => choice.id === id)?.label.question(run));
      return leave(run.hasExit(id) ? id : 'next');
    };
    return {
      enter: (run) => {
        run.open('person');
        prompt(run);
        return { to: 'wait' };
      },
      repeat: prompt,
      claims: (run, typed) => {
        const wanted = normalise(typed);
        return offered(run, choices).some(({ label }) => normalise(label.question(run)) === wanted);
      },
      receive: (run, input) => {
        const now = offered(run, choices);
        if (run.wait.tries > 0 && engineChoice(run, input, ['again']) === 'again') {
          run.forgiveTries();
          prompt(run);
          return { to: 'wait' };
        }
        if (input.type === 'choice') {
          const tapped = now.find(({ id }) => id === input.key);
          return tapped === undefined ? unexpected : pick(run, tapped.id);
        }
        if (input.type !== 'text') return unexpected;
        const index = resolveChoice(
          input.text,
          now.map(({ label }) => label.question(run)),
        );
        const typed = index === null ? undefined : now[index];
        if (typed !== undefined) return pick(run, typed.id);
        if (run.hasExit('other')) {
          if (node.saveText !== undefined) run.set(node.saveText, input.text);
          return leave('other');
        }
        return retry(run, run.engineText('choice-unknown'), {
          retries,
          skippable: false,
          choices: toButtons(run, now),
        });
      },
    };
  },
});

interface Option {
  readonly id: string;
  readonly label: CompiledText;
  readonly description?: CompiledText;
  readonly when?: Expression;
}

function offered(run: Run, options: readonly Option[]): readonly Option[] {
  if (options.every(({ when }) => when === undefined)) return options;
  return options.filter(({ when }) => when === undefined || run.evaluate(when) === true);
}

function toButtons(run: Run, options: readonly Option[]) {
  return options.map(({ id, label, description }) => {
    const choice = run.choice(id, label.question(run));
    return description === undefined ? choice : { ...choice, description: description.question(run) };
  });
}

function repeated(ids: readonly string[]): string[] {
  return [...new Set(ids.filter((id, index) => ids.indexOf(id) !== index))];
}
