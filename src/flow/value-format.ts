import type { Json } from '../domain/effect.ts';
import { isolate } from './isolate.ts';

/**
 * How a placeholder may show its value: `date` (12 March 2026), `time` (8:00 AM), `when` (weekday and time), `list` (joined with commas
 * and "and"), `yes-no`, `plain` (as it is, isolated).
 */
export const valueFormats = ['date', 'time', 'when', 'list', 'yes-no', 'plain'] as const;
export type ValueFormat = (typeof valueFormats)[number];

/** Shows a value in a language; empty when the format cannot show it. Dates are Gregorian with Latin digits. */
export function formatValue(value: Json, format: ValueFormat, language: string, timeZone: string): string {
  if (format === 'list') return Array.isArray(value) ? joinList(value, language) : isolate(plain(value));
  if (format === 'yes-no') return yesNo(value === true, language);
  if (format === 'plain') return isolate(plain(value));
  const instant = toInstant(value);
  if (instant === null) return typeof value === 'string' ? isolate(value) : '';
  return dateFormat(format, language, timeZone).format(instant);
}

function plain(value: Json): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function joinList(values: readonly Json[], language: string): string {
  const items = values.map((value) => (typeof value === 'number' ? String(value) : isolate(plain(value))));
  return new Intl.ListFormat(language, { type: 'conjunction' }).format(items);
}

function yesNo(value: boolean, language: string): string {
  if (language.startsWith('ar')) return value ? 'نعم' : 'لا';
  return value ? 'yes' : 'no';
}

// A date without a time is a day: read at noon, so that no zone turns it into the day before.
function toInstant(value: Json): Date | null {
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  const instant = new Date(typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) ? `${value}T09:00:00Z` : value);
  return Number.isNaN(instant.getTime()) ? null : instant;
}

const styles = {
  date: { year: 'numeric', month: 'long', day: 'numeric' },
  time: { hour: 'numeric', minute: '2-digit' },
  when: { weekday: 'long', hour: 'numeric', minute: '2-digit' },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

// Making a formatter costs more than a hundred uses of it.
const formatters = new Map<string, Intl.DateTimeFormat>();

function dateFormat(style: keyof typeof styles, language: string, timeZone: string): Intl.DateTimeFormat {
  const key = `${style} ${language} ${timeZone}`;
  let formatter = formatters.get(key);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat(toLocale(language), { ...styles[style], timeZone: knownZone(timeZone) });
    if (formatters.size < 200) formatters.set(key, formatter);
  }
  return formatter;
}

function toLocale(language: string): string {
  const base = language === 'ar' ? 'ar-SA' : language === 'en' ? 'en-GB' : language;
  return `${base}-u-ca-gregory-nu-latn`;
}

function knownZone(timeZone: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone;
  } catch {
    return 'UTC';
  }
}
