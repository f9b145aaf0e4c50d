import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitText } from '../../../src/channels/shared/split-text.ts';

describe('splitText', () => {
  it('leaves a text that fits alone, but for the space around it', () => {
    expect(splitText('  مرحبًا بكم.\n', 20)).toEqual(['مرحبًا بكم.']);
    expect(splitText('x'.repeat(20), 20)).toEqual(['x'.repeat(20)]);
  });

  it('has no parts for a blank text', () => {
    expect(splitText(' \n\t', 10)).toEqual([]);
  });

  it.each<[string, string, number, string[]]>([
    ['a paragraph', 'One two. Three\n\nFour five. Six', 24, ['One two. Three', 'Four five. Six']],
    ['a line', 'One two. Three\nFour five. Six', 24, ['One two. Three', 'Four five. Six']],
    ['the end of a sentence', 'هل وصل الماء؟ نعم وصل والحمد لله', 24, ['هل وصل الماء؟', 'نعم وصل والحمد لله']],
    ['a space', 'one two three four', 9, ['one two', 'three', 'four']],
  ])('cuts at %s', (_where, text, limit, parts) => {
    expect(splitText(text, limit)).toEqual(parts);
  });

  it.each<[string, string, number, string[]]>([
    ['a link', 'اقرأ:https://example.org/a.b?c=d', 28, ['اقرأ:', 'https://example.org/a.b?c=d']],
    ['a phone number', 'call us on 050 123 4567 now', 20, ['call us on', '050 123 4567 now']],
    ['Arabic digits in groups', 'اتصلوا على ٠٥٠ ١٢٣ ٤٥٦٧', 16, ['اتصلوا على', '٠٥٠ ١٢٣ ٤٥٦٧']],
    ['a decimal', 'abcdefgh1234.56', 10, ['abcdefgh', '1234.56']],
    ['the number of an item off', 'aa\n1. dddddd', 9, ['aa', '1. dddddd']],
    ['an isolated run', 'aaaaa \u2066bb cc dd\u2069', 12, ['aaaaa', '\u2066bb cc dd\u2069']],
    ['a surrogate pair', '😀😀😀', 3, ['😀', '😀', '😀']],
    ['a joined emoji', 'aa👨‍👩‍👧', 9, ['aa', '👨‍👩‍👧']],
    ['a letter and its marks', 'مُحَمَّدٌ', 6, ['مُحَ', 'مَّدٌ']],
  ])('never cuts %s', (_what, text, limit, parts) => {
    expect(splitText(text, limit)).toEqual(parts);
  });

  it('cuts what is over the limit by itself', () => {
    const link = `https://example.org/${'x'.repeat(50)}`;
    expect(splitText(link, 30).join('')).toBe(link);
    const marks = `a${'\u064E'.repeat(50)}`;
    expect(splitText(marks, 10).join('')).toBe(marks);
  });

  it('refuses a limit no pair of surrogates fits', () => {
    expect(() => splitText('ab', 1)).toThrow(RangeError);
  });

  const word = fc.oneof(
    fc.constantFrom('السَّلامُ', 'عليكم.', 'ماء؟', 'hello!', '1.', '😀', '👨‍👩‍👧', '\n', '\n\n', '  ', '\u2066', '\u2069'),
    fc.constantFrom('050 123 4567', '1,234.56', 'https://example.org/a?b=1.2', 'a@example.org', '٠٥٠ ١٢٣'),
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.string({ unit: 'grapheme', maxLength: 12 }),
  );
  const texts = fc
    .array(fc.tuple(word, fc.constantFrom(' ', '', '\n', '. ')), { maxLength: 60 })
    .map((words) => words.flat().join(''));
  const withoutSpace = (text: string) => text.replace(/\s/gu, '');

  it('keeps every character but the space at the cuts, and every part within the limit', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 2, max: 80 }), (text, limit) => {
        const parts = splitText(text, limit);
        let at = 0;
        for (const part of parts) {
          expect(part.length).toBeLessThanOrEqual(limit);
          expect(part.trim()).toBe(part);
          expect(part).not.toBe('');
          const start = text.indexOf(part, at);
          expect(text.slice(at, start).trim()).toBe('');
          at = start + part.length;
        }
        expect(text.slice(at).trim()).toBe('');
        expect(withoutSpace(parts.join(''))).toBe(withoutSpace(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps links, numbers and characters whole wherever they stand', () => {
    const kept = fc.constantFrom('050 123 4567', '1,234.56', 'https://example.org/a?b=1.2', '٠٥٠ ١٢٣', '👨‍👩‍👧', 'بَّ');
    const filler = fc.string({ unit: fc.constantFrom('ا', 'b', ' ', '.', 'ُ'), minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(filler, kept, filler, fc.integer({ min: 30, max: 60 }), (before, whole, after, limit) => {
        // A letter on both sides, so that the run is that run alone.
        const text = `${before} ي${whole.startsWith('h') ? ' ' : ''}${whole} ي${after}`;
        expect(splitText(text, limit).some((part) => part.includes(whole))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('splits the same parts into themselves', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 2, max: 80 }), (text, limit) => {
        for (const part of splitText(text, limit)) expect(splitText(part, limit)).toEqual([part]);
      }),
    );
  });

  it.each([
    ['without a space', 'ا'.repeat(100_000)],
    ['of at signs', '@a'.repeat(50_000)],
    ['of digits', '1 '.repeat(50_000)],
    ['of opened isolates', '\u2066'.repeat(100_000)],
    ['of marks', `a${'\u064E'.repeat(100_000)}`],
    ['of dots', '.'.repeat(100_000)],
  ])('splits 100,000 characters %s in a moment', (_what, text) => {
    const before = performance.now();
    expect(splitText(text, 4096).every((part) => part.length <= 4096)).toBe(true);
    expect(performance.now() - before).toBeLessThan(2000);
  });
});
