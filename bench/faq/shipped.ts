import { readdirSync, readFileSync } from 'node:fs';
import type { Lexicon } from '../../src/faq/types.ts';
import type { Row } from './rows.ts';

const folder = new URL('../../flows/faq/', import.meta.url);
const read = (file: string): unknown => JSON.parse(readFileSync(new URL(file, folder), 'utf8'));

export function readLexicon(): Lexicon {
  // Checked by the tests of the shipped content.
  return read('lexicon.json') as Lexicon;
}

/** Every shipped wording and every "none" line, as rows. */
export function readShippedRows(): Row[] {
  const { entries } = read('entries.json') as { entries: { id: string; question: Record<string, string> }[] };
  const questions = entries.flatMap(({ id, question }) =>
    Object.entries(question).map(([language, text]) => ({ text, intent: id, language })),
  );
  const phrasings = readdirSync(new URL('phrasings/', folder))
    .map((file) => read(`phrasings/${file}`) as Record<string, Record<string, string[]>>)
    .flatMap((byEntry) => Object.entries(byEntry))
    .flatMap(([intent, byLanguage]) =>
      Object.entries(byLanguage).flatMap(([language, texts]) => texts.map((text) => ({ text, intent, language }))),
    );
  const none = Object.entries(read('none.json') as Record<'near' | 'far', string[]>).flatMap(([scope, texts]) =>
    texts.map((text) => ({ text, intent: null, scope })),
  );
  return [...questions, ...phrasings, ...none];
}
