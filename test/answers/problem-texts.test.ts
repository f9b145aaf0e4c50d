import { createInstance } from 'i18next';
import { describe, expect, it } from 'vitest';
import arabic from '../../locales/ar/answers.json' with { type: 'json' };
import english from '../../locales/en/answers.json' with { type: 'json' };
import { parseAnswer } from '../../src/answers/answers.ts';
import { answerProblemCodes, type AnswerProblemCode, type AnswerRule } from '../../src/answers/types.ts';
import { context } from './read.ts';

/** For each problem, an answer that has it. */
const causes: Readonly<Record<AnswerProblemCode, readonly [AnswerRule, string]>> = {
  empty: [{ kind: 'text' }, ' '],
  'too-short': [{ kind: 'text', minLength: 3 }, 'اب'],
  'too-long': [{ kind: 'text', maxLength: 15 }, 'ا'.repeat(16)],
  'several-values': [{ kind: 'number' }, '1 أو 2'],
  'not-a-name': [{ kind: 'name' }, '12'],
  'name-too-few-words': [{ kind: 'name', minWords: 3 }, 'محمد علي'],
  'not-a-number': [{ kind: 'number' }, 'كثير'],
  'not-an-integer': [{ kind: 'number', integer: true }, '1.5'],
  'too-small': [{ kind: 'number', min: 1 }, '0'],
  'too-large': [{ kind: 'number', max: 30 }, '31'],
  'not-an-id': [{ kind: 'national-id' }, 'لا'],
  'id-length': [{ kind: 'national-id' }, '101234567'],
  'id-check-digit': [{ kind: 'national-id' }, '1012345673'],
  'id-not-citizen': [{ kind: 'national-id', holder: 'citizen' }, '2012345670'],
  'id-not-resident': [{ kind: 'national-id', holder: 'resident' }, '1012345672'],
  'not-a-phone': [{ kind: 'phone' }, 'لا'],
  'phone-too-short': [{ kind: 'phone' }, '05012345'],
  'phone-too-long': [{ kind: 'phone' }, '050123456789'],
  'phone-not-mobile': [{ kind: 'phone' }, '0112345678'],
  'not-an-iban': [{ kind: 'iban' }, 'لا'],
  'iban-length': [{ kind: 'iban' }, 'SA03800000006080101675'],
  'iban-check-digits': [{ kind: 'iban' }, 'SA0480000000608010167519'],
  'iban-country': [{ kind: 'iban', country: 'SA' }, 'GB29NWBK60161331926819'],
  'not-an-email': [{ kind: 'email' }, 'ali'],
  'not-a-date': [{ kind: 'date' }, 'قريبا'],
  'date-incomplete': [{ kind: 'date' }, '3 رجب'],
  'date-impossible': [{ kind: 'date' }, '30/2/2026'],
  'date-out-of-range': [{ kind: 'date' }, '1/1/1200'],
  'date-not-past': [{ kind: 'date', when: 'past' }, 'غدا'],
  'date-not-future': [{ kind: 'date', when: 'future' }, 'أمس'],
  'date-too-early': [{ kind: 'date', min: '2026-01-01' }, '1/1/2020'],
  'date-too-late': [{ kind: 'date', max: '2026-01-01' }, '1/1/2027'],
  'not-yes-or-no': [{ kind: 'yes-no' }, 'ربما'],
};

const texts: Readonly<Record<string, Readonly<Record<string, string>>>> = { ar: arabic, en: english };

describe.each(['ar', 'en'])('the texts of problems in %s', (language) => {
  const i18n = createInstance();
  void i18n.init({
    lng: language,
    resources: { [language]: { answers: texts[language] ?? {} } },
    initAsync: false,
    interpolation: { escapeValue: false },
  });

  it.each(answerProblemCodes)('has a whole sentence for %s', (code) => {
    const answer = parseAnswer(...causes[code], { ...context, language });
    if (answer.ok) throw new Error(`expected the problem ${code}`);
    expect(answer.problem.code).toBe(code);
    const sentence = i18n.t(`answers:${code}`, { ...answer.problem.params });
    expect(sentence.length).toBeGreaterThan(20);
    expect(sentence).not.toMatch(/\{\{|undefined|NaN/);
    for (const [, name = ''] of (texts[language]?.[code] ?? '').matchAll(/\{\{(\w+)\}\}/g)) {
      expect(answer.problem.params).toHaveProperty(name);
    }
  });

  it('has every plural form the language uses, and no text that no code reaches', () => {
    const plurals = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    const keys = Object.keys(texts[language] ?? {});
    const counted = new Set(keys.filter((key) => key.includes('_')).map((key) => key.split('_')[0]));
    const expected = answerProblemCodes.flatMap((code) =>
      counted.has(code) ? plurals.map((plural) => `${code}_${plural}`) : [code],
    );
    expect([...keys].sort()).toEqual([...expected].sort());
  });
});
