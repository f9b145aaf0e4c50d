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

/** What the store will hold once the files have seeded it and nobody has edited: what the shipped model is built from. */
export function toSeededSources({ entries, none, lexicon }: FaqSources): FaqSources {
  return toSources(
    entries.map((entry) => ({ entry, learned: {} })),
    { none, addedNone: [], lexicon },
  );
}

/** What a matcher is built from: entries that are not removed, with what was learnt, by id so that equal content is the same. */
function toSources(
  entries: readonly Pick<StoredFaqEntry, 'entry' | 'learned' | 'removed'>[],
  words: Pick<StoredFaqWords, 'none' | 'addedNone' | 'lexicon'> | null,
): FaqSources {
  return {
    entries: entries
      .filter(({ removed }) => removed === undefined)
      .map(({ entry, learned }) => ({ ...entry, phrasings: joinPhrasings(entry.phrasings, learned) }))
      .sort((left, right) => (left.id < right.id ? -1 : 1)),
    none: words === null ? [] : [...new Set([...words.none, ...words.addedNone])],
    lexicon: words?.lexicon ?? { words: {}, greetings: [], politeness: [] },
  };
}
