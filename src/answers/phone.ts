import parsePhoneNumber, {
  getExampleNumber,
  isSupportedCountry,
  validatePhoneNumberLength,
  type CountryCode,
  type PhoneNumber,
} from 'libphonenumber-js/mobile';
import examples from 'libphonenumber-js/mobile/examples';
import { digitGroups, foldDigits, isolateLeftToRight } from './fold-digits.ts';
import { accepted, refused, type AnswerProblemCode, type ParsedAnswer, type PhoneRule } from './types.ts';

/** Longest number there is, with an international prefix before it (ITU-T E.164: 15 digits; 00 or 011 and a trunk 0 come on top). */
const mostDigits = 19;

/** Eleven digits or more: an iqama number has ten, and some would be a small country's mobile. */
const withoutPlus = /^[1-9]\d{10,}$/;

/**
 * A mobile number, Saudi or foreign, in any of the ways people write it (050…, 50…, +966…, 00966…, 96650…, the plus typed last as
 * happens in Arabic text). Without a country code it is read as the rule's country; if it is none there, as one whose country
 * code was typed without the plus. The value is E.164.
 *
 * Landlines and service numbers are refused: the charity writes and calls back to mobiles, and the small metadata knows no others.
 * Source: ITU-T E.164; Google's libphonenumber, metadata "mobile"; for Saudi Arabia the national numbering plan (CST): 05x xxx xxxx.
 */
export function parsePhone(rule: PhoneRule, text: string): ParsedAnswer {
  const folded = foldDigits(text);
  if (folded === '') return refused('empty');
  const country = rule.country !== undefined && isSupportedCountry(rule.country) ? rule.country : 'SA';
  const refusedAs = (code: AnswerProblemCode): ParsedAnswer => refused(code, { example: exampleOf(country) });
  const groups = numbersTyped(folded);
  const [digits] = groups;
  if (digits === undefined) return refusedAs('not-a-phone');
  if (groups.length > 1) return refused('several-values');
  if (digits.length > mostDigits) return refusedAs('phone-too-long');
  const typed = /\+ ?\(?\d|\d\)? ?\+/.test(folded) ? `+${digits.replace(/^00/, '')}` : digits;
  const number =
    mobileNumber(typed, country) ?? (withoutPlus.test(typed) ? mobileNumber(`+${typed}`, country) : undefined);
  if (number !== undefined) return accepted(number.number, isolateLeftToRight(number.formatInternational()));
  const length = validatePhoneNumberLength(typed, country);
  if (length === 'TOO_SHORT') return refusedAs('phone-too-short');
  if (length === 'TOO_LONG') return refusedAs('phone-too-long');
  return refusedAs(length === undefined ? 'phone-not-mobile' : 'not-a-phone');
}

/** The different numbers typed, also with only a space or a line break between them. */
function numbersTyped(folded: string): string[] {
  const words = folded.split(/[ /]/).map((word) => word.replace(/\D/g, ''));
  const whole = words.filter((word) => word.length >= 9);
  return whole.length > 1 ? [...new Set(whole)] : digitGroups(folded);
}

function mobileNumber(typed: string, country: CountryCode): PhoneNumber | undefined {
  const number = parsePhoneNumber(typed, { defaultCountry: country, extract: false });
  return number?.isValid() === true ? number : undefined;
}

function exampleOf(country: CountryCode): string {
  return isolateLeftToRight(getExampleNumber(country, examples)?.formatNational() ?? '');
}
