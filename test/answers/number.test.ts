import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { read, readBack } from './read.ts';

describe('a number answer', () => {
  it.each([
    ['5', 5],
    ['٥ أفراد', 5],
    ['۵', 5],
    ['5️⃣', 5],
    ['عندنا ٣ أطفال', 3],
    ['1,500', 1500],
    ['١٬٥٠٠', 1500],
    ['١٬٥٠٠٫٢٥', 1500.25],
    ['1 500 ريال', 1500],
    ['1,50,000', 150000],
    ['٣٫٥', 3.5],
    ['3,5', 3.5],
    ['٣،٥', 3.5],
    ['-5', -5],
    ['5 (خمسة)', 5],
    ['5k', 5000],
    ['٥ آلاف', 5000],
  ])('reads the digits of %s', (text, value) => {
    expect(read({ kind: 'number' }, text)).toBe(value);
  });

  it.each([
    ['صفر', 0],
    ['خَمْسَة', 5],
    ['خمسة', 5],
    ['واحد', 1],
    ['شخصين', 2],
    ['أحد عشر', 11],
    ['اثنتا عشرة', 12],
    ['خمسة عشر', 15],
    ['خمسطعش', 15],
    ['خمسة وعشرين', 25],
    ['خمسة و عشرون', 25],
    ['مئة وخمسة وعشرون', 125],
    ['ألف ومئتين', 1200],
    ['ألفين', 2000],
    ['ثلاثة آلاف وخمسمئة', 3500],
    ['ثلاث مية', 300],
    ['مليون', 1000000],
    ['five', 5],
    ['twenty-five', 25],
    ['five thousand two hundred and thirty', 5230],
    ['لا يوجد', 0],
    ['none', 0],
  ])('reads the words %s', (text, value) => {
    expect(read({ kind: 'number' }, text)).toBe(value);
  });

  it.each(['3 أولاد وبنتين', '5-6', 'خمسة ستة', '٣، ٤', '3 or 4', '5 و 2'])('asks again for one number: %s', (text) => {
    expect(read({ kind: 'number' }, text)).toBe('!several-values');
  });

  it.each(['كثير', '5 ونص', '1.2.3', '٪', '5 minus', '1,23'.repeat(3)])('does not guess at %s', (text) => {
    expect(read({ kind: 'number' }, text)).toBe('!not-a-number');
  });

  it('takes water for water, not for a hundred, beside another number', () => {
    expect(read({ kind: 'number' }, '5 كراتين مية')).toBe(5);
    expect(read({ kind: 'number' }, 'مية')).toBe(100);
  });

  it('holds the rule to both ends', () => {
    const rule = { kind: 'number', min: 1, max: 30, integer: true } as const;
    expect(read(rule, '0')).toBe('!too-small');
    expect(read(rule, '1')).toBe(1);
    expect(read(rule, '30')).toBe(30);
    expect(read(rule, '31')).toBe('!too-large');
    expect(read(rule, '2.5')).toBe('!not-an-integer');
    expect(read({ kind: 'number' }, '9'.repeat(40))).toBe('!too-large');
  });

  it('reads back with commas, and 0 without a sign', () => {
    expect(readBack({ kind: 'number' }, '٣٥٠٠')).toBe('3,500');
    expect(readBack({ kind: 'number' }, '-0')).toBe('0');
  });

  it('gives any number of up to six decimals back as it was shown', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e12, max: 1e12 }), fc.integer({ min: 0, max: 6 }), (digits, decimals) => {
        const value = Number((digits / 10 ** decimals).toFixed(decimals));
        const shown = readBack({ kind: 'number' }, String(value));
        expect(read({ kind: 'number' }, shown)).toBe(value === 0 ? 0 : value);
      }),
    );
  });
});
