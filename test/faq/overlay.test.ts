import { describe, expect, it } from 'vitest';
import { buildMatcher } from '../../src/faq/build-matcher.ts';
import { DEFAULT_CALIBRATION } from '../../src/faq/calibrate.ts';
import type { RankingMatcher } from '../../src/faq/load-matcher.ts';
import { loadMatcher } from '../../src/faq/load-matcher.ts';
import type { FaqEntry } from '../../src/faq/types.ts';
import { finish } from '../../src/faq/steps.ts';
import { readShippedSources } from './shipped-sources.ts';

const { entries, none, lexicon } = readShippedSources();
const load = (from: readonly FaqEntry[]): RankingMatcher =>
  loadMatcher(
    buildMatcher(from, none, lexicon, {
      learned: { calibration: DEFAULT_CALIBRATION, quality: { measuredAt: null, entries: [] } },
    }),
  );
const isRight = (matcher: RankingMatcher, text: string, id: string): boolean =>
  matcher.explain(text).candidates[0]?.entryId === id;

describe('entries that were edited since the model was built', () => {
  const isFresh = (place: number): boolean => place % 6 === 0;
  const isHeldOut = (place: number): boolean => place % 4 === 0;
  const split = entries.map((entry) => ({
    id: entry.id,
    given: { ...entry, phrasings: { ar: (entry.phrasings.ar ?? []).filter((_, place) => !isHeldOut(place)) } },
    heldOut: (entry.phrasings.ar ?? []).filter((_, place) => isHeldOut(place)),
  }));
  const [fresh, known] = [split.filter((_, place) => isFresh(place)), split.filter((_, place) => !isFresh(place))];
  const fitted = load(split.map(({ given }) => given));
  const stale = load(known.map(({ given }) => given));
  const withEdits = (changed: readonly FaqEntry[], removedIds: ReadonlySet<string> = new Set()): RankingMatcher =>
    finish(stale.withEdits({ changed, removedIds, addedNone: [], lexicon: null }));
  const edited = withEdits(fresh.map(({ given }) => given));
  const countRight = (matcher: RankingMatcher, asked: typeof split): number =>
    asked.flatMap(({ id, heldOut }) => heldOut.filter((text) => isRight(matcher, text, id))).length;

  it('are found by wordings they were not given nearly as well as after the next build', () => {
    expect(countRight(fitted, fresh)).toBeGreaterThan(60);
    expect(countRight(edited, fresh)).toBeGreaterThanOrEqual(0.9 * countRight(fitted, fresh));
  });

  it('take hardly any question of the others', () => {
    expect(countRight(edited, known)).toBeGreaterThanOrEqual(0.97 * countRight(fitted, known));
  });

  it('hide what they were before, and what was removed', () => {
    const [first, second] = known;
    if (first === undefined || second === undefined) throw new Error('too few entries');
    const changed = { ...first.given, question: { ar: 'زرافة' }, phrasings: {} };
    const matcher = withEdits([changed], new Set([second.id]));
    const found = first.heldOut.map((text) => matcher.match(text));
    expect(found.filter((match) => match.band === 'answer' && match.entryId === first.id)).toEqual([]);
    for (const text of second.heldOut)
      expect(matcher.explain(text).candidates.map(({ entryId }) => entryId)).not.toContain(second.id);
    expect(matcher.match('زرافة')).toMatchObject({ band: 'answer', entryId: first.id, phrasing: 'زرافة' });
  });

  it('leave the matcher that was edited as it was', () => {
    const text = known[0]?.heldOut[0] ?? '';
    const before = stale.explain(text);
    edited.explain(text);
    expect(stale.explain(text)).toEqual(before);
  });
});
