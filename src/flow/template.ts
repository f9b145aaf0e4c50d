import type { Json } from '../domain/effect.ts';
import { isolate, looksLeftToRight } from './isolate.ts';
import { formatValue, type ValueFormat, valueFormats } from './value-format.ts';

/** What a template reads: a variable's value, how it is to be shown, and the language and zone for dates. */
export interface TemplateValues {
  /** The value at a path such as `context.opensAt`; undefined or null when there is none. */
  readonly value: (path: string) => Json | undefined;
  /** A fact of the organisation (`org.phone`); it is trusted text. */
  readonly fact: (name: string) => string | undefined;
  readonly language: string;
  readonly timeZone: string;
}

export interface Placeholder {
  readonly path: string;
  readonly format: ValueFormat | null;
}

/** A text with its placeholders found, ready to be filled in any number of times. */
export interface Template {
  readonly placeholders: readonly Placeholder[];
  /**
   * Fills in. A sentence with a placeholder that has no value is left out whole; the result may be empty. What people typed is
   * stripped of marks that steer direction and isolated, so it can neither scramble the text around it nor be read as a placeholder.
   */
  render(values: TemplateValues): string;
  /** As `render`, but keeps every sentence, with nothing where a value is missing. For questions, which must be asked. */
  renderWhole(values: TemplateValues): string;
}

export type TemplateResult =
  { readonly ok: true; readonly template: Template } | { readonly ok: false; readonly problem: string };

/** Names that begin like this are facts of the organisation. */
export function isFactName(path: string): boolean {
  return path.startsWith('org.') || path.startsWith('branch.');
}

/** Reads `{{path}}` and `{{path | format}}`. Sentences end at . ! ? ؟ before a space, and at line ends. */
export function compileTemplate(source: string): TemplateResult {
  const parts: Part[] = [];
  let end = 0;
  for (const found of source.matchAll(/\{\{([^{}]*)\}\}/g)) {
    const placeholder = readPlaceholder(found[1] ?? '');
    if (typeof placeholder === 'string') return { ok: false, problem: placeholder };
    if (found.index > end) parts.push(source.slice(end, found.index));
    parts.push(placeholder);
    end = found.index + found[0].length;
  }
  if (end < source.length) parts.push(source.slice(end));
  if (parts.some((part) => typeof part === 'string' && /\{\{|\}\}/.test(part)))
    return { ok: false, problem: 'a placeholder is not closed: expected {{name}}' };
  const placeholders = parts.filter((part) => typeof part !== 'string');
  if (placeholders.length === 0) {
    const constant = source.trim();
    return { ok: true, template: { placeholders, render: () => constant, renderWhole: () => constant } };
  }
  const lines = splitLines(parts);
  const fill = (values: TemplateValues, whole: boolean): string => {
    const filled: string[] = [];
    for (const line of lines) {
      const text = fillLine(line, values, whole);
      if (text !== null) filled.push(text);
    }
    const text = filled.length === 1 ? (filled[0] ?? '') : filled.join('\n').replace(/\n{3,}/g, '\n\n');
    return text.trim();
  };
  return {
    ok: true,
    template: { placeholders, render: (values) => fill(values, false), renderWhole: (values) => fill(values, true) },
  };
}

type Part = string | Placeholder;

function readPlaceholder(inside: string): Placeholder | string {
  const [path = '', format, ...rest] = inside.split('|').map((part) => part.trim());
  if (!/^[a-zA-Z][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$/.test(path) || rest.length > 0)
    return `"{{${inside}}}" is not a placeholder: expected {{name}} or {{name | format}}`;
  if (format === undefined) return { path, format: null };
  const known = valueFormats.find((name) => name === format);
  return known === undefined
    ? `"{{${inside}}}" has an unknown format; there are ${valueFormats.join(', ')}`
    : { path, format: known };
}

// A line is a list of sentences; an empty list is a blank line.
type Line = readonly (readonly Part[])[];

function splitLines(parts: readonly Part[]): Line[] {
  const lines: Part[][] = [[]];
  for (const part of parts) {
    if (typeof part !== 'string') lines.at(-1)?.push(part);
    else
      for (const [index, piece] of part.split('\n').entries()) {
        if (index > 0) lines.push([]);
        if (piece !== '') lines.at(-1)?.push(piece);
      }
  }
  return lines.map(splitSentences);
}

function splitSentences(parts: readonly Part[]): Part[][] {
  const sentences: Part[][] = [];
  let current: Part[] = [];
  for (const [index, part] of parts.entries()) {
    if (typeof part !== 'string') {
      current.push(part);
      continue;
    }
    let start = 0;
    for (const mark of part.matchAll(/[.!?؟]+[»"”)\]]*(?:[ \t]+|$)/g)) {
      const stop = mark.index + mark[0].length;
      if (stop === part.length && index < parts.length - 1 && !/\s$/.test(mark[0])) continue;
      if (mark[0].startsWith('.') && /(?:^|\s)\d+$/.test(part.slice(0, mark.index))) continue; // "1. ..." counts, it does not end.
      current.push(part.slice(start, stop));
      sentences.push(current);
      current = [];
      start = stop;
    }
    if (start < part.length) current.push(part.slice(start));
  }
  if (current.length > 0) sentences.push(current);
  return sentences;
}

function fillLine(line: Line, values: TemplateValues, whole: boolean): string | null {
  if (line.length === 0) return '';
  let text: string | null = null;
  for (const sentence of line) {
    const filled = fillSentence(sentence, values, whole);
    if (filled !== null) text = (text ?? '') + filled;
  }
  return text === null ? null : text.trimEnd();
}

function fillSentence(sentence: readonly Part[], values: TemplateValues, whole: boolean): string | null {
  let text = '';
  for (const part of sentence) {
    const shown = typeof part === 'string' ? part : show(part, values);
    if (shown !== null) text += shown;
    else if (!whole) return null;
  }
  return text;
}

function show(placeholder: Placeholder, values: TemplateValues): string | null {
  if (isFactName(placeholder.path)) {
    const fact = values.fact(placeholder.path);
    if (fact === undefined || fact.trim() === '') return null;
    return looksLeftToRight(fact) ? isolate(fact) : fact;
  }
  const value = values.value(placeholder.path);
  if (value === undefined || value === null || value === '') return null;
  if (placeholder.format !== null) {
    const formatted = formatValue(value, placeholder.format, values.language, values.timeZone);
    return formatted === '' ? null : formatted;
  }
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return isolate(value);
  if (Array.isArray(value)) return formatValue(value, 'list', values.language, values.timeZone) || null;
  return typeof value === 'boolean' ? formatValue(value, 'yes-no', values.language, values.timeZone) : null;
}
