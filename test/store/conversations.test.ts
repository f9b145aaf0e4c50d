import { describe, expect, it } from 'vitest';
import { VersionConflict } from '../../src/domain/errors.ts';
import type { Conversation } from '../../src/domain/conversation.ts';
import { toEffectId, toId } from '../../src/domain/ids.ts';
import { openRepositories } from '../../src/store/repositories.ts';
import { storeKinds } from '../support/open-test-store.ts';
import { now, sampleConversation, sampleEvent, secretKey, secrets } from './samples.ts';

describe.each(storeKinds)('conversations on $name', (kind) => {
  async function setUp() {
    const { store } = await kind.open();
    const repositories = await openRepositories({ store, secretKey });
    return { repositories, conversations: repositories.conversations, id: repositories.ids.conversation };
  }

  it('come back as they were committed, with everything or next to nothing in them', async () => {
    const { conversations, repositories, id } = await setUp();
    const bare: Conversation = {
      ...sampleConversation(id({ channel: 'a', account: 'b', chat: 'c' }), 1),
      session: null,
    };
    const event = sampleEvent(repositories, 1);
    const full = sampleConversation(event.conversationId, 1, {
      owner: 'officer',
      officer: { id: toId('o1'), name: 'سارة' },
      handoff: { since: now, reason: 'asked', urgency: 'urgent', summary: secrets.summary },
      consent: 'given',
      outbox: [
        {
          id: toEffectId(event.conversationId, 1, 0),
          effect: { type: 'send', content: { type: 'text', text: secrets.reply } },
        },
      ],
      consumed: [{ id: event.id, outcome: { is: 'accepted' } }],
      erasing: true,
      busySince: now,
    });
    for (const conversation of [bare, full]) {
      await conversations.commit(conversation);
      expect(await conversations.get(conversation.id)).toEqual(conversation);
    }
    expect(await conversations.get(toId('none'))).toBeNull();
  });

  it('go on from the version that was read, and from no other', async () => {
    const { conversations, repositories } = await setUp();
    const { conversationId } = sampleEvent(repositories, 1);
    await conversations.commit(sampleConversation(conversationId, 1));
    await expect(conversations.commit(sampleConversation(conversationId, 1))).rejects.toThrow(VersionConflict);
    await expect(conversations.commit(sampleConversation(conversationId, 3))).rejects.toThrow(VersionConflict);
    await conversations.commit(sampleConversation(conversationId, 2, { language: 'en' }));
    await expect(conversations.commit(sampleConversation(conversationId, 2))).rejects.toThrow(VersionConflict);
    expect(await conversations.get(conversationId)).toEqual(sampleConversation(conversationId, 2, { language: 'en' }));
  });

  it('are unfinished while they are busy, longest first', async () => {
    const { conversations, id } = await setUp();
    const make = (chat: string) => id({ channel: 'a', account: 'b', chat });
    const [one, two, three] = [make('1'), make('2'), make('3')];
    await conversations.commit(sampleConversation(one, 1, { busySince: now + 2 }));
    await conversations.commit(sampleConversation(two, 1, { busySince: now + 1 }));
    await conversations.commit(sampleConversation(three, 1));
    expect(await conversations.unfinished(now + 2, 10)).toEqual([two, one]);
    expect(await conversations.unfinished(now + 1, 10)).toEqual([two]);
    expect(await conversations.unfinished(now + 2, 1)).toEqual([two]);
    await conversations.commit(sampleConversation(two, 2));
    expect(await conversations.unfinished(now + 2, 10)).toEqual([one]);
  });

  it('wait for officers urgent before normal and then longest first, page by page', async () => {
    const { conversations, id } = await setUp();
    const waits = (chat: string, since: number, urgency: 'normal' | 'urgent') =>
      sampleConversation(id({ channel: 'a', account: 'b', chat }), 1, {
        owner: 'queue',
        handoff: { since: now + since, reason: 'asked', urgency },
      });
    const queue = [waits('1', 5, 'urgent'), waits('2', 9, 'urgent'), waits('3', 1, 'normal'), waits('4', 2, 'normal')];
    for (const index of [3, 1, 0, 2]) await conversations.commit(queue[index] ?? sampleConversation(toId('x'), 1));
    await conversations.commit(sampleConversation(id({ channel: 'a', account: 'b', chat: '5' }), 1));
    expect(await conversations.countQueued()).toBe(4);
    expect(await conversations.list('queue', { limit: 10 })).toEqual(queue);
    const first = await conversations.list('queue', { limit: 3 });
    expect(first).toEqual(queue.slice(0, 3));
    const last = first.at(-1);
    if (!last) throw new Error('unreachable');
    expect(await conversations.list('queue', { limit: 3, after: last })).toEqual(queue.slice(3));
  });

  it('are listed for the officer who owns them, or for all', async () => {
    const { conversations, id } = await setUp();
    const owned = (chat: string, officer: string) =>
      sampleConversation(id({ channel: 'a', account: 'b', chat }), 1, {
        owner: 'officer',
        officer: { id: toId(officer), name: officer },
        handoff: { since: now + Number(chat), reason: 'asked', urgency: 'normal' },
      });
    const [one, two, three] = [owned('1', 'sara'), owned('2', 'omar'), owned('3', 'sara')];
    for (const conversation of [three, two, one]) await conversations.commit(conversation);
    expect(await conversations.list('officer', { limit: 10 })).toEqual([one, two, three]);
    expect(await conversations.list('officer', { officerId: toId('sara'), limit: 10 })).toEqual([one, three]);
    expect(await conversations.list('officer', { officerId: toId('sara'), limit: 1, after: one })).toEqual([three]);
    expect(await conversations.list('queue', { limit: 10 })).toEqual([]);
    const { officer: _officer, handoff: _handoff, ...released } = one;
    await conversations.commit({ ...released, owner: 'bot', version: 2 });
    expect(await conversations.list('officer', { officerId: toId('sara'), limit: 10 })).toEqual([three]);
  });

  it('of a person are found by the person', async () => {
    const { conversations, repositories, id } = await setUp();
    const [one, two] = ['1', '2'].map((chat) => id({ channel: 'a', account: 'b', chat }));
    if (!one || !two) throw new Error('unreachable');
    const personId = toId<'person'>('p');
    await conversations.commit(sampleConversation(one, 1, { personId }));
    await conversations.commit(sampleConversation(two, 1, { personId }));
    await conversations.commit(sampleConversation(id({ channel: 'a', account: 'b', chat: '3' }), 1));
    expect(new Set(await repositories.people.conversations(personId))).toEqual(new Set([one, two]));
  });
});
