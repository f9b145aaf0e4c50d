import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildMatcher } from '../../src/faq/build-matcher.ts';
import { loadMatcher } from '../../src/faq/load-matcher.ts';
import { decodeModel, encodeModel } from '../../src/faq/model-file.ts';
import { readShippedSources } from './shipped-sources.ts';

const sources = readShippedSources();
const model = buildMatcher(sources.entries, sources.none, sources.lexicon);
const matcher = loadMatcher(model);
const top = (text: string): string | undefined => matcher.explain(text).candidates[0]?.entryId;

describe('the matcher on the shipped FAQ', () => {
  it('answers a question as it is written in the FAQ, and shows the wording it understood', () => {
    const match = matcher.match('كيف أطلب صهريج ماء (وايت) لمنزلي؟');
    expect(match).toMatchObject({
      band: 'answer',
      entryId: 'request-tanker',
      phrasing: 'كيف أطلب صهريج ماء (وايت) لمنزلي؟',
    });
  });

  it.each([
    ['ابغى مويا للمسجد كيف اسوي', 'mosque-water'],
    ['ابغى مويه لمسجد حارتنا', 'mosque-water'],
    ['فين مكاتبكم', 'branches'],
    ['امتى بتفتحوا', 'working-hours'],
    ['what time do you open', 'working-hours'],
  ])('ranks %s first under %s', (text, entryId) => {
    expect(top(text)).toBe(entryId);
  });

  it.each([
    ["2ab3'a mayya lel masjed", 'mosque-water'],
    ['abgha moya lel masjid', 'mosque-water'],
    ['kaif a6lob wayt', 'request-tanker'],
    ['wain far3kom', 'branches'],
  ])('reads Latin-letter Arabic: %s', (text, entryId) => {
    expect(top(text)).toBe(entryId);
  });

  it('reads a question typed on the other keyboard layout', () => {
    expect(top('Hdk l;jf;l')).toBe(top('اين مكتبكم'));
    expect(top(";dt h'gf ,hdj")).toBe('request-tanker');
    expect(top('صاثقث هس غخعق خببهؤث')).toBe('branches');
  });

  it.each([
    ['hamza left out', 'اين اداره الجمعيه وما اوقات الدوام'],
    ['hamza written', 'أين إدارة الجمعية وما أوقات الدوام'],
    ['tashkeel', 'أَيْنَ إِدَارَةُ الجَمْعِيَّةِ وَمَا أَوْقَاتُ الدَّوَامِ'],
    ['tatweel', 'أيـــن إدارة الجمعيـــة وما أوقات الدوام'],
    ['elongation', 'أييييين إدارة الجمعية وما أوقات الدواااام'],
    ['bidi marks', '\u202Bأين إدارة\u200F الجمعية وما أوقات الدوام\u202C'],
    ['greeting and prayer', 'السلام عليكم ورحمة الله وبركاته أين إدارة الجمعية وما أوقات الدوام جزاكم الله خير'],
  ])('loses nothing to %s', (_name, text) => {
    expect(matcher.explain(text)).toEqual(matcher.explain('أين إدارة الجمعية وما أوقات الدوام'));
  });

  it('loses nothing to spelling in any shipped phrasing', () => {
    const respell = (text: string): string =>
      text
        .replace(/[أإآ]/g, 'ا')
        .replace(/ى/g, 'ي')
        .replace(/ة/g, 'ه')
        .replace(/[0-9]/g, (digit) => String.fromCharCode(0x660 + Number(digit)))
        .replace(/(\p{Script=Arabic})(?= |$)/gu, '$1\u064E\u0640');
    for (const entry of sources.entries) {
      const question = entry.question.ar ?? '';
      expect(matcher.match(respell(question))).toEqual(matcher.match(question));
    }
  });

  it('answers at least 97 in 100 of its own questions with their own entry, and suggests the entry for the rest', () => {
    const asked = sources.entries.flatMap((entry) =>
      Object.values(entry.question).map((text) => ({ text, id: entry.id })),
    );
    const right = asked.filter(({ text, id }) => top(text) === id);
    expect(right.length / asked.length).toBeGreaterThanOrEqual(0.97);
  });

  it.each(['', '؟؟؟', '😀😀', 'xkcd qwzx', 'asdfghjkl', '12345'])('finds nothing in %j', (text) => {
    expect(matcher.match(text).band).not.toBe('answer');
  });

  it('says none to an empty text', () => {
    expect(matcher.match('')).toEqual({ band: 'none' });
  });

  it('offers one to three different entries when unsure', () => {
    const unsure = sources.entries
      .flatMap(({ topic }) => [topic, `${topic} ماء`, 'طلب', 'ابغى مساعدة', 'رقم', 'شهادة', 'بيانات'])
      .map((text) => matcher.match(text))
      .filter((match) => match.band === 'suggest');
    expect(unsure.length).toBeGreaterThan(0);
    for (const { entryIds } of unsure) {
      expect(entryIds.length).toBeGreaterThanOrEqual(1);
      expect(entryIds.length).toBeLessThanOrEqual(3);
      expect(new Set(entryIds).size).toBe(entryIds.length);
    }
  });

  it('is the same from its bytes', () => {
    const decoded = decodeModel(encodeModel(model));
    expect(decoded).not.toBeNull();
    const again = loadMatcher(decoded ?? model);
    for (const { question } of sources.entries) {
      expect(again.explain(question.ar ?? '')).toEqual(matcher.explain(question.ar ?? ''));
    }
  });

  it('refuses bytes that hold no model', () => {
    const bytes = encodeModel(model);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        expect(decodeModel(noise)).toBeNull();
      }),
    );
    expect(decodeModel(bytes.slice(0, bytes.length >> 1))).toBeNull();
  });
});

