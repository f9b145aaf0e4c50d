import { digitGroups, foldDigits } from './fold-digits.ts';
import { accepted, refused, type NationalIdRule, type ParsedAnswer } from './types.ts';

const idLength = 10;

/**
 * A Saudi identity number: ten digits, 1 first for a citizen's national id, 2 first for a resident's iqama, the last one a
 * check digit by the Luhn formula. It proves that the number was typed well, not that it was issued or to whom.
 *
 * Source: the number's form as the Ministry of Interior's National Information Center (Absher, Yakeen) asks for it; the Luhn
 * formula is ISO/IEC 7812-1, annex B.
 */
export function parseNationalId(rule: NationalIdRule, text: string): ParsedAnswer {
  const folded = foldDigits(text);
  if (folded === '') return refused('empty');
  const groups = digitGroups(folded);
  const [digits] = groups;
  if (digits === undefined) return refused('not-an-id');
  if (groups.length > 1) return refused('several-values');
  if (digits.length !== idLength)
    return refused('id-length', { count: Math.min(digits.length, 99), expected: idLength });
  const holder = digits.startsWith('1') ? 'citizen' : digits.startsWith('2') ? 'resident' : undefined;
  if (holder === undefined) return refused('not-an-id');
  if (!hasLuhnCheckDigit(digits)) return refused('id-check-digit');
  if (rule.holder === 'citizen' && holder !== 'citizen') return refused('id-not-citizen');
  if (rule.holder === 'resident' && holder !== 'resident') return refused('id-not-resident');
  return accepted(digits, digits);
}

function hasLuhnCheckDigit(digits: string): boolean {
  const sum = [...digits].reverse().reduce((total, digit, place) => {
    const weighed = Number(digit) * (place % 2 === 0 ? 1 : 2);
    return total + (weighed > 9 ? weighed - 9 : weighed);
  }, 0);
  return sum % 10 === 0;
}
