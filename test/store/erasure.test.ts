import { describe, expect, it } from 'vitest';
import type { Conversation } from '../../src/domain/conversation.ts';
import { VersionConflict } from '../../src/domain/errors.ts';
import { toId } from '../../src/domain/ids.ts';
import type { Repositories } from '../../src/ports/repositories.ts';
import type { Store } from '../../src/ports/store.ts';
import { collections } from '../../src/store/collections.ts';
import { openRepositories } from '../../src/store/repositories.ts';
import { createCrashingStore } from '../support/crashing-store.ts';
import { storeKinds } from '../support/open-test-store.ts';
import {
  address,
  followUpOf,
  now,
  sampleCase,
  sampleConversation,
  sampleEvent,
  sampleLine,
  sampleMessage,
  secretKey,
  secrets,
} from './samples.ts';

const account = { channel: address.channel, account: address.account };

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

/** Everything the store can hold of one person. */
async function fill(repositories: Repositories): Promise<Conversation> {
  const { ids, events, conversations, followUps, messages, cases, files } = repositories;
  const id = ids.conversation(address);
  const event = sampleEvent(repositories, 1);
  await events.insert([event, sampleEvent(repositories, 2)]);
  const conversation = sampleConversation(id, 1, {
    owner: 'officer',
    officer: { id: toId('sara'), name: 'سارة' },
    handoff: { since: now, reason: 'asked', urgency: 'normal', summary: secrets.summary },
    consumed: [{ id: event.id, outcome: { is: 'accepted' } }],
  });
  await conversations.commit(conversation);
  const reference = await cases.reserveReference(toId(`${id}-1-3`));
  const attachment = { id: toId<'attachment'>('a'), kind: 'document', fileName: secrets.fileName } as const;
  await followUps.apply(
    followUpOf(conversation, {
      lines: [sampleLine(id, 1, { attachment: { ...attachment, state: { is: 'stored', blobId: toId('blob1') } } })],
      messages: [sampleMessage(id, 1), sampleMessage(id, 2)],
      timers: [{ conversationId: id, address, name: 'silence', dueAt: now + 5, cause: `${id}-1-2` }],
      cases: [sampleCase(id, reference)],
      records: [{ id: 'r', kind: 'survey', conversationId: id, at: now, body: { comment: secrets.comment } }],
      consumed: [{ event, outcome: { is: 'accepted' } }],
    }),
  );
  const [message] = await messages.lane(id, 1);
  if (!message) throw new Error('unreachable');
  await messages.update(message, { status: 'sent', platformMessageId: secrets.platformMessageId });
  await files.put(id, 'blob1', bytesOf(secrets.fileText));
  return conversation;
}

/** How many documents of each collection the store holds that were sealed or made for the person. */
async function rowsLeft(store: Store, id: string): Promise<string[]> {
  const found: string[] = [];
  for (const { name, indexes } of collections) {
    for (const index of Object.keys(indexes)) {
      for (const row of await store.collection(name).find({ index, order: 'ascending', limit: 1_000 })) {
        const json = JSON.stringify(row);
        if (json.includes(id) || json.includes('sealed')) found.push(`${name}: ${json}`);
      }
    }
  }
  return [...new Set(found)];
}

async function expectErased(repositories: Repositories, conversation: Conversation): Promise<void> {
  const { id, personId } = conversation;
  expect(await repositories.conversations.get(id)).toEqual({ erased: true, id, version: conversation.version + 1 });
  expect(await repositories.events.waiting(id, 10)).toEqual([]);
  expect(await repositories.messages.page(id, { limit: 10 })).toEqual([]);
  expect(await repositories.messages.lane(id, 10)).toEqual([]);
  expect(await repositories.messages.get(`${id}-1-0`)).toBeNull();
  expect(await repositories.messages.findByPlatformId(account, secrets.platformMessageId)).toBeNull();
  expect((await repositories.messages.strandedLanes(now + 1_000_000, { of: 'anybody', limit: 10 })).lanes).toEqual([]);
  expect(await repositories.timers.due(now + 1_000_000, 10)).toEqual([]);
  expect(await repositories.cases.ofPerson(personId, 10)).toEqual([]);
  expect(await repositories.cases.list({ limit: 10 })).toEqual([]);
  expect(await repositories.learning.list('survey', { limit: 10 })).toEqual([]);
  expect(await repositories.conversations.list('officer', { limit: 10 })).toEqual([]);
  expect(await repositories.people.conversations(personId)).toEqual([]);
  expect(await repositories.files.open('blob1')).toBeNull();
  expect(await repositories.events.outcome(sampleEvent(repositories, 1).id)).toEqual({ is: 'accepted' });
  expect(await repositories.events.outcome(sampleEvent(repositories, 2).id)).toEqual({ is: 'refused', code: 'erased' });
}

