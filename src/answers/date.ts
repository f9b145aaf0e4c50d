import { foldWords, wordsOf } from './fold-words.ts';
import {
  calendarOfYear,
  dateOf,
  dayOf,
  dayOfIso,
  isKnownDay,
  isoOf,
  todayIn,
  type Calendar,
  type DayNumber,
} from './hijri.ts';
import { monthName, monthsIn } from './month-names.ts';
import {
  accepted,
  refused,
  type AnswerContext,
  type AnswerProblemCode,
  type DateRule,
  type ParsedAnswer,
} from './types.ts';

/**
 * A day, Hijri or Gregorian: «٣-٥-١٤٤٧», "12/3/2026", "2026-03-12", «3 رجب 1447», "March 12, 2026", «اليوم», «أمس», "tomorrow". The year
 * tells the calendar, so it must be written in full. Day before month, as people write here, unless only the other order
 * makes a date. The value is the Gregorian day; both dates are read back, so that a wrong guess is seen.
 *
 * Source: Umm al-Qura as in CLDR (`hijri.ts`); ISO 8601 for the value.
 */
export function parseDate(rule: DateRule, text: string, context: AnswerContext): ParsedAnswer {
  const folded = foldWords(text);
  if (folded === '') return refused('empty');
  if (folded.length > 200) return refused('not-a-date');
  const today = (): DayNumber => todayIn(context.timeZone ?? 'Asia/Riyadh', context.now);
  const reading = relativeDay(folded, today) ?? readDates(folded, context.language);
  if (reading.type === 'problem') return refused(reading.code);
  const { day, calendar } = reading;
  const showIn = (one: DayNumber): string => showDate(one, rule.calendar ?? calendar, context.language);
  if (rule.when === 'past' && day > today()) return refused('date-not-past');
  if (rule.when === 'future' && day < today()) return refused('date-not-future');
  const min = rule.min === undefined ? undefined : dayOfIso(rule.min);
  const max = rule.max === undefined ? undefined : dayOfIso(rule.max);
  if (min !== undefined && day < min) return refused('date-too-early', { min: showIn(min) });
  if (max !== undefined && day > max) return refused('date-too-late', { max: showIn(max) });
  return accepted(isoOf(day), showIn(day));
}

type Reading =
  | { readonly type: 'date'; readonly day: DayNumber; readonly calendar: Calendar }
  | { readonly type: 'problem'; readonly code: AnswerProblemCode };

/** «3 رجب 1447 الموافق 23 ديسمبر 2025»: a date given twice is one date, and two that differ are asked again. */
function readDates(folded: string, language: string): Reading {
  const parts = folded
    .replace(/(?<!\d)\d{1,2}:\d{2}(?::\d{2})?(?!\d)/g, ' ')
    .split(/[()=]|(?:ال)?موافق/u)
    .filter((part) => /\d/.test(part));
  const readings = parts.map((part) => readDate(part, language));
  const [first] = readings;
  if (first === undefined)
    return problem(monthsIn(wordsOf(folded), language).length > 0 ? 'date-incomplete' : 'not-a-date');
  const wrong = readings.find((reading) => reading.type === 'problem');
  if (wrong !== undefined) return wrong;
  return readings.every((reading) => reading.type === 'date' && first.type === 'date' && reading.day === first.day)
    ? first
    : problem('several-values');
}

function readDate(part: string, language: string): Reading {
  const numbers = part.match(/\d+/g) ?? [];
  const months = monthsIn(wordsOf(part), language);
  if (numbers.some((number) => number.length > 8) || months.length > 1) return problem('not-a-date');
  const [month] = months;
  if (month !== undefined) return readNamed(numbers, month);
  const [only] = numbers;
  if (numbers.length === 1 && only?.length === 8) return readEightDigits(only);
  if (numbers.length < 3) return problem('date-incomplete');
  if (numbers.length > 3) return problem('several-values');
  return readNumbers(numbers.map(Number));
}

