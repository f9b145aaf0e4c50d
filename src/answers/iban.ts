import { countrySpecs, friendlyFormatIBAN, isValidIBAN } from 'ibantools';
import { foldDigits, isolateLeftToRight } from './fold-digits.ts';
import { accepted, refused, type IbanRule, type ParsedAnswer } from './types.ts';

/**
 * A bank account's IBAN, Saudi or foreign, with or without spaces, with any digits, small letters or the word «آيبان» before it. Where
 * Saudi accounts are taken, 22 digits alone are read as an IBAN whose SA was left out. The value has no spaces.
 *
 * Source: ISO 13616-1 and the SWIFT IBAN Registry (form and length per country), ISO/IEC 7064 MOD 97-10 (check digits), SAMA's
 * IBAN rules for Saudi Arabia: SA, 2 check digits, 2 of the bank, 18 of the account, 24 in all.
 */
export function parseIban(rule: IbanRule, text: string): ParsedAnswer {
  const folded = foldDigits(text);
  if (folded === '') return refused('empty');
  if (folded.length > 200) return refused('not-an-iban');
  const candidates = [...new Set(candidatesIn(folded))];
  const [typed] = candidates;
  if (typed === undefined) return refused('not-an-iban');
  if (candidates.length > 1) return refused('several-values');
  const iban = /^\d{22}$/.test(typed) && (rule.country ?? 'SA') === 'SA' ? `SA${typed}` : typed;
  const country = iban.slice(0, 2);
  const expected = lengthIn(country);
  if (expected === undefined) return refused('not-an-iban');
  if (rule.country !== undefined && rule.country !== country) return refused('iban-country', { country: rule.country });
  if (iban.length !== expected) return refused('iban-length', { count: iban.length, expected, country });
  if (!isValidIBAN(iban)) return refused('iban-check-digits');
  return accepted(iban, isolateLeftToRight(friendlyFormatIBAN(iban) ?? iban));
}

/** What may be an IBAN: a country and check digits (or digits alone) and the groups after them; words that follow it are left out. */
function candidatesIn(folded: string): string[] {
  const unlabelled = folded.replace(/(?<![a-z0-9])iban[ :.-]*/gi, '; ');
  const runs = unlabelled.match(/(?<![a-z0-9])(?:[a-z]{2}[ .-]?)?\d{2}(?:[ .-]{0,2}[a-z0-9])*/gi) ?? [];
  return runs.map(withoutWordsAfter).filter((candidate) => candidate.length >= 5);
}

function withoutWordsAfter(run: string): string {
  const groups = run.toUpperCase().split(/[ .-]+/);
  const expected = lengthIn(groups.join('').slice(0, 2)) ?? Infinity;
  let iban = '';
  for (const [place, group] of groups.entries()) {
    if (iban.length === expected && !/\d/.test(groups.slice(place).join(''))) return iban;
    iban += group;
  }
  return iban;
}

/** Characters of an IBAN of this country; undefined where it has none. */
function lengthIn(country: string): number | undefined {
  const spec = Object.hasOwn(countrySpecs, country) ? countrySpecs[country] : undefined;
  return spec?.IBANRegistry === true ? spec.chars : undefined;
}
