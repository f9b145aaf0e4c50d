import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupQuestions } from '../../src/faq/group-questions.ts';
import { finish } from '../../src/faq/steps.ts';
import { readShippedSources } from './shipped-sources.ts';

const { entries, none, lexicon } = readShippedSources();
const group = (texts: readonly string[]) => finish(groupQuestions(texts, lexicon));

describe('grouping questions', () => {
  it('puts together what is asked alike, whatever the spelling, greeting and dialect', () => {
    const texts = [
      'متى توزعون الماء',
      'هل تدفعون الإيجار',
      'السلام عليكم متى توزعون المويه',
      'when is the office open',
      'تدفعون ايجار البيت؟',
      'office open when',
    ];
    expect(group(texts)).toEqual([
      [0, 2],
      [1, 4],
      [3, 5],
    ]);
  });

  it('puts every text in one group, the first of which it resembles', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 60 }), { maxLength: 40 }), (texts) => {
        const groups = group(texts);
        expect(groups.flat().sort((one, other) => one - other)).toEqual(texts.map((_, place) => place));
        expect(groups.map(([first]) => first)).toEqual(groups.map(([first]) => first).sort((a = 0, b = 0) => a - b));
        for (const places of groups) expect(places).toEqual([...places].sort((one, other) => one - other));
      }),
      { numRuns: 50 },
    );
  });

  it('keeps groups of the shipped phrasings mostly to one entry each', () => {
    const asked = entries.flatMap(({ id, phrasings }) =>
      Object.values(phrasings)
        .flatMap((texts) => texts.slice(0, 12))
        .map((text) => ({ id, text })),
    );
    const texts = [...asked.map(({ text }) => text), ...none].slice(0, 1_600);
    const groups = group(texts).filter(({ length }) => length > 1);
    const ofTheirMost = groups.map((places) => {
      const ids = places.map((place) => asked[place]?.id ?? texts[place]);
      return Math.max(...ids.map((id) => ids.filter((other) => other === id).length));
    });
    const members = groups.flat().length;
    expect(members / texts.length).toBeGreaterThan(0.3);
    expect(ofTheirMost.reduce((sum, most) => sum + most, 0) / members).toBeGreaterThan(0.65);
  });
});
