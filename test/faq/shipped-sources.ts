import { readdirSync, readFileSync } from 'node:fs';
import type { FaqEntry, FaqSources, Lexicon } from '../../src/faq/types.ts';

const folder = new URL('../../flows/faq/', import.meta.url);
// The shapes are those of the shipped files, which their own tests check.
const read = (file: string): unknown => JSON.parse(readFileSync(new URL(file, folder), 'utf8'));

/** The FAQ as shipped: entries with their phrasings, none lines and lexicon. */
export function readShippedSources(): FaqSources {
  const { entries } = read('entries.json') as { entries: Omit<FaqEntry, 'phrasings'>[] };
  const phrasings: Record<string, FaqEntry['phrasings']> = {};
  for (const file of readdirSync(new URL('phrasings/', folder))) Object.assign(phrasings, read(`phrasings/${file}`));
  return {
    entries: entries.map((entry) => ({ ...entry, phrasings: phrasings[entry.id] ?? {} })),
    none: Object.values(read('none.json') as Record<'near' | 'far', string[]>).flat(),
    lexicon: read('lexicon.json') as Lexicon,
  };
}
