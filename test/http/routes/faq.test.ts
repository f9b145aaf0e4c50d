import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Assistant } from '../../../src/content/assistant.ts';
import type { Json } from '../../../src/domain/effect.ts';
import type { LearningRecord } from '../../../src/ports/content-repositories.ts';
import type { Repositories } from '../../../src/ports/repositories.ts';
import type { ShownFaqEntry } from '../../../src/runtime/faq-desk.ts';
import type { FaqCandidate } from '../../../src/runtime/faq-questions.ts';
import type { UnansweredGroup } from '../../../src/runtime/faq-review.ts';
import { followUpOf, now, sampleConversation } from '../../store/samples.ts';
import { openFaqApp, type FaqApp } from '../../support/faq-app.ts';
import { addressOf } from '../../support/world.ts';

let opened: FaqApp;
let repositories: Repositories;
let assistant: Assistant;

beforeEach(async () => {
  opened = await openFaqApp();
  ({ repositories, assistant } = opened);
});
afterEach(() => opened.close());

async function ask(...request: Parameters<FaqApp['ask']>) {
  const { status, body } = await opened.ask(...request);
  return { status, body: body as Answer }; // The tests of an answer without a body look at the status only.
}

/** What the answers of these routes have among them. */
interface Answer {
  readonly entry: ShownFaqEntry;
  readonly candidates: readonly FaqCandidate[];
  readonly groups: readonly UnansweredGroup[];
}

function only<Item>(items: readonly Item[]): Item {
  const [item] = items;
  if (item === undefined || items.length > 1) throw new Error(`expected one, got ${items.length}`);
  return item;
}

const permit = {
  id: 'permit',
  topic: 'contact',
  question: { en: 'Do I need a permit?' },
  answer: { en: 'No. Call {{org.phone}}.' },
  phrasings: { en: ['permit needed', 'is a licence required'] },
};

let written = 0;
/** As the runtime keeps them: each in the conversation of one person. */
async function people(...asked: (Record<string, Json> & { text: string; outcome: string })[]): Promise<void> {
  for (const body of asked) {
    written += 1;
    const id = repositories.ids.conversation(addressOf(`person ${written}`));
    const record: LearningRecord = { id: `${id}-1-0`, kind: 'question', conversationId: id, at: now + written, body };
    await repositories.followUps.apply(followUpOf(sampleConversation(id, 1), { records: [record] }));
  }
}

