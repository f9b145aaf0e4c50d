import { createHash } from 'node:crypto';
import { Duplicate, VersionConflict } from '../domain/errors.ts';
import type { FaqEntry } from '../domain/faq.ts';
import type { Log } from '../ports/log.ts';
import type { FaqRepository, StoredFaqEntry, StoredFaqWords } from '../ports/content-repositories.ts';
import type { Content } from './read-content.ts';

/** Brings the files' FAQ into the store: what nobody edited is updated (or removed with its file), what somebody edited stays. */
export async function seedFaq(faq: FaqRepository, content: Content['faq'], log: Log): Promise<void> {
  // Before the entries: the newest rows are read often, and this one is large.
  const words = seedWords(content, await faq.words());
  if (words !== null) await unlessSomebodyElseDid(() => faq.saveWords(words));
  const stored = new Map((await faq.entries()).map((one) => [one.entry.id, one]));
  for (const entry of content.entries) {
    const known = stored.get(entry.id);
    const seeded = seedEntry(entry, known);
    if (seeded === 'left-out') log.warn({ entryId: entry.id }, 'a FAQ entry was edited here: its update was left out');
    else if (seeded !== null) await unlessSomebodyElseDid(() => faq.saveEntry(seeded));
  }
  const ids = new Set(content.entries.map(({ id }) => id));
  for (const one of stored.values()) {
    if (ids.has(one.entry.id) || one.edited || one.removed !== undefined) continue;
    await unlessSomebodyElseDid(() => faq.saveEntry({ ...one, removed: 'with-files', version: one.version + 1 }));
  }
}

/** What to save for an entry of the files; null when nothing is to be done, `left-out` when an edit made here stands before news. */
function seedEntry(
  entry: FaqEntry,
  stored: StoredFaqEntry | undefined,
): Omit<StoredFaqEntry, 'changedAt'> | 'left-out' | null {
  const seed = hashOf(entry);
  if (stored === undefined) return { entry, learned: {}, seed, version: 1 };
  if (stored.edited) return stored.seed === seed ? null : 'left-out';
  if (stored.seed === seed && stored.removed === undefined) return null;
  const { learned, version } = stored;
  return { entry, learned, seed, version: version + 1 };
}

function seedWords(
  { none, lexicon }: Content['faq'],
  stored: StoredFaqWords | null,
): Omit<StoredFaqWords, 'changedAt'> | null {
  const seed = hashOf({ none, lexicon });
  if (stored === null) return { none, addedNone: [], lexicon, seed, version: 1 };
  if (stored.seed === seed) return null;
  const { changedAt: _changedAt, ...kept } = stored;
  // An edited one stays; a page on which an admin edits the old one must not put it back.
  const news = kept.edited ? {} : { lexicon, lexiconVersion: (kept.lexiconVersion ?? 1) + 1 };
  return { ...kept, ...news, none, seed, version: stored.version + 1 };
}

/** Another process that starts at the same time seeds the same, and an admin's edit goes before. */
async function unlessSomebodyElseDid(save: () => Promise<unknown>): Promise<void> {
  try {
    await save();
  } catch (error) {
    if (!(error instanceof Duplicate || error instanceof VersionConflict)) throw error;
  }
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
