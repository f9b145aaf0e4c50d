/** A day as whole days since 1 January 1970 (Gregorian, proleptic). */
export type DayNumber = number;

export interface CalendarDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

export type Calendar = 'hijri' | 'gregorian';

/** The years of which every or some day exists in both calendars: Umm al-Qura's tables hold 1300 to 1600. */
const knownYears = { hijri: { first: 1300, last: 1600 }, gregorian: { first: 1882, last: 2174 } } as const;

/** The calendar that a year alone tells: nobody alive has dates where the two could be confused. Undefined outside both. */
export function calendarOfYear(year: number): Calendar | undefined {
  if (year >= knownYears.hijri.first && year <= knownYears.hijri.last) return 'hijri';
  return year >= knownYears.gregorian.first && year <= knownYears.gregorian.last ? 'gregorian' : undefined;
}

/** Whether the day is one that Umm al-Qura's tables hold: from 12 November 1882 to the end of 1600 (2174). */
export function isKnownDay(day: DayNumber): boolean {
  return calendarOfYear(dateOf('hijri', day).year) === 'hijri';
}

/** The day of a date, or undefined where the calendar has no such day (31 April; the 30th of a month of 29 days). */
export function dayOf(calendar: Calendar, date: CalendarDate): DayNumber | undefined {
  return calendar === 'hijri' ? dayOfHijri(date) : dayOfGregorian(date);
}

/**
 * The date of a day. Hijri is Umm al-Qura, the calendar of Saudi law and papers, as Intl (CLDR `islamic-umalqura`) has it;
 * in the runtime's own data, so there is no table here to grow old.
 */
export function dateOf(calendar: Calendar, day: DayNumber): CalendarDate {
  return partsOf(calendar === 'hijri' ? ummAlQura : gregorian, new Date(day * msPerDay));
}

/** Today's day in a time zone. */
export function todayIn(timeZone: string, now: Date): DayNumber {
  const formatter = new Intl.DateTimeFormat('en-u-ca-gregory-nu-latn', { ...numericDate, timeZone });
  const { year, month, day } = partsOf(formatter, now);
  return Date.UTC(year, month - 1, day) / msPerDay;
}

/** A day as Gregorian `yyyy-mm-dd` (ISO 8601). */
export function isoOf(day: DayNumber): string {
  return new Date(day * msPerDay).toISOString().slice(0, 10);
}

/** The day of a Gregorian `yyyy-mm-dd`. */
export function dayOfIso(iso: string): DayNumber {
  return Date.parse(`${iso}T00:00:00Z`) / msPerDay;
}

/** Intl converts only towards Hijri: guess by the mean lengths of year and month (never off by more than 3 days), then look around. */
function dayOfHijri(date: CalendarDate): DayNumber | undefined {
  const guess = Math.floor(hijriEpoch + (date.year - 1) * 354.36707 + (date.month - 1) * 29.530589 + date.day - 1);
  for (const offset of [0, 1, -1, 2, -2, 3, -3, 4, -4]) {
    const found = dateOf('hijri', guess + offset);
    if (found.day === date.day && found.month === date.month && found.year === date.year) return guess + offset;
  }
  return undefined;
}

function dayOfGregorian(date: CalendarDate): DayNumber | undefined {
  const day = Date.UTC(date.year, date.month - 1, date.day) / msPerDay;
  const found = dateOf('gregorian', day);
  return found.day === date.day && found.month === date.month ? day : undefined;
}

function partsOf(formatter: Intl.DateTimeFormat, moment: Date): CalendarDate {
  const parts = formatter.formatToParts(moment);
  const part = (type: 'year' | 'month' | 'day'): number => Number(parts.find((one) => one.type === type)?.value);
  return { year: part('year'), month: part('month'), day: part('day') };
}

const msPerDay = 86_400_000;

/** 1 Muharram of year 1: Friday 16 July 622 in the Julian calendar. */
const hijriEpoch = -492_148;

const numericDate = { year: 'numeric', month: 'numeric', day: 'numeric' } as const;
const ummAlQura = new Intl.DateTimeFormat('en-u-ca-islamic-umalqura-nu-latn', { ...numericDate, timeZone: 'UTC' });
const gregorian = new Intl.DateTimeFormat('en-u-ca-gregory-nu-latn', { ...numericDate, timeZone: 'UTC' });
