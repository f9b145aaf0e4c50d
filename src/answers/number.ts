import { foldWords, wordsOf } from './fold-words.ts';
import { numbersIn } from './number-words.ts';
import { accepted, refused, type NumberRule, type ParsedAnswer } from './types.ts';

/** Largest size of any number taken: beyond it sums lose their halalas in a double. */
const largest = 1_000_000_000_000;

/**
 * One number, in digits or in words, with words around it («٥ أفراد», "about 2,000 riyals"). Two different numbers are asked
 * again, never added up or chosen from; «لا يوجد» and "none" are 0.
 */
export function parseNumber(rule: NumberRule, text: string): ParsedAnswer {
  const folded = foldWords(text);
  if (folded === '') return refused('empty');
  if (folded.length > 200) return refused('not-a-number');
  const numbers =
    noneAtAll.has(wordsOf(folded).join(' ')) && !/\d/.test(folded) ? [0] : [...new Set(numbersIn(folded))];
  const [value] = numbers;
  if (value === undefined || numbers.some(Number.isNaN)) return refused('not-a-number');
  if (numbers.length > 1) return refused('several-values');
  if (rule.integer === true && !Number.isInteger(value)) return refused('not-an-integer');
  const { min = -largest, max = largest } = rule;
  if (value < min) return refused('too-small', { min: showNumber(min) });
  if (value > max) return refused('too-large', { max: showNumber(max) });
  return accepted(value === 0 ? 0 : value, showNumber(value));
}

/** Digits 0-9 with commas in every language, as Saudi papers, cards and banks print them. */
function showNumber(value: number): string {
  return commaFormat.format(value);
}

const commaFormat = new Intl.NumberFormat('en', { maximumFractionDigits: 20 });

const noneAtAll: ReadonlySet<string> = new Set([
  'لا يوجد',
  'لايوجد',
  'لا احد',
  'لا شي',
  'لا شيء',
  'ولا واحد',
  'ولا شي',
  'ما عندي',
  'ماعندي',
  'ما في',
  'ما فيه',
  'مافيه',
  'none',
  'nothing',
  'nobody',
  'no one',
]);
