import type { Edits } from './overlay.ts';
import type { FaqEntry, FaqSources } from './types.ts';

/** What a matcher must learn to get from one state of the FAQ to another; null when nothing. Answers and topics do not count. */
export function changesBetween(before: FaqSources, after: FaqSources): Edits | null {
  if (before === after) return null;
  const known = new Map(before.entries.map((entry) => [entry.id, entry]));
  const ids = new Set(after.entries.map(({ id }) => id));
  const changed = after.entries.filter((entry) => !hasSameWordings(known.get(entry.id), entry));
  const removedIds = new Set([...known.keys()].filter((id) => !ids.has(id)));
  const knownNone = new Set(before.none);
  const addedNone = before.none === after.none ? [] : after.none.filter((line) => !knownNone.has(line));
  const hasSameLexicon =
    before.lexicon === after.lexicon || JSON.stringify(before.lexicon) === JSON.stringify(after.lexicon);
  const removedNoneCount = addedNone.length + before.none.length - after.none.length;
  if (changed.length + removedIds.size + addedNone.length + removedNoneCount === 0 && hasSameLexicon) return null;
  return { changed, removedIds, addedNone, lexicon: hasSameLexicon ? null : after.lexicon };
}

function hasSameWordings(before: FaqEntry | undefined, after: FaqEntry): boolean {
  if (before === undefined) return false;
  if (before === after) return true;
  const wordings = ({ question, phrasings }: FaqEntry): string => JSON.stringify([question, phrasings]);
  return wordings(before) === wordings(after);
}