describe('the matcher on any string', () => {
  const anything = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.string({ unit: 'grapheme', maxLength: 300 }),
    fc.string({ unit: fc.constantFrom(...'ابتويه aei235 \uD800'.split('')), maxLength: 900 }),
  );

  it('answers without an exception, and with entries it has', () => {
    const ids = new Set(sources.entries.map(({ id }) => id));
    fc.assert(
      fc.property(anything, (text) => {
        const match = matcher.match(text);
        if (match.band === 'answer') expect(ids.has(match.entryId)).toBe(true);
        if (match.band === 'suggest') for (const id of match.entryIds) expect(ids.has(id)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['one long word', 'ب'.repeat(1_000_000)],
    ['many words', 'ماء '.repeat(250_000)],
    ['prayers only', 'السلام عليكم ورحمة الله '.repeat(50_000)],
    ['Latin letters', 'ab3 '.repeat(250_000)],
    ['marks only', '\u064B'.repeat(1_000_000)],
  ])('takes bounded time on %s', (_name, text) => {
    const start = performance.now();
    matcher.match(text);
    expect(performance.now() - start).toBeLessThan(250);
  });
});

describe('a collection without phrasings', () => {
  it('matches nothing when it is empty', () => {
    expect(loadMatcher(buildMatcher([], [], sources.lexicon)).match('السلام عليكم')).toEqual({ band: 'none' });
  });

  it('still knows its questions', () => {
    const bare = sources.entries.map((entry) => ({ ...entry, phrasings: {} }));
    const quick = loadMatcher(buildMatcher(bare, [], sources.lexicon));
    expect(quick.match('أين تقع فروعكم ومكاتبكم؟')).toMatchObject({ band: 'answer', entryId: 'branches' });
  });
});

describe('a collection of one entry', () => {
  const [water] = sources.entries;
  if (water === undefined) throw new Error('nothing is shipped');
  const tiny = { ...water, question: { en: 'Do you deliver water?' }, phrasings: { ar: ['توصيل ماء', 'ابي مويه'] } };
  const one = loadMatcher(buildMatcher([tiny], ['rent', 'salary'], sources.lexicon));

  it('answers what is nearly a wording of it', () => {
    expect(one.match('do you deliver the water').band).toBe('answer');
  });

  it.each(['weather tomorrow', 'hello', 'كم سعر الذهب', 'how are you'])('does not answer %s', (text) => {
    expect(one.match(text).band).not.toBe('answer');
  });
});
