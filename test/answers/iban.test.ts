import fc from 'fast-check';
import { composeIBAN } from 'ibantools';
import { describe, expect, it } from 'vitest';
import { read, readBack } from './read.ts';

const saudi = 'SA0380000000608010167519';

describe('an IBAN answer', () => {
  it.each([
    saudi,
    'sa03 8000 0000 6080 1016 7519',
    'SA٠٣ ٨٠٠٠ ٠٠٠٠ ٦٠٨٠ ١٠١٦ ٧٥١٩',
    'SA03-8000-0000-6080-1016-7519',
    'الآيبان: SA0380000000608010167519 بنك الراجحي',
    'IBAN SA03 8000 0000 6080 1016 7519',
    'IBANSA0380000000608010167519',
    'SA03 8000 0000 6080 1016 7519 thank you',
    '0380000000608010167519',
    `${saudi} ثم ${saudi}`,
  ])('reads %s', (text) => {
    expect(read({ kind: 'iban' }, text)).toBe(saudi);
  });

  it.each([
    'GB29 NWBK 6016 1331 9268 19',
    'MT84 MALT 0110 0001 2345 MTLC AST0 01S',
    'MU17 BOMM 0101 1010 3030 0200 000M UR',
  ])('reads the foreign %s', (text) => {
    expect(read({ kind: 'iban' }, text)).toBe(text.replaceAll(' ', ''));
    expect(read({ kind: 'iban', country: 'SA' }, text)).toBe('!iban-country');
  });

  it.each([
    ['ما عندي حساب', 'not-an-iban'],
    ['XX0380000000608010167519', 'not-an-iban'],
    ['608010167519', 'not-an-iban'],
    ['SA038000000060801016751', 'iban-length'],
    ['SA03800000006080101675199', 'iban-length'],
    ['SA0480000000608010167519', 'iban-check-digits'],
    [`${saudi} أو SA4420000001234567891234`, 'several-values'],
  ])('refuses %s: %s', (text, code) => {
    expect(read({ kind: 'iban' }, text)).toBe(`!${code}`);
  });

  it('reads back in groups of four, in one left-to-right piece', () => {
    expect(readBack({ kind: 'iban' }, saudi)).toBe('\u2066SA03 8000 0000 6080 1016 7519\u2069');
  });

  it('takes every Saudi account and sees every wrong digit', () => {
    const account = fc
      .array(fc.integer({ min: 0, max: 9 }), { minLength: 20, maxLength: 20 })
      .map((digits) => digits.join(''));
    fc.assert(
      fc.property(account, fc.integer({ min: 2, max: 23 }), fc.integer({ min: 1, max: 9 }), (bban, place, shift) => {
        const iban = composeIBAN({ countryCode: 'SA', bban }) ?? '';
        expect(read({ kind: 'iban' }, readBack({ kind: 'iban' }, iban))).toBe(iban);
        const wrong = iban.slice(0, place) + String((Number(iban[place]) + shift) % 10) + iban.slice(place + 1);
        expect(read({ kind: 'iban' }, wrong)).toBe('!iban-check-digits');
      }),
    );
  });
});
