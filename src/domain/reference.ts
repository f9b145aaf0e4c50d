import { toPlainDigits } from './plain-digits.ts';

/** How many references there are: six digits, all of them. */
export const referenceCount = 1_000_000;

/** The reference of a number from 0 to 999,999: `W-`, its six digits and a Luhn check digit, e.g. `W-0000018`. */
export function toReference(number: number): string {
  const digits = String(number).padStart(6, '0');
  return `W-${digits}${checkDigit(digits)}`;
}

/**
 * What a person typed, as the reference it means, or null when it is none or a digit is wrong. Arabic and Persian digits, lower
 * case, any dash or space, and a missing `W-` are all understood; invisible marks of direction are passed over.
 */
export function normaliseReference(text: string): string | null {
  const plain = toPlainDigits(text).replaceAll('#', '');
  const digits = /^w?(\d{7})$/i.exec(plain)?.[1];
  if (digits === undefined || checkDigit(digits.slice(0, 6)) !== digits[6]) return null;
  return `W-${digits}`;
}

/** Luhn (ISO/IEC 7812-1): finds every wrong digit and nearly every swap of two neighbours. */
function checkDigit(digits: string): string {
  let sum = 0;
  [...digits].reverse().forEach((digit, position) => {
    const value = Number(digit) * (position % 2 === 0 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  });
  return String((10 - (sum % 10)) % 10);
}
