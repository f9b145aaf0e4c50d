import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ConversationId, PersonId } from '../../src/domain/ids.ts';
import type { OutboundContent } from '../../src/domain/message.ts';
import type { FaqCandidate } from '../../src/runtime/faq-questions.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { openFaqApp, type FaqApp } from '../support/faq-app.ts';
import { pollUntil } from '../support/poll-until.ts';
import { createRecordingChannel, type Sent } from '../support/recording-channel.ts';
import { addressOf, createWorld, messageFrom, settled } from '../support/world.ts';

const welcome = {
  spec: 1,
  id: 'welcome',
  version: 1,
  title: { en: 'Questions' },
  start: 'name',
  nodes: [
    {
      ...{ id: 'name', type: 'ask', text: { en: 'What is your name?' } },
      ...{ answer: { kind: 'text' }, save: 'name', exits: { next: 'ask' } },
    },
    {
      ...{ id: 'ask', type: 'faq', text: { en: 'Please ask, {{name}}.' }, gatherMs: 0 },
      exits: { answered: 'end', unanswered: 'end' },
    },
    { id: 'end', type: 'end', text: { en: 'Goodbye.' } },
  ],
};
const permit = {
  ...{ id: 'permit', topic: 'contact', question: { en: 'Do I need a permit?' }, answer: { en: 'No permit at all.' } },
  phrasings: { en: ['permit needed', 'is a licence required'] },
};

let folder: string;
let app: FaqApp;
let runtime: Runtime;
let sent: Sent[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wasl-learning-'));
  await cp('test/process/flows', folder, { recursive: true });
  await writeFile(join(folder, 'welcome.json'), JSON.stringify(welcome));
  app = await openFaqApp(folder);
  expect((await app.ask('POST', 'entries', permit)).status).toBe(201);
  const channel = createRecordingChannel();
  sent = channel.sent;
  const { store, assistant } = app;
  ({ runtime } = await createWorld({ store, adapters: [channel], program: () => assistant.program() }));
  await runtime.startWorker();
});
afterEach(async () => {
  await runtime.close();
  await app.close();
  await rm(folder, { recursive: true, force: true });
});

/** A person at the open question, who says things and gives what was answered to each. */
async function person(chat: string, name: string) {
  const id = app.repositories.ids.conversation(addressOf(chat));
  let said = 0;
  const say = async (text: string): Promise<{ text: string; choices: string[] }> => {
    const before = sent.length;
    await runtime.intake.accept([messageFrom(chat, `${chat}-${(said += 1)}`, text)]);
    await pollUntil('an answer', () => sent.length > before);
    await settled(app.repositories, [id]);
    return toShown(sent.at(-1)?.content);
  };
  await say('hello');
  expect((await say(name)).text).toContain(name);
  return { id, say, personId: await personOf(id) };
}

async function personOf(id: ConversationId): Promise<PersonId> {
  const conversation = await app.repositories.conversations.get(id);
  if (conversation === null || !('personId' in conversation)) throw new Error('no conversation of a person');
  return conversation.personId;
}

function toShown(content: OutboundContent | undefined): { text: string; choices: string[] } {
  if (content?.type !== 'text') throw new Error(`expected a text, got ${content?.type}`);
  return { text: content.text, choices: content.choices?.map(({ label }) => label) ?? [] };
}

async function candidates(): Promise<readonly FaqCandidate[]> {
  return ((await app.ask('GET', 'candidates')).body as { candidates: readonly FaqCandidate[] }).candidates;
}

async function approve(questionIds: readonly string[], entryId: string): Promise<void> {
  expect((await app.ask('POST', 'questions/approve', { questionIds, entryId })).status).toBe(200);
}

/** All that the FAQ and its audit keep, as the store holds it. */
async function storedOfTheFaq(): Promise<string> {
  const entry = await app.store.collection('faq').get('entry/permit');
  const audit = await app.repositories.audit.list({ limit: 50 });
  return JSON.stringify([entry, audit, (await app.ask('GET', 'entries/permit')).body, app.assistant.faq.sources()]);
}

describe('what a person made plain', () => {
  const wording = 'must I show a permit to the driver';

  it('by a pick is approved over HTTP and then answers whoever types it, and tells of nobody', async () => {
    const amal = await person('0501112223', 'Amal Alharbi');
    const offered = await amal.say(wording);
    expect(offered.choices).toContain(permit.question.en);
    expect((await amal.say(permit.question.en)).text).toBe('No permit at all.');

    const [candidate, ...others] = await candidates();
    expect(others).toEqual([]);
    expect(candidate).toMatchObject({ text: wording, entryId: 'permit', outcomes: { picked: 1, rejected: 0 } });
    await approve([candidate?.id ?? ''], 'permit');

    const badr = await person('0504445556', 'Badr');
    expect((await badr.say(wording)).text).toBe('«Do I need a permit?»\n\nNo permit at all.');

    const stored = await storedOfTheFaq();
    expect(stored).toContain(wording);
    for (const trace of ['Amal', 'Alharbi', '0501112223', amal.id, amal.personId])
      expect([trace, stored.includes(trace), JSON.stringify(candidate).includes(trace)]).toEqual([trace, false, false]);
  });

  it('by a rejection goes to the entry that an officer chooses', async () => {
    const amal = await person('0501112223', 'Amal');
    const asked = 'do you deliver water or so';
    expect((await amal.say(asked)).text).toBe('«Do you deliver water?»\n\nYes.');
    expect((await amal.say('Not my question')).text).toBe('Goodbye.');

    const [candidate] = await candidates();
    expect(candidate).toMatchObject({ text: asked, entryId: null, rejectedEntryIds: ['water'] });
    await approve([candidate?.id ?? ''], 'permit');

    const badr = await person('0504445556', 'Badr');
    expect((await badr.say(asked)).text).toBe('«Do I need a permit?»\n\nNo permit at all.');
    expect(await candidates()).toEqual([]);
  });

  it('stays what the FAQ learnt when whoever asked is forgotten, and is offered no more when nobody approved it', async () => {
    const amal = await person('0501112223', 'Amal');
    await amal.say(wording);
    await amal.say(permit.question.en);
    const [candidate] = await candidates();
    await approve([candidate?.id ?? ''], 'permit');
    await amal.say('one permit for two drivers');
    await amal.say(permit.question.en);
    expect((await candidates()).map(({ text }) => text)).toEqual(['one permit for two drivers']);

    await app.repositories.people.erase(amal.personId);
    expect(await candidates()).toEqual([]);
    expect((await app.ask('POST', 'explain', { text: wording })).body).toMatchObject({
      ...{ band: 'answer', entryId: 'permit' },
    });
  });
});
