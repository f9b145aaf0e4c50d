import { AppError } from '../domain/errors.ts';
import { joinPhrasings } from '../domain/faq.ts';
import type { OfficerId } from '../domain/ids.ts';
import { groupQuestions } from '../faq/group-questions.ts';
import type { FaqService } from '../faq/service.ts';
import { takeTurns } from '../faq/steps.ts';
import { LONGEST_QUESTION } from '../faq/types.ts';
import type { Clock } from '../ports/clock.ts';
import type { LearningRecord, StoredFaqEntry } from '../ports/content-repositories.ts';
import type { Repositories } from '../ports/repositories.ts';
import { existingEntry, toShown, type ShownFaqEntry } from './faq-desk.ts';
import {
  createKnownWordings,
  gatherQuestions,
  toCandidates,
  toUnanswered,
  type AskedQuestion,
  type FaqCandidate,
} from './faq-questions.ts';
import { existingWords, next, withNoneLines } from './faq-words.ts';
import { retryConflicts } from './retry-conflicts.ts';

/** Recorded questions that are looked at, newest first. */
const newestQuestions = 2_000;
/** Opening more at once would hold the event loop. */
const recordsAtOnce = 100;
const mostPhrasings = 1_000;

export interface UnansweredGroup {
  /** Times its questions were asked. */
  readonly count: number;
  readonly newestAt: number;
  /** The commonest first. */
  readonly questions: readonly { id: string; text: string; count: number; newestAt: number }[];
}

/**
 * What the FAQ learns from people, decided by officers: only what they approve is taught, and what they decided about is not shown
 * again. Looks at the newest 2,000 recorded questions. Every look and act is audited, by ids.
 */
export interface FaqReview {
  candidates(by: OfficerId, limit: number): Promise<FaqCandidate[]>;
  unanswered(by: OfficerId, limit: number): Promise<UnansweredGroup[]>;
  /**
   * Adds the questions (or `text`, in place of one of them) to an entry's phrasings; live when it resolves.
   * @throws AppError `not-found` for an entry or question that is not (or no longer) there, `payload-invalid`, `too-large`
   */
  approve(by: OfficerId, questionIds: readonly string[], to: Approval): Promise<ShownFaqEntry>;
  /** Adds the questions to what no entry answers; live when it resolves. @throws AppError `not-found`, `too-large` */
  addToNone(by: OfficerId, questionIds: readonly string[]): Promise<void>;
  /** Those that are not open any more are left as they are. */
  dismiss(by: OfficerId, questionIds: readonly string[]): Promise<void>;
}

export interface Approval {
  readonly entryId: string;
  /** Told by the script when absent. */
  readonly language?: string;
  readonly text?: string;
}

