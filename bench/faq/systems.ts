import MiniSearch from 'minisearch';
import { buildMatcher } from '../../src/faq/build-matcher.ts';
import { loadMatcher } from '../../src/faq/load-matcher.ts';
import type { FaqEntry, Lexicon } from '../../src/faq/types.ts';
import type { Row } from './rows.ts';
import { languageOf } from './rows.ts';

/** What a system makes of a text. Baselines know no middle: what they find they answer. */
export interface Outcome {
  readonly ranked: readonly string[];
  readonly band: 'answer' | 'suggest' | 'none';
}

/** A matcher under measurement, trained. */
export interface System {
  readonly name: string;
  readonly buildMs: number;
  readonly ask: (row: Row) => Outcome | Promise<Outcome>;
}

export function trainWasl(train: readonly Row[], lexicon: Lexicon): System {
  const start = performance.now();
  const byIntent = new Map<string, string[]>();
  for (const { intent, text } of train) {
    if (intent !== null) byIntent.set(intent, [...(byIntent.get(intent) ?? []), text]);
  }
  const entries: FaqEntry[] = [...byIntent].map(([id, texts]) => ({
    id,
    topic: '',
    question: {},
    answer: {},
    phrasings: { any: texts },
  }));
  const none = train.filter(({ intent }) => intent === null).map(({ text }) => text);
  const matcher = loadMatcher(buildMatcher(entries, none, lexicon));
  const buildMs = performance.now() - start;
  const ask = ({ text }: Row): Outcome => {
    const { candidates } = matcher.explain(text);
    return { ranked: candidates.map(({ entryId }) => entryId), band: matcher.match(text).band };
  };
  return { name: 'wasl', buildMs, ask };
}

/** MiniSearch over all phrasings, with its prefix and fuzzy search; an intent ranks by its best phrasing. */
export function trainMiniSearch(train: readonly Row[]): System {
  const start = performance.now();
  const index = new MiniSearch<{ id: number; text: string; intent: string }>({
    fields: ['text'],
    storeFields: ['intent'],
  });
  index.addAll(train.flatMap(({ text, intent }, id) => (intent === null ? [] : [{ id, text, intent }])));
  const buildMs = performance.now() - start;
  const ask = ({ text }: Row): Outcome => {
    const found = index.search(text, { prefix: true, fuzzy: 0.2 }).slice(0, 50);
    // Stored as a string above.
    const ranked = [...new Set(found.map(({ intent }) => intent as string))];
    return { ranked, band: ranked.length > 0 ? 'answer' : 'none' };
  };
  return { name: 'minisearch', buildMs, ask };
}

/** nlp.js with its Arabic and English stemmers; null where its packages are not installed. */
export async function trainNlpJs(train: readonly Row[]): Promise<System | null> {
  const packages = await loadNlpJs();
  if (packages === null) return null;
  const start = performance.now();
  const container = await packages.core.containerBootstrap();
  container.use(packages.arabic.LangAr);
  container.use(packages.english.LangEn);
  const nlp = new packages.nlp.Nlp({
    container,
    autoSave: false,
    autoLoad: false,
    forceNER: false,
    languages: ['ar', 'en'],
    nlu: { log: false },
  });
  for (const row of train) nlp.addDocument(languageOf(row), row.text, row.intent ?? 'None');
  await nlp.train();
  const buildMs = performance.now() - start;
  const ask = async (row: Row): Promise<Outcome> => {
    const { intent, classifications } = await nlp.process(languageOf(row), row.text);
    const ranked = classifications.filter((found) => found.intent !== 'None').map((found) => found.intent);
    return { ranked, band: intent === 'None' ? 'none' : 'answer' };
  };
  return { name: 'nlpjs', buildMs, ask };
}

interface NlpJs {
  readonly core: { containerBootstrap(): Promise<{ use(plugin: unknown): void }> };
  readonly arabic: { readonly LangAr: unknown };
  readonly english: { readonly LangEn: unknown };
  readonly nlp: {
    readonly Nlp: new (settings: object) => {
      addDocument(language: string, text: string, intent: string): void;
      train(): Promise<unknown>;
      process(
        language: string,
        text: string,
      ): Promise<{ intent: string; classifications: { intent: string; score: number }[] }>;
    };
  };
}

async function loadNlpJs(): Promise<NlpJs | null> {
  // By name at run time: the packages carry no types and may be absent.
  const load = (name: string): Promise<unknown> => import(name);
  try {
    const [core, nlp, arabic, english] = await Promise.all(
      ['@nlpjs/core', '@nlpjs/nlp', '@nlpjs/lang-ar', '@nlpjs/lang-en'].map(load),
    );
    // The shapes were read from the packages, version 4.27.
    return { core, nlp, arabic, english } as NlpJs;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND') return null;
    throw error;
  }
}
