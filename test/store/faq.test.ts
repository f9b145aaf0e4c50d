import { describe, expect, it } from 'vitest';
import { Duplicate, VersionConflict } from '../../src/domain/errors.ts';
import type { FaqEntry } from '../../src/domain/faq.ts';
import { openRepositories } from '../../src/store/repositories.ts';
import { storeKinds } from '../support/open-test-store.ts';
import { now, secretKey } from './samples.ts';

const entry = (id: string): FaqEntry => ({
  id,
  topic: 'services',
  question: { ar: 'متى توزعون الماء؟', en: 'When do you deliver?' },
  answer: { ar: 'في اليوم الذي نتفق عليه.' },
  phrasings: { ar: ['متى تجون', 'وقت التوزيع'], en: [] },
});
const clock = { now: () => now, after: () => () => {} };

describe.each(storeKinds)('the FAQ on $name', (kind) => {
  const setUp = async () => {
    const { store } = await kind.open();
    const open = async () => (await openRepositories({ store, secretKey, clock })).faq;
    return { faq: await open(), elsewhere: await open() };
  };

  it('keeps entries by id with what was learnt, removed ones too', async () => {
    const { faq } = await setUp();
    expect(await faq.entries()).toEqual([]);
    expect(await faq.entry('b')).toBeNull();
    const b = await faq.saveEntry({ entry: entry('b'), learned: {}, version: 1 });
    await faq.saveEntry({ entry: entry('a'), learned: { ar: ['وش وقتكم'] }, seed: 'hash', version: 1 });
    expect(b).toEqual({ entry: entry('b'), learned: {}, version: 1, changedAt: now });
    await faq.saveEntry({ ...b, removed: 'by-admin', version: 2 });
    expect((await faq.entries()).map((one) => [one.entry.id, one.version, one.seed, one.removed])).toEqual([
      ['a', 1, 'hash', undefined],
      ['b', 2, undefined, 'by-admin'],
    ]);
    expect(await faq.entry('a')).toMatchObject({ entry: entry('a'), learned: { ar: ['وش وقتكم'] } });
  });

  it('lets one only of two writers have a version', async () => {
    const { faq, elsewhere } = await setUp();
    const first = await faq.saveEntry({ entry: entry('a'), learned: {}, version: 1 });
    await expect(elsewhere.saveEntry({ entry: entry('a'), learned: {}, version: 1 })).rejects.toThrow(Duplicate);
    await faq.saveEntry({ ...first, version: 2 });
    await expect(elsewhere.saveEntry({ ...first, version: 2 })).rejects.toThrow(VersionConflict);
  });

  it('keeps the words beside the entries', async () => {
    const { faq } = await setUp();
    expect(await faq.words()).toBeNull();
    const words = {
      none: ['كم سعر الذهب'],
      addedNone: [],
      lexicon: { words: { ماء: ['مويه'] }, greetings: [], politeness: [] },
    };
    const kept = await faq.saveWords({ ...words, seed: 'hash', version: 1 });
    await faq.saveWords({ ...kept, addedNone: ['طقس اليوم'], version: 2 });
    expect(await faq.words()).toEqual({ ...kept, addedNone: ['طقس اليوم'], version: 2, changedAt: now + 1 });
    expect(await faq.entries()).toEqual([]);
  });

  it('has another revision after every change, seen from anywhere', async () => {
    const { faq, elsewhere } = await setUp();
    const seen = [await elsewhere.revision()];
    const look = async () => seen.push(await elsewhere.revision());
    const saved = [];
    for (let number = 0; number < 12; number += 1) {
      saved.push(await faq.saveEntry({ entry: entry(`e${number}`), learned: {}, version: 1 }));
      await look();
    }
    for (const one of saved.slice(0, 2)) {
      await faq.saveEntry({ ...one, version: 2 });
      await look();
    }
    await faq.saveWords({ none: [], addedNone: [], lexicon: { words: {}, greetings: [], politeness: [] }, version: 1 });
    await look();
    expect(new Set(seen).size).toBe(seen.length);
    await look();
    expect(seen.at(-1)).toBe(seen.at(-2));
  });

  it('remembers which questions were reviewed', async () => {
    const { faq } = await setUp();
    const many = Array.from({ length: 1200 }, (_, number) => `q${number}`);
    await faq.markReviewed(many, now);
    await faq.markReviewed(['q1', 'other'], now + 1);
    expect(await faq.reviewed(['q1', 'q2', 'unknown', 'other'])).toEqual(new Set(['q1', 'q2', 'other']));
    expect((await faq.reviewed(many)).size).toBe(1200);
    expect((await faq.reviewed([])).size).toBe(0);
  });
});
