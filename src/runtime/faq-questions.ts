import type { FaqEntry } from '../domain/faq.ts';
import { normalise } from '../faq/normalise.ts';
import type { Steps } from '../faq/steps.ts';
import { textsOf } from '../faq/texts-of.ts';
import type { LearningRecord } from '../ports/content-repositories.ts';

/** What became of a question, each as often as it happened. */
interface Outcomes {
  /** Answered at once, and the person did not object. */
  readonly answered: number;
  /** Picked from the menu of what may have been meant. */
  readonly picked: number;
  /** «ليس هذا سؤالي» after an answer. */
  readonly rejected: number;
}

/** All that was typed alike (after normalisation), as one question. */
export interface AskedQuestion {
  /** Tells nothing of the text, and is the same whoever types it. */
  readonly id: string;
  /** As it was typed last. */
  readonly text: string;
  readonly byEntry: ReadonlyMap<string, Outcomes>;
  /** Times nothing was found, and times none of the offered entries was meant. */
  readonly unanswered: number;
  readonly noneOfThese: number;
  readonly newestAt: number;
}

/** A wording that an entry may be taught. */
export interface FaqCandidate {
  readonly id: string;
  readonly text: string;
  /** The entry that people made plain they meant; null where they only said what they did not mean. */
  readonly entryId: string | null;
  readonly rejectedEntryIds: readonly string[];
  readonly outcomes: Outcomes;
  /** Times it was asked. */
  readonly count: number;
  readonly newestAt: number;
}

/** Records (newest first) by what was typed, a record a step. Records that name no text are skipped. */
export function* gatherQuestions(
  records: readonly LearningRecord[],
  toQuestionId: (normalised: string) => string,
): Steps<AskedQuestion[]> {
  const questions = new Map<string, Counting>();
  for (const { at, body } of records) {
    yield;
    const { text, outcome, entryId } = body;
    if (typeof text !== 'string' || typeof outcome !== 'string') continue;
    const name = normalise(text);
    if (name === '') continue;
    const known = questions.get(name);
    const question = known ?? { text, newestAt: at, byEntry: new Map(), unanswered: 0, noneOfThese: 0 };
    if (known === undefined) questions.set(name, question);
    count(question, outcome, typeof entryId === 'string' ? entryId : null);
  }
  const gathered: AskedQuestion[] = [];
  for (const [name, question] of questions) {
    gathered.push({ id: toQuestionId(name), ...question });
    yield;
  }
  return gathered;
}

interface Counting {
  readonly text: string;
  readonly newestAt: number;
  readonly byEntry: Map<string, { answered: number; picked: number; rejected: number }>;
  unanswered: number;
  noneOfThese: number;
}

function count(question: Counting, outcome: string, entryId: string | null): void {
  if (outcome === 'unanswered') question.unanswered += 1;
  if (outcome === 'rejected' && entryId === null) question.noneOfThese += 1;
  if (entryId === null || (outcome !== 'answered' && outcome !== 'picked' && outcome !== 'rejected')) return;
  const counted = question.byEntry.get(entryId) ?? { answered: 0, picked: 0, rejected: 0 };
  counted[outcome] += 1;
  question.byEntry.set(entryId, counted);
}

/**
 * What may be taught to entries: picks and rejections first, then what was answered at once in words that no entry has; the commonest
 * first among each. A pick says more than an answer that nobody objected to; a rejected entry is suggested again only when more picked it.
 */
export function toCandidates(
  questions: readonly AskedQuestion[],
  isKnown: (entryId: string, text: string) => boolean,
): FaqCandidate[] {
  return questions
    .map(toCandidate)
    .filter(({ outcomes, entryId, count: times }) => {
      if (times === 0) return false;
      const isPlain = outcomes.picked > 0 || outcomes.rejected > 0;
      return isPlain || entryId !== null;
    })
    .filter(({ entryId, text }) => entryId === null || !isKnown(entryId, text))
    .sort((one, other) => rankOf(other) - rankOf(one) || other.count - one.count || other.newestAt - one.newestAt);
}

function toCandidate({ id, text, byEntry, noneOfThese, newestAt }: AskedQuestion): FaqCandidate {
  const votes = [...byEntry].map(([entryId, { answered, picked, rejected }]) => ({
    entryId,
    // Every rejection follows an answer.
    votes: 2 * picked + Math.max(0, answered - rejected) - rejected,
    wasRejected: rejected > 0,
  }));
  const best = votes.reduce<{ entryId: string | null; votes: number }>(
    (most, one) => (one.votes > most.votes ? one : most),
    { entryId: null, votes: 0 },
  );
  const sum = (name: keyof Outcomes): number => [...byEntry.values()].reduce((total, one) => total + one[name], 0);
  const [answered, picked, rejected] = [sum('answered'), sum('picked'), sum('rejected') + noneOfThese];
  return {
    ...{ id, text, newestAt, entryId: best.entryId },
    rejectedEntryIds: votes.filter(({ wasRejected }) => wasRejected).map(({ entryId }) => entryId),
    outcomes: { answered, picked, rejected },
    count: answered + picked + noneOfThese,
  };
}

function rankOf({ outcomes }: FaqCandidate): number {
  return outcomes.picked > 0 || outcomes.rejected > 0 ? 1 : 0;
}

/** Questions that were not answered, the commonest first, then the newest. */
export function toUnanswered(questions: readonly AskedQuestion[]): AskedQuestion[] {
  return questions
    .filter(({ unanswered }) => unanswered > 0)
    .sort((one, other) => other.unanswered - one.unanswered || other.newestAt - one.newestAt);
}

/** Whether an entry has a wording already; each entry is read once. */
export function createKnownWordings(entries: readonly FaqEntry[]): (entryId: string, text: string) => boolean {
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const wordings = new Map<string, ReadonlySet<string>>();
  return (entryId, text) => {
    const entry = byId.get(entryId);
    if (entry === undefined) return false;
    const known = wordings.get(entryId) ?? new Set(textsOf(entry).map(normalise));
    wordings.set(entryId, known);
    return known.has(normalise(text));
  };
}
