import { AppError } from '../domain/errors.ts';
import type { Lexicon } from '../domain/faq.ts';
import type { OfficerId } from '../domain/ids.ts';
import { findLexiconProblem } from '../faq/lexicon-problem.ts';
import { normalise } from '../faq/normalise.ts';
import type { Clock } from '../ports/clock.ts';
import type { FaqRepository, StoredFaqWords } from '../ports/content-repositories.ts';
import type { Repositories } from '../ports/repositories.ts';
import { retryConflicts } from './retry-conflicts.ts';

/** More lines would slow every build, and teach little more. */
const mostNoneLines = 5_000;

export interface ShownLexicon {
  readonly lexicon: Lexicon;
  /** Of the lexicon alone; lines of none change without it. */
  readonly version: number;
  /** An admin changed it: upgrades leave it as it is. */
  readonly isEdited: boolean;
}

/** A text that no entry answers. */
export interface NoneLine {
  /** Tells nothing of the text. */
  readonly id: string;
  readonly text: string;
  readonly origin: 'files' | 'admin';
}

/** What admins do with the words of the FAQ. Every change is live in this process when it resolves; `by` stands in the audit. */
export interface FaqWordsDesk {
  lexicon(): Promise<ShownLexicon>;
  /** `version` is the one that was read. @throws AppError `version-conflict`, `payload-invalid` naming what is wrong */
  saveLexicon(by: OfficerId, version: number, lexicon: Lexicon): Promise<ShownLexicon>;
  none(): Promise<NoneLine[]>;
  /** Those that are there in another spelling are left out; gives what was added. @throws AppError `payload-invalid`, `too-large` */
  addNone(by: OfficerId, texts: readonly string[]): Promise<NoneLine[]>;
  /** For ever, also where the files gave it. @throws AppError `not-found` */
  removeNone(by: OfficerId, id: string): Promise<void>;
}

export function createFaqWordsDesk(dependencies: {
  repositories: Pick<Repositories, 'faq' | 'audit' | 'ids'>;
  /** Makes what was stored live. */
  contentChanged: () => Promise<void>;
  clock: Clock;
}): FaqWordsDesk {
  const { repositories, contentChanged, clock } = dependencies;
  const store = repositories.faq;

  const toLine = (origin: NoneLine['origin']) => (text: string) => ({
    ...{ id: repositories.ids.event(['faq none', text]), text, origin },
  });
  const linesOf = (words: StoredFaqWords): NoneLine[] => {
    const { fromFiles, fromAdmins } = noneLines(words);
    return [...fromAdmins.map(toLine('admin')), ...fromFiles.map(toLine('files'))];
  };

  async function done(by: OfficerId, action: string, subjectIds: readonly string[]): Promise<void> {
    const subjects = subjectIds.length > 0 ? { subjectIds } : {};
    await repositories.audit.record({ at: clock.now(), officerId: by, action, ...subjects });
    await contentChanged();
  }

  return {
    lexicon: async () => toShown(await existingWords(store)),
    async saveLexicon(by, version, lexicon) {
      const problem = findLexiconProblem(lexicon);
      if (problem !== null) throw new AppError('payload-invalid', problem);
      const saved = await retryConflicts(async () => {
        const words = await existingWords(store);
        // No `VersionConflict`: that of the lexicon is for the admin, that of the document is tried again.
        if ((words.lexiconVersion ?? 1) !== version)
          throw new AppError('version-conflict', 'Somebody else changed the lexicon: load it again.');
        return store.saveWords({ ...next(words), lexicon, edited: true, lexiconVersion: version + 1 });
      });
      await done(by, 'faq-lexicon-updated', []);
      return toShown(saved);
    },
    none: async () => linesOf(await existingWords(store)),
    async addNone(by, texts) {
      const added = await retryConflicts(async () => {
        const words = await existingWords(store);
        const changed = withNoneLines(words, texts);
        if (changed === words) return [];
        await store.saveWords(next(changed));
        const before = new Set(linesOf(words).map(({ id }) => id));
        return linesOf(changed).filter(({ id }) => !before.has(id));
      });
      if (added.length > 0) {
        const ids = added.map(({ id }) => id);
        await done(by, 'faq-none-added', ids);
      }
      return added;
    },
    async removeNone(by, id) {
      await retryConflicts(async () => {
        const words = await existingWords(store);
        const line = linesOf(words).find((one) => one.id === id);
        if (line === undefined) throw new AppError('not-found', 'There is no such line.');
        const { text } = line;
        const removed = words.none.includes(text) ? { removedNone: [...(words.removedNone ?? []), text] } : {};
        const addedNone = words.addedNone.filter((one) => one !== text);
        await store.saveWords({ ...next(words), ...removed, addedNone });
      });
      await done(by, 'faq-none-removed', [id]);
    },
  };
}

/** @throws AppError `not-found` */
export async function existingWords(store: Pick<FaqRepository, 'words'>): Promise<StoredFaqWords> {
  const words = await store.words();
  if (words === null) throw new AppError('not-found', 'The FAQ was not seeded.');
  return words;
}

/** What to save in place of it. */
export function next({ changedAt: _changedAt, ...words }: StoredFaqWords): Omit<StoredFaqWords, 'changedAt'> {
  return { ...words, version: words.version + 1 };
}

/**
 * The words with more lines of none; the same object where all were there, in whatever spelling. A line of the files that was removed comes
 * back. @throws AppError `payload-invalid` for a line that says nothing, `too-large`
 */
export function withNoneLines(words: StoredFaqWords, texts: readonly string[]): StoredFaqWords {
  const { fromFiles, fromAdmins } = noneLines(words);
  const known = new Set([...fromFiles, ...fromAdmins].map(normalise));
  const added: string[] = [];
  for (const text of texts) {
    const name = normalise(text);
    if (name === '') throw new AppError('payload-invalid', 'expected a line with a word or a number in it');
    if (!known.has(name)) added.push(text);
    known.add(name);
  }
  if (added.length === 0) return words;
  const ofFiles = new Set(words.none);
  const addedNone = [...words.addedNone, ...added.filter((text) => !ofFiles.has(text))];
  if (addedNone.length > mostNoneLines)
    throw new AppError('too-large', `At most ${mostNoneLines} questions may be added to none.`);
  const removedNone = (words.removedNone ?? []).filter((text) => !added.includes(text));
  return { ...words, addedNone, removedNone };
}

function noneLines(words: StoredFaqWords): { fromFiles: string[]; fromAdmins: readonly string[] } {
  const removed = new Set(words.removedNone);
  const ofAdmins = new Set(words.addedNone);
  return {
    fromFiles: words.none.filter((line) => !removed.has(line) && !ofAdmins.has(line)),
    fromAdmins: words.addedNone,
  };
}

function toShown({ lexicon, lexiconVersion = 1, edited }: StoredFaqWords): ShownLexicon {
  return { lexicon, version: lexiconVersion, isEdited: edited === true };
}
