import { readFileSync } from 'node:fs';
import type { FaqEntry, FaqMatcher } from '../../../src/faq/types.ts';
import { normalise } from '../../../src/faq/normalise.ts';
import { toIntentPhrases } from '../../../src/flow/intents.ts';
import { parseFlow } from '../../../src/flow/parse.ts';
import { createProgram, type Facts, type Program, type ProgramSource } from '../../../src/flow/program.ts';
import type { Flow, IntentBindings } from '../../../src/flow/schema.ts';
import { createTranslate, type LocaleResources, type LocaleTree } from '../../../src/i18n/translate.ts';

/** The project's own locales, as the product reads them. */
export const resources: LocaleResources = Object.fromEntries(
  ['ar', 'en'].map((language) => [
    language,
    Object.fromEntries(
      ['engine', 'intents', 'answers', 'files'].map((name) => [
        name,
        JSON.parse(
          readFileSync(new URL(`../../../locales/${language}/${name}.json`, import.meta.url), 'utf8'),
        ) as LocaleTree,
      ]),
    ),
  ]),
);

export const facts: Facts = {
  'org.name': { ar: 'جمعية سقيا', en: 'Suqya' },
  'org.phone': { '*': '+966 14 000 0000' },
};

/** A matcher that knows exactly these entries' phrasings; "ماء" alone could be either. */
export const entries: readonly FaqEntry[] = [
  {
    id: 'tanker',
    topic: 'services',
    question: { ar: 'كيف أطلب صهريج ماء؟', en: 'How do I request a tanker?' },
    answer: {
      ar: 'اختر «طلب مساعدة» من القائمة. دوامنا {{org.hours}}. اتصل على {{org.phone}}.',
      en: 'Choose “Request help”. We are open {{org.hours}}. Call {{org.phone}}.',
    },
    phrasings: { ar: ['كيف أطلب صهريج'], en: ['how do i request a tanker'] },
  },
  {
    id: 'cooler',
    topic: 'services',
    question: { ar: 'كيف أطلب برادة؟', en: 'How do I request a cooler?' },
    answer: { ar: 'اكتب لنا أين ستوضع البرادة.', en: 'Tell us where it will stand.' },
    phrasings: { ar: ['كيف أطلب برادة'], en: ['how do i request a cooler'] },
  },
];

export const matcher: FaqMatcher = {
  match: (text) => {
    const typed = normalise(text);
    for (const { id, phrasings } of entries)
      for (const phrasing of Object.values(phrasings).flat())
        if (typed === normalise(phrasing)) return { band: 'answer', entryId: id, phrasing, score: 0.9 };
    return typed === normalise('ماء') ? { band: 'suggest', entryIds: ['tanker', 'cooler'] } : { band: 'none' };
  },
};

/** A flow from its parts; throws what `parseFlow` says when it is none, so that a test shows the mistake. */
export function toFlow(source: Readonly<Record<string, unknown>>): Flow {
  const parsed = parseFlow({ spec: 1, version: 1, title: { ar: 'اختبار', en: 'Test' }, ...source });
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('\n'));
  return parsed.value;
}

/** Flows that the intents of the test programs lead to. */
export const standardFlows: readonly Flow[] = [
  toFlow({
    id: 'welcome',
    start: 'hello',
    parameters: { firstMessage: { default: '' } },
    nodes: [
      {
        id: 'hello',
        type: 'choose',
        text: { ar: 'أهلاً بك. كيف أخدمك؟', en: 'Welcome. How can I help?' },
        choices: [
          { id: 'one', label: { ar: 'الأول', en: 'First' } },
          { id: 'two', label: { ar: 'الثاني', en: 'Second' } },
        ],
        exits: { one: 'end', two: 'end' },
      },
      { id: 'end', type: 'end' },
    ],
  }),
  toFlow({
    id: 'officer',
    start: 'hand-over',
    nodes: [{ id: 'hand-over', type: 'handoff', reason: 'asked' }],
  }),
  toFlow({
    id: 'status',
    start: 'show',
    nodes: [
      { id: 'show', type: 'say', text: { ar: 'لا جديد.', en: 'Nothing new.' }, exits: { next: 'end' } },
      { id: 'end', type: 'end' },
    ],
  }),
];

export const bindings: IntentBindings = {
  menu: { flow: 'welcome' },
  human: { flow: 'officer' },
  status: { flow: 'status', then: 'resume' },
  back: { action: 'back' },
  cancel: { action: 'cancel' },
};

/** A program over the standard flows and these. */
export function toProgram(flows: readonly Flow[], changes: Partial<ProgramSource> = {}): Program {
  return createProgram({
    flows: [...standardFlows, ...flows],
    entryFlowId: 'welcome',
    intents: { bindings, phrases: toIntentPhrases(resources) },
    translate: createTranslate({ resources }),
    facts,
    faq: { matcher, entries },
    ...changes,
  });
}
