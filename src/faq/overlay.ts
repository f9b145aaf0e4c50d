import type { FreshTexts } from './fresh-texts.ts';
import { compileFreshTexts } from './fresh-texts.ts';
import type { LexiconIndex } from './lexicon.ts';
import { indexLexicon } from './lexicon.ts';
import type { FaqModel } from './model.ts';
import { textsOf } from './texts-of.ts';
import type { FaqEntry, Lexicon } from './types.ts';
import { LONGEST_QUESTION } from './types.ts';
import type { Steps } from './steps.ts';
import { weigh } from './vocabulary.ts';

/** What was edited since a model was built. */
export interface Edits {
  /** Changed and new entries, as they are now. */
  readonly changed: readonly FaqEntry[];
  readonly removedIds: ReadonlySet<string>;
  readonly addedNone: readonly string[];
  /** Null: that of the model. */
  readonly lexicon: Lexicon | null;
}

/** Edits made ready to be ranked beside a model that does not know them. */
export interface Overlay {
  /** Classes of the model whose entries were changed or removed. */
  readonly hidden: ReadonlySet<number>;
  readonly entries: readonly FreshTexts[];
  /** Lines of none that were added; removed ones stay known until the next build. */
  readonly none: FreshTexts | null;
  /** Features that only the edits hold, numbered after the model's. */
  readonly newFeatures: ReadonlyMap<number, number>;
  readonly lexicon: LexiconIndex;
}

/**
 * Makes overlays over one model, whose lexicon is `ownLexicon`. An entry is fitted once, at the first overlay that holds that object: some
 * fifty milliseconds of cold code among twenty thousand phrasings, in steps of a few at most.
 */
export function createOverlayMaker(model: FaqModel, ownLexicon: LexiconIndex): (edits: Edits) => Steps<Overlay> {
  const newFeatures = new Map<number, number>();
  const lexicons = new WeakMap<Lexicon, LexiconIndex>();
  // By the lexicon they were read through.
  const compiled = new WeakMap<LexiconIndex, WeakMap<object, FreshTexts>>();

  return function* ({ changed, removedIds, addedNone, lexicon }) {
    const changedIds = new Set(changed.map(({ id }) => id));
    const hidden = new Set<number>();
    model.entryIds.forEach((id, label) => {
      if (changedIds.has(id) || removedIds.has(id)) hidden.add(label);
    });
    const index = lexicon === null ? ownLexicon : memoised(lexicons, lexicon, () => indexForModel(lexicon, model));
    const known = memoised(compiled, index, () => new WeakMap<object, FreshTexts>());
    yield;
    const compile = function* (key: object, id: string, texts: readonly string[], ownLabel: number): Steps<FreshTexts> {
      const compiled = known.get(key);
      if (compiled !== undefined) return compiled;
      const fresh = yield* compileFreshTexts({ id, texts, model, index, hidden, ownLabel, newFeatures });
      known.set(key, fresh);
      return fresh;
    };
    const entries: FreshTexts[] = [];
    for (const entry of changed)
      entries.push(yield* compile(entry, entry.id, textsOf(entry), model.entryIds.indexOf(entry.id)));
    const none =
      addedNone.length === 0
        ? null
        : yield* compile(addedNone, '', addedNone.slice(-MOST_NONE).map(cut), model.entryIds.length);
    return { hidden, entries, none, newFeatures, lexicon: index };
  };
}

/** More added lines than this wait for the next build. */
const MOST_NONE = 200;

function cut(text: string): string {
  return text.slice(0, LONGEST_QUESTION);
}

/**
 * The lexicon as queries can be read by it before the phrasings are: a word whose common word the model has never seen stays as it is, since
 * the model may know it under its own name.
 */
function indexForModel(lexicon: Lexicon, model: FaqModel): LexiconIndex {
  const index = indexLexicon(lexicon);
  const isKnown = (word: string): boolean => weigh([word], model.vocabulary).known >= KNOWN_ENOUGH;
  return { ...index, synonyms: new Map([...index.synonyms].filter(([, canonical]) => isKnown(canonical))) };
}

const KNOWN_ENOUGH = 0.6;

function memoised<Key extends object, Value>(cache: WeakMap<Key, Value>, key: Key, make: () => Value): Value {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const value = make();
  cache.set(key, value);
  return value;
}
