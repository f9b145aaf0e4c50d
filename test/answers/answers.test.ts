import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseAnswer } from '../../src/answers/answers.ts';
import { answerRuleSchema, type AnswerRule } from '../../src/answers/types.ts';
import { context } from './read.ts';

const rules: readonly AnswerRule[] = [
  { kind: 'text' },
  { kind: 'text', minLength: 3, maxLength: 5000 },
  { kind: 'name' },
  { kind: 'name', minWords: 2 },
  { kind: 'number' },
  { kind: 'number', min: 1, max: 30, integer: true },
  { kind: 'national-id' },
  { kind: 'national-id', holder: 'citizen' },
  { kind: 'phone' },
  { kind: 'phone', country: 'EG' },
  { kind: 'iban' },
  { kind: 'iban', country: 'SA' },
  { kind: 'email' },
  { kind: 'date' },
  { kind: 'date', when: 'past', min: '1950-01-01', calendar: 'hijri' },
  { kind: 'yes-no' },
];

const codeUnits = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) });
const scraps = fc.constantFrom(
  ...'0|1|5|12|٣|٥|۷|2026|1447|0501234567|1012345672|SA03|8000|+966|00|-|/|.|,|،|٬|٫|(|)|=|@|gmail.com|a|رجب|مارس|ربيع|الأول|March|خمسة|وعشرين|مية|ألف|ألفين|عشر|احد|نص|و|and|five|hundred|k|نعم|لا|yes|no|👍|👎|اليوم|الموافق|اسمي|محمد|أفراد|شكرا'.split(
    '|',
  ),
  ' ',
  '\n',
  '\u200f',
  '\u0640',
  '\ufe0f\u20e3',
  '\ud800',
  '\u0000',
);
const likelyTexts = fc
  .array(fc.tuple(scraps, fc.constantFrom('', ' ', ' ')), { maxLength: 12 })
  .map((parts) => parts.flat().join(''));
const anyText = fc.oneof(fc.string({ unit: 'binary' }), codeUnits, likelyTexts, likelyTexts);

describe('any answer to any rule', () => {
  it('is read without an error, and reads back as itself', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...rules),
        anyText,
        fc.constantFrom('ar', 'en', 'fr', 'zh'),
        (rule, text, language) => {
          const answer = parseAnswer(rule, text, { ...context, language });
          if (!answer.ok) return;
          expect(JSON.parse(JSON.stringify(answer.value))).toBe(answer.value);
          expect(parseAnswer(rule, answer.shown, { ...context, language })).toEqual(answer);
        },
      ),
      { numRuns: 5000 },
    );
  });

  it.each(rules)('takes a bounded time, whatever is repeated: %j', (rule) => {
    const seeds =
      '5|5 |٣،|1,000|1 000 |a|a.|@a|a@a.|+|(|SA03 |a1 |\u200f|ﷺ|و|ا\u0651|👍|\ud800|موافق |name |محمد |رجب |\n|0501234567 |-|نعم |\u0640| |خمسة و|e\u0301|12/|iban|مية '.split(
        '|',
      );
    const longestMs = Math.max(
      ...seeds.flatMap((seed) =>
        [100_000, 1000].map((length) => {
          const text = seed.repeat(length).slice(0, length);
          const startedAt = performance.now();
          const answer = parseAnswer(rule, text, context);
          const tookMs = performance.now() - startedAt;
          if (length === 100_000) expect(answer.ok, `${JSON.stringify(seed)} repeated`).toBe(false);
          return tookMs;
        }),
      ),
    );
    expect(longestMs).toBeLessThan(200);
  });
});

describe('the schema of rules', () => {
  it('gives back each rule as it was written', () => {
    for (const rule of rules) expect(answerRuleSchema.parse(rule)).toEqual(rule);
  });

  it.each([
    { kind: 'colour' },
    { kind: 'text', maxlength: 5 },
    { kind: 'text', minLength: 9, maxLength: 5 },
    { kind: 'text', minLength: 2001 },
    { kind: 'number', min: 5, max: 1 },
    { kind: 'phone', country: 'sa' },
    { kind: 'date', min: '2026-02-30' },
    { kind: 'date', min: '2026-03-02', max: '2026-03-01' },
    { kind: 'date', when: 'soon' },
  ])('refuses %j', (rule) => {
    expect(answerRuleSchema.safeParse(rule).success).toBe(false);
  });

  it('has a JSON Schema for the editor', () => {
    expect(JSON.stringify(z.toJSONSchema(answerRuleSchema))).toContain('"national-id"');
  });
});
