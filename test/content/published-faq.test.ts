import { describe, expect, it } from 'vitest';
import { readPublishedFaq } from '../../src/content/published-faq.ts';
import type { FaqRepository } from '../../src/ports/content-repositories.ts';
import { openRepositories } from '../../src/store/repositories.ts';
import { openTemporaryStore, testSecretKey } from '../support/world.ts';

const entryOf = (id: string) => ({ id, topic: 't', question: { en: `what is ${id}` }, answer: {}, phrasings: {} });
const lexicon = { words: {}, greetings: [], politeness: [] };

async function withFaq(test: (faq: FaqRepository) => Promise<void>): Promise<void> {
  const opened = await openTemporaryStore();
  const { faq } = await openRepositories({ store: opened.store, secretKey: testSecretKey });
  for (let place = 100; place < 130; place++)
    await faq.saveEntry({ entry: entryOf(`e${place}`), learned: {}, version: 1 });
  await faq.saveWords({ none: ['rent'], addedNone: [], lexicon, version: 1 });
  await test(faq);
  await opened.store.close();
  await opened.remove();
}

describe('the FAQ read again', () => {
  it('is what a first reading would give, and the same objects where nothing changed', () =>
    withFaq(async (faq) => {
      const before = await readPublishedFaq(faq);
      await faq.saveEntry({ entry: entryOf('e105'), learned: { en: ['five'] }, version: 2 });
      await faq.saveEntry({ entry: entryOf('e107'), learned: {}, removed: 'by-admin', version: 2 });
      for (let place = 200; place < 225; place++)
        await faq.saveEntry({ entry: entryOf(`e${place}`), learned: {}, version: 1 });
      const again = await readPublishedFaq(faq, before);
      const afresh = await readPublishedFaq(faq);
      expect(again.sources).toEqual(afresh.sources);
      expect(again.revision).toBe(afresh.revision);
      expect(again.sources.entries).toHaveLength(54);
      const [one, other] = [before, again].map(({ sources }) => sources.entries.find(({ id }) => id === 'e106'));
      expect(one).toBe(other);
      expect(again.sources.none).toBe(before.sources.none);
      expect(again.sources.entries.find(({ id }) => id === 'e105')?.phrasings).toEqual({ en: ['five'] });
    }));

  it('reads the words anew when they changed, without what admins took out', () =>
    withFaq(async (faq) => {
      const before = await readPublishedFaq(faq);
      const words = { none: ['rent', 'gold'], addedNone: ['salt'], removedNone: ['rent'], lexicon, version: 2 };
      await faq.saveWords(words);
      expect((await readPublishedFaq(faq, before)).sources.none).toEqual(['gold', 'salt']);
    }));

  it('reads no more than a page when nothing is new', () =>
    withFaq(async (faq) => {
      const before = await readPublishedFaq(faq);
      let rows = 0;
      const counted: FaqRepository = {
        ...faq,
        async *changes() {
          for await (const page of faq.changes()) {
            rows += page.length;
            yield page;
          }
        },
      };
      await readPublishedFaq(counted, before);
      expect(rows).toBe(10);
    }));
});