describe('the entries', () => {
  it('are for officers only', async () => {
    expect(await opened.askAsStranger('GET', 'entries')).toBe(401);
  });

  it('are listed with how many phrasings each has, and read one by one', async () => {
    const { body } = await ask('GET', 'entries');
    expect(body).toEqual({
      entries: [expect.objectContaining({ id: 'water', phrasingCount: 4, origin: 'files', isEdited: false })],
    });
    expect((await ask('GET', 'entries/water')).body).toMatchObject({
      entry: { id: 'water', answer: { en: 'Yes.' }, version: 1 },
    });
    expect((await ask('GET', 'entries/none')).status).toBe(404);
  });

  it('are created, changed and removed, live at once', async () => {
    expect((await ask('POST', 'explain', { text: 'is a licence required' })).body).not.toMatchObject({
      entryId: 'permit',
    });
    const created = await ask('POST', 'entries', permit);
    expect(created).toMatchObject({
      status: 201,
      body: { entry: { ...permit, version: 1, origin: 'admin', isEdited: true } },
    });
    expect((await ask('POST', 'explain', { text: 'is a licence required' })).body).toMatchObject({
      ...{ band: 'answer', entryId: 'permit', phrasing: 'is a licence required' },
    });
    expect((await ask('POST', 'entries', permit)).status).toBe(409);

    const { id: _id, ...content } = permit;
    const changed = { ...content, answer: { en: 'Yes.' }, version: 1 };
    expect((await ask('PUT', 'entries/permit', changed)).body).toMatchObject({
      entry: { answer: { en: 'Yes.' }, version: 2 },
    });
    expect(assistant.program().faq?.question('permit', 'en')).toBe('Do I need a permit?');
    expect((await ask('PUT', 'entries/permit', changed)).status).toBe(409);

    expect((await ask('DELETE', 'entries/permit?version=1')).status).toBe(409);
    expect((await ask('DELETE', 'entries/permit?version=2')).status).toBe(204);
    expect((await ask('GET', 'entries/permit')).status).toBe(404);
    expect((await ask('POST', 'explain', { text: 'is a licence required' })).body).not.toMatchObject({
      entryId: 'permit',
    });
    expect((await ask('POST', 'entries', permit)).body).toMatchObject({ entry: { version: 4 } });
    expect(await opened.audited()).toEqual([
      'huda faq-entry-created permit',
      'huda faq-entry-removed permit',
      'huda faq-entry-updated permit',
      'huda faq-entry-created permit',
    ]);
  });

  it.each([
    ['an id that is none', { ...permit, id: 'Permit 1' }],
    ['no question', { ...permit, question: {} }],
    ['an empty answer', { ...permit, answer: { en: ' ' } }],
    ['a broken placeholder', { ...permit, answer: { en: 'Call {{org.phone' } }],
    ['a placeholder that is no fact', { ...permit, answer: { en: 'Dear {{name}}' } }],
    ['a field nobody knows', { ...permit, extra: 1 }],
  ])('are refused with %s', async (_what, entry) => {
    expect(await ask('POST', 'entries', entry)).toMatchObject({ status: 400, body: { code: 'payload-invalid' } });
  });

  it('are too few here to be told apart by trial', async () => {
    await assistant.faq.settled();
    const { body } = await opened.ask('GET', 'quality');
    expect(body).toMatchObject({ entries: [] });
    expect((body as { measuredAt: number }).measuredAt).toBeGreaterThan(0);
  });

  it('are told how far the matcher is', async () => {
    await assistant.faq.settled();
    expect((await ask('GET', 'state')).body).toEqual({ matcher: 'fitted', entries: 1, phrasings: 4, none: 3 });
  });
});