export function createFaqReview(dependencies: {
  repositories: Pick<Repositories, 'faq' | 'learning' | 'ids' | 'audit'>;
  faq: Pick<FaqService, 'sources'>;
  /** Makes what was stored live. */
  contentChanged: () => Promise<void>;
  clock: Clock;
}): FaqReview {
  const { repositories, faq, contentChanged, clock } = dependencies;
  const store = repositories.faq;

  async function record(by: OfficerId, action: string, subjectIds: readonly string[]): Promise<void> {
    await repositories.audit.record({
      at: clock.now(),
      officerId: by,
      action,
      ...(subjectIds.length > 0 ? { subjectIds } : {}),
    });
  }

  /** What people asked lately and nobody has decided about. */
  async function openQuestions(): Promise<AskedQuestion[]> {
    const toQuestionId = (normalised: string): string => repositories.ids.event(['faq question', normalised]);
    const questions = await takeTurns(gatherQuestions(await readRecords(), toQuestionId));
    const reviewed = await store.reviewed(questions.map(({ id }) => id));
    return questions.filter(({ id }) => !reviewed.has(id));
  }

  async function readRecords(): Promise<LearningRecord[]> {
    const records = new Map<string, LearningRecord>();
    let before: number | undefined;
    while (records.size < newestQuestions) {
      const bound = before === undefined ? {} : { before };
      const page = await repositories.learning.list('question', { limit: recordsAtOnce, ...bound });
      const known = records.size;
      for (const one of page) records.set(one.id, one);
      const last = page.at(-1);
      if (last === undefined || records.size === known) break;
      // Others of the same millisecond may stand behind the last one.
      before = last.at + 1;
    }
    return [...records.values()].slice(0, newestQuestions);
  }

  async function chosen(questionIds: readonly string[]): Promise<AskedQuestion[]> {
    const wanted = new Set(questionIds);
    const found = (await openQuestions()).filter(({ id }) => wanted.has(id));
    if (found.length < wanted.size)
      throw new AppError('not-found', 'Some of these questions are not open any more: load the list again.');
    return found;
  }

  async function close(by: OfficerId, action: string, questionIds: readonly string[]): Promise<void> {
    await store.markReviewed(questionIds, clock.now());
    await record(by, action, questionIds);
  }

  return {
    async candidates(by, limit) {
      const candidates = toCandidates(await openQuestions(), createKnownWordings(faq.sources().entries));
      await record(by, 'faq-questions-read', []);
      return candidates.slice(0, limit);
    },
    async unanswered(by, limit) {
      const questions = toUnanswered(await openQuestions());
      const texts = questions.map(({ text }) => text);
      const groups = await takeTurns(groupQuestions(texts, faq.sources().lexicon));
      await record(by, 'faq-questions-read', []);
      return groups
        .map((places) => toGroup(places.flatMap((place) => questions[place] ?? [])))
        .sort((one, other) => other.count - one.count || other.newestAt - one.newestAt)
        .slice(0, limit);
    },
    async approve(by, questionIds, { entryId, language, text }) {
      if (text !== undefined && questionIds.length !== 1)
        throw new AppError('payload-invalid', 'A text of your own takes the place of exactly one question.');
      const questions = await chosen(questionIds);
      const wordings = text === undefined ? questions.map((question) => question.text) : [text];
      const saved = await retryConflicts(async () => {
        const { changedAt: _changedAt, ...stored } = await existingEntry(store, entryId);
        const learned = addWordings(stored.learned, wordings, language);
        if (Object.values(learned).flat().length > mostPhrasings)
          throw new AppError('too-large', `An entry learns at most ${mostPhrasings} phrasings.`);
        return store.saveEntry({ ...stored, learned, version: stored.version + 1 });
      });
      await close(by, 'faq-questions-approved', questionIds);
      await record(by, 'faq-entry-taught', [entryId]);
      await contentChanged();
      return toShown(saved);
    },
    async addToNone(by, questionIds) {
      const questions = await chosen(questionIds);
      await retryConflicts(async () => {
        const words = await existingWords(store);
        const changed = withNoneLines(
          words,
          questions.map(({ text }) => cut(text)),
        );
        if (changed !== words) await store.saveWords(next(changed));
      });
      await close(by, 'faq-questions-added-to-none', questionIds);
      await contentChanged();
    },
    async dismiss(by, questionIds) {
      const open = new Set((await openQuestions()).map(({ id }) => id));
      const dismissed = questionIds.filter((id) => open.has(id));
      if (dismissed.length > 0) await close(by, 'faq-questions-dismissed', dismissed);
    },
  };
}

function toGroup(questions: readonly AskedQuestion[]): UnansweredGroup {
  return {
    count: questions.reduce((sum, { unanswered }) => sum + unanswered, 0),
    newestAt: Math.max(...questions.map(({ newestAt }) => newestAt)),
    questions: questions.map(({ id, text, unanswered, newestAt }) => ({ id, text, count: unanswered, newestAt })),
  };
}

function addWordings(
  learned: StoredFaqEntry['learned'],
  wordings: readonly string[],
  language: string | undefined,
): StoredFaqEntry['learned'] {
  return wordings
    .map(cut)
    .reduce((known, text) => joinPhrasings(known, { [language ?? languageOf(text)]: [text] }), learned);
}

function languageOf(text: string): string {
  return /\p{Script=Arabic}/u.test(text) ? 'ar' : 'en';
}

function cut(text: string): string {
  return text.slice(0, LONGEST_QUESTION);
}
