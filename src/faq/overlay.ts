import type { LexiconIndex } from './lexicon.ts';
import { toComparedWords } from './lexicon.ts';
import type { FaqModel } from './model.ts';
import type { PhrasingsByClass } from './nearest-phrasing.ts';
import { groupByClass } from './nearest-phrasing.ts';
import type { SparseMatrix } from './sparse.ts';
import { toMatrix } from './sparse.ts';
import { textsOf } from './texts-of.ts';
import type { FaqEntry } from './types.ts';
import { featureNames, isKnown, weigh } from './vocabulary.ts';

/**
 * Edits that the fitted model does not know yet: changed and new entries are matched by their nearest phrasing alone, and their old
 * selves and what was removed are hidden. Made in milliseconds, so that an edit is live at once.
 */
export interface Overlay {
  readonly hidden: ReadonlySet<number>;
  readonly entryIds: readonly string[];
  readonly phrasings: readonly string[];
  readonly matrix: SparseMatrix;
  readonly byClass: PhrasingsByClass;
  /** Features that only the edits hold, numbered after the model's. */
  readonly newFeatures: ReadonlyMap<number, number>;
}

export function createOverlay(
  model: FaqModel,
  lexicon: LexiconIndex,
  changed: readonly FaqEntry[],
  removedIds: ReadonlySet<string>,
): Overlay {
  const changedIds = new Set(changed.map(({ id }) => id));
  const hidden = new Set<number>();
  model.entryIds.forEach((id, label) => {
    if (changedIds.has(id) || removedIds.has(id)) hidden.add(label);
  });
  const documents = changed.flatMap((entry, label) =>
    textsOf(entry).map((text) => ({ text, label, words: toComparedWords(text, lexicon) })),
  );
  const newFeatures = new Map<number, number>();
  for (const { words } of documents) {
    for (const name of featureNames(words)) {
      if (!isKnown(model.vocabulary, name) && !newFeatures.has(name)) {
        newFeatures.set(name, model.vocabulary.rarity.length + newFeatures.size);
      }
    }
  }
  return {
    hidden,
    entryIds: changed.map(({ id }) => id),
    phrasings: documents.map(({ text }) => text),
    matrix: toMatrix(documents.map(({ words }) => weigh(words, model.vocabulary, newFeatures).vector)),
    byClass: groupByClass(
      Int32Array.from(documents, ({ label }) => label),
      changed.length,
    ),
    newFeatures,
  };
}