describe('what people typed and meant', () => {
  beforeEach(() => ask('POST', 'entries', permit));

  it('is offered by how plain and how common it is', async () => {
    await people(
      { text: 'can a tanker come', outcome: 'answered', entryId: 'water' },
      { text: 'paperwork?', outcome: 'suggested' },
      { text: 'paperwork?', outcome: 'picked', entryId: 'permit' },
      { text: 'bring me something', outcome: 'answered', entryId: 'water' },
      { text: 'bring me something', outcome: 'rejected', entryId: 'water' },
      { text: 'Paperwork', outcome: 'picked', entryId: 'permit' },
      { text: 'water please', outcome: 'answered', entryId: 'water' },
      { text: 'asdf', outcome: 'unanswered' },
    );
    const { body } = await ask('GET', 'candidates');
    expect(body.candidates).toEqual([
      expect.objectContaining({
        text: 'Paperwork',
        entryId: 'permit',
        count: 2,
        outcomes: { answered: 0, picked: 2, rejected: 0 },
      }),
      expect.objectContaining({ text: 'bring me something', entryId: null, rejectedEntryIds: ['water'], count: 1 }),
      expect.objectContaining({ text: 'can a tanker come', entryId: 'water', count: 1 }),
    ]);
    expect(body.candidates[0]?.id).toMatch(/^e[\w-]{22}$/);
    expect(await opened.audited()).toContain('huda faq-questions-read');
  });

  it('becomes a phrasing once approved, known within two seconds, and is not offered again', async () => {
    await people({ text: 'stamped form thing', outcome: 'picked', entryId: 'permit' });
    const candidate = only((await ask('GET', 'candidates')).body.candidates);
    const began = performance.now();
    const approved = await ask('POST', 'questions/approve', { questionIds: [candidate.id], entryId: 'permit' });
    expect(approved.body.entry.phrasings['en']).toContain('stamped form thing');
    expect((await ask('POST', 'explain', { text: 'stamped form thing' })).body).toMatchObject({
      band: 'answer',
      entryId: 'permit',
    });
    expect(performance.now() - began).toBeLessThan(2_000);
    expect((await ask('GET', 'candidates')).body.candidates).toEqual([]);
    expect((await ask('GET', 'entries/permit')).body.entry).toMatchObject({ version: 2 });
    const again = await ask('POST', 'questions/approve', { questionIds: [candidate.id], entryId: 'permit' });
    expect(again.status).toBe(404);
  });

  it('may be approved in other words, without what tells of the person', async () => {
    await people({ text: 'انا فاطمة احتاج تصريح', outcome: 'picked', entryId: 'permit' });
    const { id } = only((await ask('GET', 'candidates')).body.candidates);
    const { body } = await ask('POST', 'questions/approve', {
      questionIds: [id],
      entryId: 'permit',
      text: 'احتاج تصريح',
    });
    expect(body.entry.phrasings['ar']).toEqual(['احتاج تصريح']);
    expect((await ask('GET', 'candidates')).body.candidates).toEqual([]);
    expect(await opened.store.collection('faq').get('entry/permit')).not.toMatchObject({
      body: { learned: { ar: [expect.stringContaining('فاطمة')] } },
    });
  });

  it('is not offered again once dismissed, whoever types it', async () => {
    await people({ text: 'hmm', outcome: 'picked', entryId: 'permit' });
    const { id } = only((await ask('GET', 'candidates')).body.candidates);
    expect((await ask('POST', 'questions/dismiss', { questionIds: [id, 'unknown'] })).status).toBe(204);
    await people({ text: 'Hmm!', outcome: 'picked', entryId: 'permit' });
    expect((await ask('GET', 'candidates')).body.candidates).toEqual([]);
    expect(await opened.audited()).toContain(`huda faq-questions-dismissed ${id}`);
  });

  it('goes with the person who typed it', async () => {
    await people({ text: 'my own words', outcome: 'picked', entryId: 'permit' });
    const id = repositories.ids.conversation(addressOf(`person ${written}`));
    await repositories.conversations.commit(sampleConversation(id, 1));
    await repositories.people.erase(sampleConversation(id, 1).personId);
    expect((await ask('GET', 'candidates')).body.candidates).toEqual([]);
  });
});

describe('what nobody could answer', () => {
  const unanswered = (...texts: string[]) => people(...texts.map((text) => ({ text, outcome: 'unanswered' })));

  it('is grouped by what is alike, the commonest first', async () => {
    await unanswered(
      'do you pay my rent',
      'weather tomorrow',
      'do you pay the rent',
      'Do you pay my rent?',
      'can you pay rent',
    );
    const { body } = await ask('GET', 'unanswered');
    expect(body.groups.map(({ count, questions }) => [count, questions[0]?.text, questions.length])).toEqual([
      [4, 'Do you pay my rent?', 3],
      [1, 'weather tomorrow', 1],
    ]);
  });

  it('is added to an entry or to none as a group', async () => {
    await unanswered('who won the match', 'match result', 'delivery of bottles', 'bottles delivery please');
    const idsOf = async (word: string): Promise<string[]> =>
      (await ask('GET', 'unanswered')).body.groups
        .flatMap(({ questions }) => questions)
        .filter(({ text }) => text.includes(word))
        .map(({ id }) => id);
    const approved = await ask('POST', 'questions/approve', { questionIds: await idsOf('bottles'), entryId: 'water' });
    expect(approved.body.entry.phrasings['en']).toEqual(
      expect.arrayContaining(['delivery of bottles', 'bottles delivery please']),
    );
    // What officers approve is no edit: the files may still update the entry.
    expect(approved.body.entry.isEdited).toBe(false);
    expect((await ask('POST', 'questions/none', { questionIds: await idsOf('match') })).status).toBe(204);
    expect(assistant.faq.sources().none).toEqual(expect.arrayContaining(['who won the match', 'match result']));
    expect((await ask('GET', 'unanswered')).body.groups).toEqual([]);
  });
});
