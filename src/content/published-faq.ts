import { joinPhrasings, type FaqEntry } from '../domain/faq.ts';
import type { FaqSources } from '../faq/types.ts';
import type { FaqRepository, StoredFaqEntry, StoredFaqWords } from '../ports/content-repositories.ts';

/** The FAQ as the store has it, and the revision at which (or shortly before which) it was read. */
export interface PublishedFaq {
  readonly sources: FaqSources;
  readonly revision: string;
  /** What it was read from, to read only news the next time. */
  readonly rows: FaqRows;
}

interface FaqRows {
  /** By id, removed ones too; `entry` joins what was learnt, and is the same object as long as its version is. */
  readonly entries: ReadonlyMap<string, { readonly stored: StoredFaqEntry; readonly entry: FaqEntry }>;
  readonly words: StoredFaqWords | null;
}

/**
 * Reads the FAQ; of one that was read `before` only what changed since, so that an edit among twenty thousand phrasings costs no more than
 * the edit. What did not change comes back as the same objects.
 */
export async function readPublishedFaq(faq: FaqRepository, before?: PublishedFaq): Promise<PublishedFaq> {
  // First: a change that comes while entries are read makes another revision, and is read again.
  const revision = await faq.revision();
  const rows = before === undefined ? await readAll(faq) : await readNews(faq, before.rows);
  return { revision, rows, sources: toSources(rows, before) };
}

/** What the store will hold once the files have seeded it and nobody has edited: what the shipped model is built from. */
export function toSeededSources({ entries, none, lexicon }: FaqSources): FaqSources {
  return { entries: toSorted(entries.map((entry) => join({ entry, learned: {} }))), none: [...new Set(none)], lexicon };
}

async function readAll(faq: FaqRepository): Promise<FaqRows> {
  const stored = await faq.entries();
  return {
    entries: new Map(stored.map((one) => [one.entry.id, { stored: one, entry: join(one) }])),
    words: await faq.words(),
  };
}

/** Rows are written a little out of order where processes write at the same time: a whole page without news ends the search. */
async function readNews(faq: FaqRepository, known: FaqRows): Promise<FaqRows> {
  const entries = new Map(known.entries);
  let { words } = known;
  for await (const page of faq.changes()) {
    let hasNews = false;
    for (const change of page) {
      if (change.kind === 'words') {
        if (change.stored.version === words?.version) continue;
        words = change.stored;
      } else {
        const { stored } = change;
        if (stored.version === entries.get(stored.entry.id)?.stored.version) continue;
        entries.set(stored.entry.id, { stored, entry: join(stored) });
      }
      hasNews = true;
    }
    if (!hasNews) break;
  }
  return { entries, words };
}

/** What a matcher is built from: entries that are not removed, by id so that equal content is the same. */
function toSources({ entries, words }: FaqRows, before: PublishedFaq | undefined): FaqSources {
  const isKnown = before !== undefined && words === before.rows.words;
  const { none, lexicon } = isKnown ? before.sources : toWords(words);
  const there = [...entries.values()].filter(({ stored }) => stored.removed === undefined);
  return { entries: toSorted(there.map(({ entry }) => entry)), none, lexicon };
}

function toWords(words: StoredFaqWords | null): Pick<FaqSources, 'none' | 'lexicon'> {
  if (words === null) return { none: [], lexicon: { words: {}, greetings: [], politeness: [] } };
  const removed = new Set(words.removedNone);
  return {
    none: [...new Set([...words.none.filter((line) => !removed.has(line)), ...words.addedNone])],
    lexicon: words.lexicon,
  };
}

function join({ entry, learned }: Pick<StoredFaqEntry, 'entry' | 'learned'>): FaqEntry {
  return { ...entry, phrasings: joinPhrasings(entry.phrasings, learned) };
}

function toSorted(entries: readonly FaqEntry[]): FaqEntry[] {
  return [...entries].sort((left, right) => (left.id < right.id ? -1 : 1));
}
