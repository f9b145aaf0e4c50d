import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dateOf, dayOf, dayOfIso, isoOf } from '../../src/answers/hijri.ts';
import { read, readBack } from './read.ts';

describe('a date answer', () => {
  it.each([
    ['1447/5/3', '2025-10-25'],
    ['٣-٥-١٤٤٧', '2025-10-25'],
    ['٣ / ٥ / ١٤٤٧ هـ', '2025-10-25'],
    ['14470503', '2025-10-25'],
    ['3 رجب 1447', '2025-12-23'],
    ['٣ رَجَب ١٤٤٧هـ', '2025-12-23'],
    ['يوم الثلاثاء 3 رجب 1447', '2025-12-23'],
    ['3 رجب 1447 الموافق 23 ديسمبر 2025', '2025-12-23'],
    ['3 جماد الثاني 1447', '2025-11-24'],
    ['1 ذي الحجة 1446', '2025-05-28'],
    ['1 Ramadan 1447', '2026-02-18'],
    ['3 Rabi II 1447', '2025-09-25'],
  ])('reads the Hijri %s', (text, value) => {
    expect(read({ kind: 'date' }, text)).toBe(value);
  });

  it.each([
    ['12/3/2026', '2026-03-12'],
    ['2026-03-12', '2026-03-12'],
    ['٢٠٢٦/٣/١٢', '2026-03-12'],
    ['12.3.2026 م', '2026-03-12'],
    ['12 3 2026', '2026-03-12'],
    ['12032026', '2026-03-12'],
    ['20260312', '2026-03-12'],
    ['3/25/2026', '2026-03-25'],
    ['12 مارس 2026', '2026-03-12'],
    ['12 آذار 2026 الساعة 10:30', '2026-03-12'],
    ['1 كانون الثاني 2020', '2020-01-01'],
    ['March 12, 2026', '2026-03-12'],
    ['12th of Mar 2026', '2026-03-12'],
    ['29/2/2024', '2024-02-29'],
  ])('reads the Gregorian %s', (text, value) => {
    expect(read({ kind: 'date' }, text)).toBe(value);
  });

  it.each([
    ['اليوم', '2026-03-13'],
    ['أمس', '2026-03-12'],
    ['أول أمس', '2026-03-11'],
    ['غداً', '2026-03-14'],
    ['بكرة', '2026-03-14'],
    ['بعد غد', '2026-03-15'],
    ['Today', '2026-03-13'],
    ['the day before yesterday', '2026-03-11'],
  ])('reads %s by the clock of Riyadh', (text, value) => {
    expect(read({ kind: 'date' }, text)).toBe(value);
  });

  it.each([
    ['قريبا', 'not-a-date'],
    ['1012345672', 'not-a-date'],
    ['رجب', 'date-incomplete'],
    ['3 رجب', 'date-incomplete'],
    ['12/3', 'date-incomplete'],
    ['12/3/26', 'date-incomplete'],
    ['3 ربيع 1447', 'date-incomplete'],
    ['30/2/2026', 'date-impossible'],
    ['29/2/2026', 'date-impossible'],
    ['30/2/1447', 'date-impossible'],
    ['31/1/1447', 'date-impossible'],
    ['0/5/1447', 'date-impossible'],
    ['12 مارس 1447', 'date-impossible'],
    ['1/1/1200', 'date-out-of-range'],
    ['1/1/9999', 'date-out-of-range'],
    ['1/1/1882', 'date-out-of-range'],
    ['31/12/2174', 'date-out-of-range'],
    ['3 رجب 1447 (24 ديسمبر 2025)', 'several-values'],
    ['1/1/2026 - 5/1/2026', 'several-values'],
  ])('refuses %s: %s', (text, code) => {
    expect(read({ kind: 'date' }, text)).toBe(`!${code}`);
  });

  it('holds the rule to both ends, today being past and future', () => {
    expect(read({ kind: 'date', when: 'past' }, 'اليوم')).toBe('2026-03-13');
    expect(read({ kind: 'date', when: 'past' }, 'غدا')).toBe('!date-not-past');
    expect(read({ kind: 'date', when: 'future' }, 'اليوم')).toBe('2026-03-13');
    expect(read({ kind: 'date', when: 'future' }, 'أمس')).toBe('!date-not-future');
    const rule = { kind: 'date', min: '2026-01-01', max: '2026-12-31' } as const;
    expect(read(rule, '31/12/2025')).toBe('!date-too-early');
    expect(read(rule, '1/1/2026')).toBe('2026-01-01');
    expect(read(rule, '31/12/2026')).toBe('2026-12-31');
    expect(read(rule, '1/1/2027')).toBe('!date-too-late');
  });

  it('reads back both calendars, first the one used or the one the rule names', () => {
    expect(readBack({ kind: 'date' }, '1447/7/3')).toBe('3 رجب 1447 هـ (23 ديسمبر 2025 م)');
    expect(readBack({ kind: 'date', calendar: 'gregorian' }, '1447/7/3')).toBe('23 ديسمبر 2025 م (3 رجب 1447 هـ)');
    expect(readBack({ kind: 'date' }, '23/12/2025', 'en')).toBe('23 December 2025 (3 Rajab 1447 AH)');
    expect(readBack({ kind: 'date' }, '23/12/2025', 'not a tag')).toBe('2025-12-23 (1447-7-3)');
  });

  it('reads the months of a language that was added later', () => {
    expect(read({ kind: 'date' }, '12 mars 2026', 'fr')).toBe('2026-03-12');
    expect(read({ kind: 'date' }, '12 مارچ 2026', 'ur')).toBe('2026-03-12');
  });

  it('reads every day back as itself, whatever calendar and language show it', () => {
    const day = fc.integer({ min: dayOfIso('1882-11-12'), max: dayOfIso('2174-11-25') });
    const languages = ['ar', 'en', 'fr', 'ur', 'tr', 'id', 'bn', 'ru', 'zh', 'hi', 'am', 'sw', '?', ''];
    const calendar = fc.constantFrom('hijri', 'gregorian');
    fc.assert(
      fc.property(day, calendar, fc.constantFrom(...languages), (one, shownFirst, language) => {
        const rule = { kind: 'date', calendar: shownFirst } as const;
        expect(read(rule, readBack(rule, isoOf(one), language), language)).toBe(isoOf(one));
      }),
      { numRuns: 500 },
    );
  });
});

