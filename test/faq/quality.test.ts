import { describe, expect, it } from 'vitest';
import { buildMatcher } from '../../src/faq/build-matcher.ts';
import { toQuality } from '../../src/faq/quality.ts';
import { textsOf } from '../../src/faq/texts-of.ts';
import { readShippedSources } from './shipped-sources.ts';

const { entries, none, lexicon } = readShippedSources();

describe('how well entries are told apart', () => {
  it('counts what held-out phrasings were ranked as', () => {
    const documents = ['a', 'b', 'c', 'd', 'e'].map((text, place) => ({ text, label: place < 4 ? 0 : 1 }));
    const tried = [0, 1, 1, null, 1].map((rankedAs, place) => ({ place, rankedAs }));
    expect(toQuality(tried, documents, ['water', 'permit'], 7)).toEqual({
      measuredAt: 7,
      entries: [
        { id: 'water', phrasings: 4, rightShare: 0.25, confusedWith: [{ id: 'permit', count: 2, example: 'b' }] },
        { id: 'permit', phrasings: 1, rightShare: 1, confusedWith: [] },
      ],
    });
  });

  it('is measured with the thresholds, shows twins as confused, and is kept with them', () => {
    const some = entries.slice(0, 8);
    const [first] = some;
    if (first === undefined) throw new Error('nothing is shipped');
    // The same wordings under two entries: half of the held-out ones go to the other.
    const twin = { ...first, id: 'twin' };
    const { calibration, quality } = buildMatcher([...some, twin], none, lexicon, { at: 5 });
    expect(quality.measuredAt).toBe(5);
    expect(quality.entries).toHaveLength(9);
    const [worst] = quality.entries;
    expect([first.id, 'twin']).toContain(worst?.id);
    expect(worst?.rightShare).toBeLessThan(0.7);
    const other = worst?.id === 'twin' ? first.id : 'twin';
    expect(worst?.confusedWith[0]?.id).toBe(other);
    expect(textsOf(first)).toContain(worst?.confusedWith[0]?.example);
    const right = quality.entries.map(({ rightShare }) => rightShare);
    expect(right).toEqual([...right].sort((one, next) => one - next));
    const again = buildMatcher(some, none, lexicon, { at: 6, learned: { calibration, quality } });
    expect(again.quality).toEqual(quality);
  });
});
