import { join } from 'node:path';
import type { FaqMatcher } from '../../src/faq/types.ts';
import { toIntentPhrases } from '../../src/flow/intents.ts';
import { createProgram, type Program, type ProgramSource } from '../../src/flow/program.ts';
import { parseFlow } from '../../src/flow/parse.ts';
import type { Flow } from '../../src/flow/schema.ts';
import { loadLocales } from '../../src/i18n/load.ts';
import { createTranslate } from '../../src/i18n/translate.ts';

const noFaq: FaqMatcher = { match: () => ({ band: 'none' }) };
const testLocales = await loadLocales(join(import.meta.dirname, '../../locales'));
export const testTranslate = createTranslate({ resources: testLocales, fallbackLanguage: 'en' });

const flows = [
  {
    spec: 1,
    id: 'welcome',
    version: 1,
    title: { en: 'Request' },
    start: 'name',
    nodes: [
      {
        id: 'name',
        type: 'ask',
        text: { en: 'What is your name?' },
        answer: { kind: 'text' },
        save: 'name',
        exits: { next: 'people' },
      },
      {
        id: 'people',
        type: 'ask',
        text: { en: 'How many are you, {{name}}?' },
        answer: { kind: 'number', min: 1, max: 40, integer: true },
        save: 'people',
        exits: { next: 'open' },
      },
      {
        id: 'open',
        type: 'case',
        kind: 'assistance',
        answers: [{ variable: 'people', label: { en: 'People' } }],
        save: 'reference',
        exits: { next: 'thanks' },
      },
      {
        id: 'thanks',
        type: 'say',
        text: { en: 'Thank you, {{name}}. Your number is {{reference}}.' },
        exits: { next: 'echo' },
      },
      // From here on every message is answered with itself: order and count can be seen.
      {
        id: 'echo',
        type: 'ask',
        text: { en: 'Anything else?' },
        answer: { kind: 'text' },
        save: 'said',
        exits: { next: 'heard' },
      },
      {
        id: 'heard',
        type: 'ask',
        text: { en: 'heard {{said}}' },
        answer: { kind: 'text' },
        save: 'said',
        exits: { next: 'heard' },
      },
    ],
  },
  {
    spec: 1,
    id: 'menu',
    version: 1,
    title: { en: 'Menu' },
    start: 'hello',
    nodes: [{ id: 'hello', type: 'end', text: { en: 'The assistant is back.' } }],
  },
  {
    spec: 1,
    id: 'survey',
    version: 1,
    title: { en: 'Survey' },
    start: 'rate',
    nodes: [
      {
        id: 'rate',
        type: 'survey',
        survey: 'service',
        questions: [{ id: 'csat', text: { en: 'How was it?' }, scale: 'csat' }],
        exits: { next: 'bye' },
      },
      { id: 'bye', type: 'end', text: { en: 'Thank you for telling us.' } },
    ],
  },
  {
    spec: 1,
    id: 'news',
    version: 1,
    title: { en: 'News' },
    parameters: { reference: {}, status: {} },
    start: 'tell',
    nodes: [{ id: 'tell', type: 'end', text: { en: 'Request {{reference}}: {{status}}.' } }],
  },
  {
    spec: 1,
    id: 'talk',
    version: 1,
    title: { en: 'Officer' },
    start: 'officer',
    nodes: [{ id: 'officer', type: 'handoff', reason: 'asked', text: { en: 'An officer will answer you.' } }],
  },
  {
    spec: 1,
    id: 'forget',
    version: 1,
    title: { en: 'Erasure' },
    start: 'bye',
    nodes: [{ id: 'bye', type: 'end', text: { en: 'You are forgotten. Farewell.' }, erase: true }],
  },
];

export const testIntents = {
  bindings: { human: { flow: 'talk' }, 'delete-my-data': { flow: 'forget' }, menu: { flow: 'menu' } },
  phrases: toIntentPhrases(testLocales),
};

/** A program of a few plain flows, so that the runtime's tests do not change with the charity's texts. */
export function testProgram(extraFlows: readonly unknown[] = [], changes: Partial<ProgramSource> = {}): Program {
  return createProgram({
    flows: [...flows, ...extraFlows].map(toFlow),
    entryFlowId: 'welcome',
    intents: testIntents,
    translate: testTranslate,
    facts: {},
    faq: { matcher: noFaq, entries: [] },
    ...changes,
  });
}

function toFlow(source: unknown): Flow {
  const parsed = parseFlow(source);
  if (!parsed.ok) throw new Error(parsed.problems.map((problem) => problem.message).join('\n'));
  return parsed.value;
}
