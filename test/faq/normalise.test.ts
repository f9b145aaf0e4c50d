import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalise } from '../../src/faq/normalise.ts';

describe('normalise', () => {
  it.each([
    ['hamza and alef forms', 'أين إدارة الآبار', 'اين اداره الابار'],
    ['ta marbuta', 'جمعية', 'جمعيه'],
    ['alef maqsura', 'متى', 'متي'],
    ['hamza seats', 'سؤال شيء هيئة', 'سوال شي هييه'],
    ['tashkeel', 'كَيْفَ أُقَدِّمُ', 'كيف اقدم'],
    ['tatweel', 'مـــاء', 'ما'],
    ['elongation', 'كييييف', 'كيف'],
    ['Arabic-Indic digits', '٠١٢٣٤٥٦٧٨٩', '0123456789'],
    ['Persian digits', '۰۱۲۳۴۵۶۷۸۹', '0123456789'],
    ['bidi marks', '\u202Bكيف\u200F \u2067أقدم\u2069', 'كيف اقدم'],
    ['presentation forms', 'ﻻ', 'لا'],
    ['Persian letters', 'کیف', 'كيف'],
    ['punctuation and emoji', 'كيف؟؟! 😀 أقدم', 'كيف اقدم'],
    ['letters beside digits', '20لتر', '20 لتر'],
    ['English', "I'm WAITING, don't go!", 'im waiting dont go'],
    ['Arabizi with digits', "2ab3'a ma7al", 'ابغا محل'],
    ['a count is not Arabizi', '2nd 5pm covid19', '2 nd 5 pm covid 19'],
    ['nothing to read', '؟؟ 😀 \u200F', ''],
  ])('%s: %s', (_name, text, expected) => {
    expect(normalise(text)).toBe(expected);
  });

  it('is idempotent on any string', () => {
    const letters = fc.constantFrom(..."ابتةىأءئؤپچ ـًٌّ٣۵2357abkhs'’`\u200F\u202Eİﬁ½".split(''));
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: letters, maxLength: 40 }),
    );
    fc.assert(
      fc.property(text, (value) => {
        const once = normalise(value);
        expect(normalise(once)).toBe(once);
      }),
      { numRuns: 3000 },
    );
  });
});
