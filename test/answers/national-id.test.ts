import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { read } from './read.ts';

/** The check digit that the nine digits before it call for, found by trying all ten on the formula as ISO/IEC 7812-1 words it. */
function withCheckDigit(nine: string): string {
  const total = [...nine].reduce((sum, digit, place) => {
    const doubled = Number(digit) * 2;
    return sum + (place % 2 === 0 ? Math.floor(doubled / 10) + (doubled % 10) : Number(digit));
  }, 0);
  return `${nine}${(10 - (total % 10)) % 10}`;
}

const anyId = fc
  .tuple(fc.constantFrom('1', '2'), fc.integer({ min: 0, max: 99_999_999 }))
  .map(([first, rest]) => withCheckDigit(first + String(rest).padStart(8, '0')));

const toArabic = (digits: string): string =>
  digits.replace(/\d/g, (digit) => String.fromCharCode(0x660 + Number(digit)));

describe('a national id answer', () => {
  it.each(['1012345672', '١٠١٢٣٤٥٦٧٢', '10 1234 5672', 'هويتي: 1012345672', '\u200f1012345672\u200e', '1012-345-672'])(
    'reads %s',
    (text) => {
      expect(read({ kind: 'national-id' }, text)).toBe('1012345672');
    },
  );

  it.each([
    ['', 'empty'],
    ['لا أعرف', 'not-an-id'],
    ['3012345678', 'not-an-id'],
    ['101234567', 'id-length'],
    ['10123456722', 'id-length'],
    ['1012345673', 'id-check-digit'],
    ['1012345672 2012345670', 'id-length'],
    ['1012345672 أو 2012345670', 'several-values'],
  ])('refuses %s: %s', (text, code) => {
    expect(read({ kind: 'national-id' }, text)).toBe(`!${code}`);
  });

  it('takes only the holder that the rule names', () => {
    const [citizen, resident] = [withCheckDigit('101234567'), withCheckDigit('201234567')];
    expect(read({ kind: 'national-id', holder: 'citizen' }, citizen)).toBe(citizen);
    expect(read({ kind: 'national-id', holder: 'citizen' }, resident)).toBe('!id-not-citizen');
    expect(read({ kind: 'national-id', holder: 'resident' }, citizen)).toBe('!id-not-resident');
    expect(read({ kind: 'national-id', holder: 'any' }, resident)).toBe(resident);
  });

  it('takes every well-formed number, in any digits', () => {
    fc.assert(
      fc.property(anyId, (id) => {
        expect(read({ kind: 'national-id' }, id)).toBe(id);
        expect(read({ kind: 'national-id' }, toArabic(id))).toBe(id);
      }),
    );
  });

  it('sees every wrong digit after the first', () => {
    fc.assert(
      fc.property(anyId, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), (id, place, shift) => {
        const wrong = (Number(id[place]) + shift) % 10;
        expect(read({ kind: 'national-id' }, id.slice(0, place) + String(wrong) + id.slice(place + 1))).toBe(
          '!id-check-digit',
        );
      }),
    );
  });
});
