import type { Tried } from './calibrate.ts';

/** How well held-out phrasings found their entries, when the thresholds were learned last. */
export interface Quality {
  /** Milliseconds since 1970; null for a model that came with the build. */
  readonly measuredAt: number | null;
  /** Entries none of whose phrasings were tried are absent. */
  readonly entries: readonly EntryQuality[];
}

export interface EntryQuality {
  readonly id: string;
  /** Tried phrasings: all of a small FAQ, a fifth of one with more than 4,000. */
  readonly phrasings: number;
  /** The share of them that ranked this entry first, 0 to 1. */
  readonly rightShare: number;
  /** What was ranked first instead, the commonest first; `example` is a phrasing of this entry. */
  readonly confusedWith: readonly { readonly id: string; readonly count: number; readonly example: string }[];
}

/** Entries that an entry is confused with are named up to this many. */
const MOST_CONFUSED = 5;

export function toQuality(
  tried: readonly Tried[],
  documents: readonly { readonly text: string; readonly label: number }[],
  entryIds: readonly string[],
  measuredAt: number | null,
): Quality {
  const byEntry = new Map<number, { right: number; count: number; confused: Map<number, string[]> }>();
  for (const { place, rankedAs } of tried) {
    const { text, label } = documents[place]!;
    const entry = byEntry.get(label) ?? { right: 0, count: 0, confused: new Map<number, string[]>() };
    byEntry.set(label, entry);
    entry.count += 1;
    if (rankedAs === label) entry.right += 1;
    else if (rankedAs !== null) entry.confused.set(rankedAs, [...(entry.confused.get(rankedAs) ?? []), text]);
  }
  const entries = [...byEntry].map(([label, { right, count, confused }]) => ({
    id: entryIds[label]!,
    phrasings: count,
    rightShare: right / count,
    confusedWith: [...confused]
      .map(([other, texts]) => ({ id: entryIds[other]!, count: texts.length, example: texts[0]! }))
      .sort((one, other) => other.count - one.count)
      .slice(0, MOST_CONFUSED),
  }));
  return { measuredAt, entries: entries.sort((one, other) => one.rightShare - other.rightShare) };
}
