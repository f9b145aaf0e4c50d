import { joinPhrasings } from '../domain/faq.ts';
import type { FaqSources } from '../faq/types.ts';
import type { FaqRepository, StoredFaqEntry, StoredFaqWords } from '../ports/repositories.ts';

/** The FAQ as the store has it, and the revision at which (or shortly before which) it was read. */
export interface PublishedFaq {
  readonly sources: FaqSources;
  readonly revision: string;
}

export async function readPublishedFaq(faq: FaqRepository): Promise<PublishedFaq> {
  // First: a change that comes while entries are read makes another revision, and is read again.
  const revision = await faq.revision();
  return { revision, sources: toSources(await faq.entries(), await faq.words()) };
}

/** What a matcher is built from: entries that are not removed, with what was learnt. */
function toSources(entries: readonly StoredFaqEntry[], words: StoredFaqWords | null): FaqSources {
  return {
    entries: entries
      .filter(({ removed }) => removed === undefined)
      .map(({ entry, learned }) => ({ ...entry, phrasings: joinPhrasings(entry.phrasings, learned) })),
    none: words === null ? [] : [...new Set([...words.none, ...words.addedNone])],
    lexicon: words?.lexicon ?? { words: {}, greetings: [], politeness: [] },
  };
}
