import { readFileSync } from 'node:fs';

/**
 * One labelled text. `intent` null: nothing known answers it. `scope` tells such texts apart: `near` to the subject or `far` from it.
 * `{ "text": "وين بطاقتي", "intent": "card-arrival", "language": "ar", "dialect": "palestinian" }`
 */
export interface Row {
  readonly text: string;
  readonly intent: string | null;
  readonly language?: string;
  readonly dialect?: string;
  readonly scope?: string;
}

/** Reads JSON lines, or one JSON array, of rows; a bare string is a text without an intent. */
export function readRows(file: string): Row[] {
  const content = readFileSync(file, 'utf8').trim();
  if (content === '') return [];
  const values = content.startsWith('[')
    ? (JSON.parse(content) as unknown[])
    : content.split('\n').map((line, index) => parseLine(line, `${file}:${index + 1}`));
  return values.map((value, index) => toRow(value, `${file}, row ${index + 1}`));
}

function parseLine(line: string, where: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch (error) {
    throw new Error(`${where}: expected one JSON object a line`, { cause: error });
  }
}

function toRow(value: unknown, where: string): Row {
  if (typeof value === 'string') return { text: value, intent: null };
  if (typeof value !== 'object' || value === null || !('text' in value) || typeof value.text !== 'string') {
    throw new Error(`${where}: expected { text, intent or null, language?, dialect? }`);
  }
  const intent = 'intent' in value ? (value.intent ?? null) : null;
  if (intent !== null && typeof intent !== 'string' && typeof intent !== 'number') {
    throw new Error(`${where}: expected intent to be a name or null`);
  }
  const optional = (name: string): Record<string, string> => {
    // Read by name from parsed JSON.
    const field = (value as Record<string, unknown>)[name];
    return typeof field === 'string' ? { [name]: field } : {};
  };
  return {
    text: value.text,
    intent: intent === null ? null : String(intent),
    ...optional('language'),
    ...optional('dialect'),
    ...optional('scope'),
  };
}

/** `ar` where Arabic letters outnumber Latin ones, else `en`. */
export function languageOf({ language, text }: Row): string {
  if (language !== undefined) return language;
  const count = (letters: RegExp): number => text.match(letters)?.length ?? 0;
  return count(/\p{Script=Arabic}/gu) > count(/[a-z]/gi) ? 'ar' : 'en';
}
