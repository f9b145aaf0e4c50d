import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stem, toRoot } from '../../src/faq/stem.ts';

const rootOf = (word: string): string => toRoot(stem(word));

describe('the root of a word', () => {
  it.each([
    ['person', ['اتبرع', 'نتبرع', 'يتبرع', 'تتبرع', 'متبرع']],
    ['the Moroccan present', ['نقدر', 'كنقدر', 'كتقدر']],
    ['the Egyptian and Levantine present', ['يوصل', 'بيوصل', 'بتوصل']],
    ['the future', ['يوصل', 'هيوصل', 'حيوصل', 'سيوصل']],
    ['negation', ['دفعت', 'دفعتش', 'دفعوش']],
  ])('is the same whatever the %s', (_name, forms) => {
    expect(new Set(forms.map(rootOf)).size).toBe(1);
  });

  it('leaves words of other scripts as they are', () => {
    expect(toRoot('delivery')).toBe('delivery');
  });

  it('leaves something of every word, and never more than there was', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'استلمبيوهكشنعغحdx'), minLength: 1, maxLength: 20 }), (word) => {
        const root = toRoot(word);
        expect(root.length).toBeGreaterThan(0);
        expect(root.length).toBeLessThanOrEqual(word.length);
      }),
    );
  });
});