describe('the Hijri calendar', () => {
  it.each([
    [{ year: 1445, month: 9, day: 1 }, '2024-03-11'],
    [{ year: 1446, month: 9, day: 1 }, '2025-03-01'],
    [{ year: 1447, month: 1, day: 1 }, '2025-06-26'],
  ])('begins a month on the day Saudi Arabia did: %j', (date, iso) => {
    expect(isoOf(dayOf('hijri', date) ?? NaN)).toBe(iso);
  });

  it('finds every day of Umm al-Qura from 1300 to 1600 again', () => {
    const first = dayOf('hijri', { year: 1300, month: 1, day: 1 }) ?? NaN;
    const last = dayOf('hijri', { year: 1600, month: 12, day: 30 }) ?? NaN;
    expect([isoOf(first), isoOf(last)]).toEqual(['1882-11-12', '2174-11-25']);
    let lost = 0;
    for (let day = first; day <= last; day += 1) if (dayOf('hijri', dateOf('hijri', day)) !== day) lost += 1;
    expect(lost).toBe(0);
  });

  it('knows a 30th only in the long months', () => {
    const isLong = (month: number): boolean => dayOf('hijri', { year: 1447, month, day: 30 }) !== undefined;
    expect([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].filter(isLong)).toEqual([1, 3, 4, 5, 7, 9, 11]);
  });
});
