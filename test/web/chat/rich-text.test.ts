import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toRuns } from '../../../src/web/chat/rich-text.ts';

const kinds = (text: string) => toRuns(text).filter((run) => run.type !== 'words');

describe('runs of a text', () => {
  it('put together are the text again', () => {
    const anyText = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .array(
          fc.constantFrom('https://a.b/ج', '055 123 4567', 'W-0000018', ' ', '.', 'كلام', '+966', '\u2066', '\u2069'),
        )
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(anyText, (text) => {
        expect(
          toRuns(text)
            .map((run) => run.text)
            .join(''),
        ).toBe(text);
      }),
    );
  });

  it.each([
    ['اتصل على 055 123 4567 الآن', '055 123 4567'],
    ['الرقم +966 50 765 4321.', '+966 50 765 4321'],
    ['طلبك W-0000018 قيد الدراسة', 'W-0000018'],
    ['رقمي ٠٥٥١٢٣٤٥٦٧', '٠٥٥١٢٣٤٥٦٧'],
  ])('keep the number of "%s" whole', (text, number) => {
    expect(kinds(text)).toEqual([{ type: 'number', text: number }]);
  });

  it.each(['في 3 أيام', 'المبلغ 1,500 ريال', 'من 2020 إلى 2024'])('leave the small numbers of "%s" alone', (text) => {
    expect(kinds(text)).toEqual([]);
  });

  it('leave the end of the sentence out of an address', () => {
    expect(kinds('انظر https://example.org/طلب؟ ثم (https://example.org/a).')).toEqual([
      { type: 'link', text: 'https://example.org/طلب' },
      { type: 'link', text: 'https://example.org/a' },
    ]);
  });

  it.each(['javascript:alert(1)', 'data:text/html,x', 'HTTP://X', 'www.example.org'])(
    'take "%s" for no address',
    (text) => {
      expect(kinds(text).filter((run) => run.type === 'link')).toEqual([]);
    },
  );
});