describe.each(storeKinds)('what $name holds of a person', (kind) => {
  async function setUp() {
    const { store, rawBytes } = await kind.open();
    const repositories = await openRepositories({ store, secretKey });
    return { store, rawBytes, repositories };
  }

  it('is sealed: nothing that was said or sent is in its bytes', async () => {
    const { rawBytes, repositories } = await setUp();
    await fill(repositories);
    const bytes = await rawBytes();
    expect(bytes.includes(repositories.ids.conversation(address))).toBe(true);
    for (const [what, secret] of Object.entries(secrets)) {
      expect(bytes.includes(secret), what).toBe(false);
      expect(bytes.includes(Buffer.from(secret).toString('base64').slice(0, -3)), `${what} in base64`).toBe(false);
    }
  });

  it('opens no more once the person is erased, in this process and in others', async () => {
    const { store, repositories } = await setUp();
    const other = await openRepositories({ store, secretKey });
    const conversation = await fill(repositories);
    await repositories.people.erase(conversation.personId);
    await expectErased(repositories, conversation);
    await expectErased(other, conversation);
    await expectErased(await openRepositories({ store, secretKey }), conversation);
    const { id } = conversation;
    expect(await rowsLeft(store, id)).toEqual([]);
    await repositories.people.erase(conversation.personId);
    await expectErased(repositories, conversation);
  });

  it('keeps a reference taken, so that nobody else is found by it', async () => {
    const { repositories } = await setUp();
    const conversation = await fill(repositories);
    const [opened] = await repositories.cases.ofPerson(conversation.personId, 1);
    if (!opened) throw new Error('unreachable');
    await repositories.people.erase(conversation.personId);
    expect(await repositories.cases.findByReference(opened.reference)).toBeNull();
    // The same effect would draw the same number first, and is given another.
    expect(await repositories.cases.reserveReference(toId(`${conversation.id}-1-3`))).not.toBe(opened.reference);
  });

  it('begins anew when they write again: the version goes on, and nothing old opens', async () => {
    const { repositories } = await setUp();
    const conversation = await fill(repositories);
    await repositories.people.erase(conversation.personId);
    const event = sampleEvent(repositories, 3);
    expect(await repositories.events.insert([event])).toEqual(['inserted']);
    expect(await repositories.events.waiting(conversation.id, 10)).toEqual([event]);
    const stub = await repositories.conversations.get(conversation.id);
    const again = sampleConversation(conversation.id, (stub?.version ?? 0) + 1, { personId: toId('p2-again') });
    await repositories.conversations.commit(again);
    const lines = [sampleLine(conversation.id, 3)];
    await repositories.followUps.apply(followUpOf(again, { lines }));
    expect(await repositories.conversations.get(conversation.id)).toEqual(again);
    expect(await repositories.messages.page(conversation.id, { limit: 10 })).toEqual(lines);
    // An erasure of who they were, asked for once more, leaves alone who they are.
    await repositories.people.erase(conversation.personId);
    expect(await repositories.conversations.get(conversation.id)).toEqual(again);
    expect(await repositories.messages.page(conversation.id, { limit: 10 })).toEqual(lines);
    expect(await repositories.events.insert([sampleEvent(repositories, 1)])).toEqual(['duplicate']);
  });

  it('does not come back with a worker that read it before', async () => {
    const { store, repositories } = await setUp();
    const worker = await openRepositories({ store, secretKey });
    const conversation = await fill(repositories);
    const read = await worker.conversations.get(conversation.id);
    const [unsent] = await worker.messages.lane(conversation.id, 1);
    if (!read || 'erased' in read || !unsent) throw new Error('unreachable');
    await repositories.people.erase(conversation.personId);
    await expect(worker.conversations.commit({ ...read, version: 2 })).rejects.toThrow(VersionConflict);
    await expect(worker.messages.update(unsent, { status: 'sent', platformMessageId: 'x' })).rejects.toThrow(
      VersionConflict,
    );
    await repositories.events.insert([sampleEvent(repositories, 3)]);
    expect(await worker.events.waiting(conversation.id, 10)).toEqual([sampleEvent(repositories, 3)]);
    // The follow-up of a commit from before the erasure.
    await worker.followUps.apply(followUpOf(read, { lines: [sampleLine(conversation.id, 1)] }));
    expect(await worker.messages.page(conversation.id, { limit: 10 })).toEqual([]);
  });

  it('loses no message that another process seals with the key that has just been destroyed', async () => {
    const { store, repositories } = await setUp();
    const web = await openRepositories({ store, secretKey, processes: 'several' });
    const conversation = await fill(repositories);
    await web.events.insert([sampleEvent(web, 4)]);
    await repositories.people.erase(conversation.personId);
    const [one, two, three] = [5, 6, 7].map((number) => sampleEvent(web, number));
    if (!one || !two || !three) throw new Error('unreachable');
    await web.events.insert([one]);
    await web.events.insert([two, three]);
    const waiting = await repositories.events.waiting(conversation.id, 10);
    expect(waiting.map(({ version: _version, ...event }) => event)).toEqual(
      [one, two, three].map(({ version: _version, ...event }) => event),
    );
  });

  it('is erased to the end, whatever write the process dies after', async () => {
    for (let writes = 1; ; writes += 1) {
      const { store, repositories } = await setUp();
      const conversation = await fill(repositories);
      const crashing = createCrashingStore(store, writes);
      const dying = await openRepositories({ store: crashing.store, secretKey });
      const isDone = await Promise.race([
        dying.people.erase(conversation.personId).then(() => true),
        crashing.died.then(() => false),
      ]);
      await expectErased(await openRepositories({ store, secretKey }), conversation);
      if (!isDone) continue;
      expect(writes).toBeGreaterThan(8);
      return;
    }
  });
});
