import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/domain/effect.ts';
import { toId } from '../../src/domain/ids.ts';
import { finish } from '../../src/faq/steps.ts';
import type { LearningRecord } from '../../src/ports/content-repositories.ts';
import { createKnownWordings, gatherQuestions, toCandidates, toUnanswered } from '../../src/runtime/faq-questions.ts';

/** Records as the store lists them, the newest first. */
function records(...bodies: Readonly<Record<string, Json>>[]): LearningRecord[] {
  return bodies.map((body, index) => ({
    ...{ id: `r${index}`, kind: 'question' as const, conversationId: toId<'conversation'>('c') },
    ...{ at: 1_000 - index, body },
  }));
}
const gather = (...bodies: Readonly<Record<string, Json>>[]) =>
  finish(gatherQuestions(records(...bodies), (text) => `id of ${text}`));
const nothingKnown = () => false;

describe('what was asked', () => {
  it('is one question however it is spelt, in the wording typed last', () => {
    const questions = gather(
      { text: 'متى التوزيع؟', outcome: 'unanswered' },
      { text: 'متي   التوزيع', outcome: 'unanswered' },
      { text: '؟؟', outcome: 'unanswered' },
      { outcome: 'unanswered' },
    );
    expect(questions).toMatchObject([
      { id: 'id of متي التوزيع', text: 'متى التوزيع؟', unanswered: 2, newestAt: 1_000 },
    ]);
    expect(questions).toHaveLength(1);
  });

  it('is unanswered only where nothing was found', () => {
    const questions = gather(
      { text: 'a', outcome: 'unanswered' },
      { text: 'b', outcome: 'picked', entryId: 'e' },
      { text: 'c', outcome: 'unanswered' },
      { text: 'c', outcome: 'unanswered' },
    );
    expect(toUnanswered(questions).map(({ text }) => text)).toEqual(['c', 'a']);
  });
});

describe('a candidate', () => {
  const candidateOf = (...bodies: Readonly<Record<string, Json>>[]) =>
    toCandidates(gather(...bodies.map((body) => ({ text: 'q', ...body }))), nothingKnown)[0];

  it('goes to the entry that was picked, though another answered once', () => {
    expect(candidateOf({ outcome: 'answered', entryId: 'one' }, { outcome: 'picked', entryId: 'other' })).toMatchObject(
      { entryId: 'other', count: 2 },
    );
  });

  it('goes to no entry that was rejected as often as it answered', () => {
    expect(candidateOf({ outcome: 'rejected', entryId: 'one' }, { outcome: 'answered', entryId: 'one' })).toMatchObject(
      { entryId: null, rejectedEntryIds: ['one'], outcomes: { answered: 1, picked: 0, rejected: 1 } },
    );
  });

  it('is what none of the offered entries meant, too', () => {
    expect(candidateOf({ outcome: 'suggested' }, { outcome: 'rejected' })).toMatchObject({ entryId: null, count: 1 });
  });

  it('is nothing that was only offered or not answered', () => {
    expect(candidateOf({ outcome: 'suggested' }, { outcome: 'unanswered' })).toBeUndefined();
  });

  it('is nothing that its entry has already, in whatever spelling', () => {
    const isKnown = createKnownWordings([
      { id: 'e', topic: 't', question: { ar: 'ما أوقات الدوام؟' }, answer: {}, phrasings: { ar: ['متى تفتحون'] } },
    ]);
    const questions = gather(
      { text: 'متي تفتحون؟', outcome: 'picked', entryId: 'e' },
      { text: 'ما اوقات الدوام', outcome: 'answered', entryId: 'e' },
      { text: 'فاتحين الحين', outcome: 'picked', entryId: 'e' },
      { text: 'متى تفتحون', outcome: 'picked', entryId: 'gone' },
    );
    expect(toCandidates(questions, isKnown).map(({ text }) => text)).toEqual(['فاتحين الحين']);
  });
});
