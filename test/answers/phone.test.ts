import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { getCountries, getExampleNumber } from 'libphonenumber-js/mobile';
import examples from 'libphonenumber-js/mobile/examples';
import { read, readBack } from './read.ts';

describe('a phone answer', () => {
  it.each([
    '0501234567',
    '٠٥٠١٢٣٤٥٦٧',
    '۰۵۰۱۲۳۴۵۶۷',
    '501234567',
    '050 123 4567',
    '+966501234567',
    '966501234567+',
    '+966 (0)50-123-4567',
    '00966501234567',
    '966501234567',
    '\u202a+966 50 123 4567\u202c',
    'جوالي رقم 1: 0501234567',
    '0501234567 0501234567',
  ])('reads %s as the Saudi mobile it is', (text) => {
    expect(read({ kind: 'phone' }, text)).toBe('+966501234567');
  });

  it.each([
    ['+201001234567', '+201001234567'],
    ['00201001234567', '+201001234567'],
    ['201001234567', '+201001234567'],
    ['+249 91 234 5678', '+249912345678'],
    ['+1 (415) 555-2671', '+14155552671'],
  ])('reads the foreign number %s', (text, value) => {
    expect(read({ kind: 'phone' }, text)).toBe(value);
  });

  it('reads a number without a country code in the country of the rule', () => {
    expect(read({ kind: 'phone', country: 'EG' }, '01001234567')).toBe('+201001234567');
    expect(read({ kind: 'phone', country: 'ZZ' }, '0501234567')).toBe('+966501234567');
  });

  it.each([
    ['ما عندي', 'not-a-phone'],
    ['2203012340', 'phone-not-mobile'],
    ['1012345672', 'phone-not-mobile'],
    ['05012345', 'phone-too-short'],
    ['050123456789', 'phone-too-long'],
    ['9'.repeat(40), 'phone-too-long'],
    ['0112345678', 'phone-not-mobile'],
    ['920012345', 'phone-not-mobile'],
    ['+999123456789', 'not-a-phone'],
    ['0501234567 أو 0551234567', 'several-values'],
    ['0501234567\n0551234567', 'several-values'],
  ])('refuses %s: %s', (text, code) => {
    expect(read({ kind: 'phone' }, text)).toBe(`!${code}`);
  });

  it('reads back in one left-to-right piece', () => {
    expect(readBack({ kind: 'phone' }, '0501234567')).toBe('\u2066+966 50 123 4567\u2069');
  });

  it('takes the example mobile of every country by its own code and by its own habits', () => {
    const countries = getCountries().filter((country) => getExampleNumber(country, examples)?.isValid() === true);
    expect(countries.length).toBeGreaterThan(200);
    for (const country of countries) {
      const example = getExampleNumber(country, examples);
      expect(read({ kind: 'phone' }, example?.formatInternational() ?? '')).toBe(example?.number);
      expect(read({ kind: 'phone', country }, example?.formatNational() ?? '')).toBe(example?.number);
    }
  });

  it('takes every Saudi mobile prefix in every way of writing', () => {
    const mobile = fc.integer({ min: 530_000_000, max: 569_999_999 }).map(String);
    const writing = fc.constantFrom(
      (n: string) => `0${n}`,
      (n: string) => n,
      (n: string) => `+966${n}`,
      (n: string) => `00966${n}`,
      (n: string) => `966${n}`,
    );
    fc.assert(
      fc.property(mobile, writing, (number, write) => {
        expect(read({ kind: 'phone' }, write(number))).toBe(`+966${number}`);
      }),
    );
  });
});