function readNamed(numbers: readonly string[], named: { calendar: Calendar; month: number }): Reading {
  if (numbers.length > 2) return problem('several-values');
  const [one, other] = numbers.map(Number);
  if (one === undefined || other === undefined) return problem('date-incomplete');
  const [day, year] = one >= 100 ? [other, one] : [one, other];
  if (year < 100) return problem('date-incomplete');
  const calendar = calendarOfYear(year);
  if (calendar === undefined) return problem('date-out-of-range');
  return calendar === named.calendar ? existing(calendar, year, named.month, day) : problem('date-impossible');
}

function readNumbers([a = 0, b = 0, c = 0]: readonly number[]): Reading {
  const isYearFirst = a >= 100;
  const [year, month, day] = isYearFirst ? [a, b, c] : [c, b, a];
  if (year < 100) return problem('date-incomplete');
  const calendar = calendarOfYear(year);
  if (calendar === undefined) return problem('date-out-of-range');
  return month > 12 && day <= 12 ? existing(calendar, year, day, month) : existing(calendar, year, month, day);
}

/** `14470503` or `12032026`: never both, since a year's first two digits are above 12. */
function readEightDigits(digits: string): Reading {
  const at = (from: number, to: number): number => Number(digits.slice(from, to));
  const yearFirst = readNumbers([at(0, 4), at(4, 6), at(6, 8)]);
  return at(4, 6) <= 12 && yearFirst.type === 'date' ? yearFirst : readNumbers([at(0, 2), at(2, 4), at(4, 8)]);
}

function existing(calendar: Calendar, year: number, month: number, day: number): Reading {
  if (month < 1 || month > 12 || day < 1 || day > 31) return problem('date-impossible');
  const found = dayOf(calendar, { year, month, day });
  if (found === undefined) return problem('date-impossible');
  return isKnownDay(found) ? { type: 'date', day: found, calendar } : problem('date-out-of-range');
}

function problem(code: AnswerProblemCode): Reading {
  return { type: 'problem', code };
}

function showDate(day: DayNumber, first: Calendar, language: string): string {
  const second = first === 'hijri' ? 'gregorian' : 'hijri';
  return `${showIn(first, day, language)} (${showIn(second, day, language)})`;
}

function showIn(calendar: Calendar, day: DayNumber, language: string): string {
  const date = dateOf(calendar, day);
  const name = monthName({ calendar, month: date.month }, language);
  const era = eras[calendar][language.toLowerCase().split('-')[0] ?? ''] ?? '';
  if (name === undefined) return `${date.year}-${date.month}-${date.day}`;
  return `${date.day} ${name} ${date.year}${era}`;
}

const eras: Readonly<Record<Calendar, Readonly<Record<string, string>>>> = {
  hijri: { ar: ' هـ', en: ' AH' },
  gregorian: { ar: ' م' },
};

function relativeDay(folded: string, today: () => DayNumber): Reading | undefined {
  const offset = /\d/.test(folded) ? undefined : relativeDays.get(wordsOf(folded).join(' '));
  return offset === undefined ? undefined : { type: 'date', day: today() + offset, calendar: 'gregorian' };
}

const relativeDays: ReadonlyMap<string, number> = new Map(
  (
    [
      [
        -2,
        'اول امس|امس الاول|قبل امس|اول البارح|قبل البارح|قبل البارحه|اول مبارح|the day before yesterday|day before yesterday',
      ],
      [-1, 'امس|البارح|البارحه|مبارح|امبارح|yesterday'],
      [0, 'اليوم|هاليوم|النهارده|الان|الحين|today|now'],
      [1, 'غدا|غد|بكره|بكرا|باكر|tomorrow'],
      [2, 'بعد غد|بعد غدا|بعد بكره|بعد بكرا|بعد باكر|the day after tomorrow|day after tomorrow'],
    ] as const
  ).flatMap(([offset, words]) => words.split('|').map((word): [string, number] => [word, offset])),
);
