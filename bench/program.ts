import { join } from 'node:path';
import { parseFlow } from '../src/flow/parse.ts';
import { createProgram, type Program } from '../src/flow/program.ts';
import { loadLocales } from '../src/i18n/load.ts';
import { createTranslate } from '../src/i18n/translate.ts';

const locales = await loadLocales(join(import.meta.dirname, '../locales'));
export const translate = createTranslate({ resources: locales, fallbackLanguage: 'en' });

/** A three-turn dialogue: two questions, the second with a checked number, and a farewell. */
export function benchProgram(): Program {
  const parsed = parseFlow({
    spec: 1,
    id: 'welcome',
    version: 1,
    title: { en: 'Dialogue' },
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
        exits: { next: 'thanks' },
      },
      { id: 'thanks', type: 'end', text: { en: 'Thank you, {{name}}: {{people}}.' } },
    ],
  });
  if (!parsed.ok) throw new Error(parsed.problems.map((problem) => problem.message).join('\n'));
  return createProgram({
    flows: [parsed.value],
    entryFlowId: 'welcome',
    intents: { bindings: {}, phrases: {} },
    translate,
    facts: {},
    faq: null,
  });
}
