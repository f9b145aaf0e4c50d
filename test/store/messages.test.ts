import { describe, expect, it } from 'vitest';
import type { OutboundMessage, TranscriptLine } from '../../src/domain/conversation.ts';
import { toLineOrder } from '../../src/domain/conversation.ts';
import { VersionConflict } from '../../src/domain/errors.ts';
import { toId } from '../../src/domain/ids.ts';
import type { Attachment } from '../../src/domain/message.ts';
import { openRepositories } from '../../src/store/repositories.ts';
import { storeKinds } from '../support/open-test-store.ts';
import {
  address,
  followUpOf,
  now,
  sampleConversation,
  sampleLine,
  sampleMessage,
  secretKey,
  secrets,
} from './samples.ts';

describe.each(storeKinds)('messages on $name', (kind) => {
  async function setUp() {
    const { store } = await kind.open();
    const repositories = await openRepositories({ store, secretKey });
    const id = repositories.ids.conversation(address);
    const write = (messages: readonly OutboundMessage[], lines: readonly TranscriptLine[] = []) =>
      repositories.followUps.apply(followUpOf(sampleConversation(id, 1), { messages, lines }));
    return { repositories, messages: repositories.messages, id, write, store };
  }

  async function read(messages: { get(id: string): Promise<TranscriptLine | null> }, id: string) {
    const line = await messages.get(id);
    if (!line || !('status' in line)) throw new Error(`no outbound message ${id}`);
    return line as OutboundMessage; // Only outbound messages have a status.
  }

  it('show a transcript newest first, page by page', async () => {
    const { messages, id, write } = await setUp();
    const lines = [1, 2, 3, 4].map((version) => sampleLine(id, version));
    const sent = [1, 2, 3, 4].map((version) => sampleMessage(id, version));
    await write(sent, lines);
    const all = [...lines, ...sent].sort((a, b) => (a.order < b.order ? 1 : -1));
    expect(await messages.page(id, { limit: 100 })).toEqual(all);
    const first = await messages.page(id, { limit: 3 });
    expect(first).toEqual(all.slice(0, 3));
    const before = first.at(-1)?.order ?? '';
    expect(await messages.page(id, { limit: 3, before })).toEqual(all.slice(3, 6));
    expect(await messages.page(id, { limit: 3, before: all.at(-1)?.order ?? '' })).toEqual([]);
    expect(await messages.get(lines[0]?.id ?? '')).toEqual(lines[0]);
    expect(await messages.get('none')).toBeNull();
  });

  it('wait in their lane in sending order until they are sent, failed or held', async () => {
    const { messages, id, write } = await setUp();
    const claim = { holder: 'w1', until: now + 20_000 };
    const lane = [1, 2, 3].map((version) => sampleMessage(id, version));
    const claimed = sampleMessage(id, 4, { status: 'sending', attempts: 1, claim });
    await write([claimed, ...lane]);
    expect(await messages.lane(id, 10)).toEqual([...lane, claimed]);
    expect(await messages.lane(id, 1)).toEqual(lane.slice(0, 1));
    const [one, two, three] = await messages.lane(id, 3);
    if (!one || !two || !three) throw new Error('unreachable');
    await messages.update(one, { status: 'sent', claim: null, platformMessageId: 'a' });
    await messages.update(two, { status: 'failed', failure: 'blocked' });
    await messages.update(three, { status: 'held' });
    expect(await messages.lane(id, 10)).toEqual([claimed]);
  });

  it('change by their version, and the change is what is read afterwards', async () => {
    const { messages, id, write } = await setUp();
    await write([sampleMessage(id, 1)]);
    const [queued] = await messages.lane(id, 1);
    if (!queued) throw new Error('unreachable');
    const claim = { holder: 'w1', until: now + 20_000 };
    const sending = await messages.update(queued, { status: 'sending', attempts: 1, claim });
    expect(sending).toEqual({ ...queued, version: 2, status: 'sending', attempts: 1, claim });
    expect(await read(messages, queued.id)).toEqual(sending);
    await expect(messages.update(queued, { status: 'sending', claim })).rejects.toThrow(VersionConflict);
    const backedOff = await messages.update(sending, {
      status: 'queued',
      claim: null,
      failure: 'throttled',
      dueAt: now + 5_000,
    });
    expect(backedOff).not.toHaveProperty('claim');
    expect(await read(messages, queued.id)).toEqual(backedOff);
    const sent = await messages.update(backedOff, {
      status: 'sent',
      failure: null,
      platformMessageId: secrets.platformMessageId,
      at: now + 9,
    });
    expect(sent).toMatchObject({
      version: 4,
      status: 'sent',
      at: now + 9,
      platformMessageId: secrets.platformMessageId,
    });
    expect(sent).not.toHaveProperty('failure');
    expect(await read(messages, queued.id)).toEqual(sent);
  });

  it('are sealed anew only when what is sealed changes', async () => {
    const { messages, id, write, store } = await setUp();
    await write([sampleMessage(id, 1)]);
    const sealed = async () => (await store.collection('messages').get(`${id}-1-0`))?.['sealed'];
    const [queued] = await messages.lane(id, 1);
    if (!queued) throw new Error('unreachable');
    const before = await sealed();
    const sending = await messages.update(queued, { status: 'sending', attempts: 1 });
    expect(await sealed()).toBe(before);
    await messages.update({ ...sending }, { attempts: 2 });
    expect(await sealed()).not.toBe(before);
    expect((await read(messages, queued.id)).content).toEqual(queued.content);
  });

  it('are found by the id the platform gave them, under its own account only', async () => {
    const { messages, id, write } = await setUp();
    await write([sampleMessage(id, 1)]);
    const message = await read(messages, `${id}-1-0`);
    const sent = await messages.update(message, { status: 'sent', platformMessageId: secrets.platformMessageId });
    const account = { channel: address.channel, account: address.account };
    expect(await messages.findByPlatformId(account, secrets.platformMessageId)).toEqual(sent);
    expect(await messages.findByPlatformId({ ...account, account: 'second' }, secrets.platformMessageId)).toBeNull();
    expect(await messages.findByPlatformId(account, 'other')).toBeNull();
    await messages.update(sent, { status: 'read' });
    expect(await messages.findByPlatformId(account, secrets.platformMessageId)).toMatchObject({ status: 'read' });
  });

  it('strand their lane when they are due or their claim has run out', async () => {
    const { repositories, messages, id, write } = await setUp();
    const otherId = repositories.ids.conversation({ ...address, chat: '2' });
    await write([
      sampleMessage(id, 1, { dueAt: now + 50 }),
      sampleMessage(id, 2, { dueAt: now + 60 }),
      sampleMessage(id, 3, { status: 'held', dueAt: now }),
    ]);
    const claim = { holder: 'w1', until: now + 40 };
    const claimed = sampleMessage(otherId, 1, { status: 'sending', dueAt: now, claim });
    await repositories.followUps.apply(followUpOf(sampleConversation(otherId, 1), { messages: [claimed] }));
    const stranded = async (at: number) => (await messages.strandedLanes(at, { of: 'anybody', limit: 10 })).lanes;
    expect(await stranded(now + 39)).toEqual([]);
    expect(await stranded(now + 40)).toEqual([otherId]);
    expect(await stranded(now + 60)).toEqual([otherId, id]);
    const first = await messages.strandedLanes(now + 60, { of: 'anybody', limit: 2 });
    expect(first.lanes).toEqual([otherId, id]);
    if (!first.next) throw new Error('unreachable');
    const second = await messages.strandedLanes(now + 60, { of: 'anybody', limit: 2, after: first.next });
    expect(second).toEqual({ lanes: [id], next: null });
  });

  it('of officers strand their lanes apart from the others', async () => {
    const { messages, id, write } = await setUp();
    const officer = { author: { is: 'officer', officerId: toId<'officer'>('huda') } } as const;
    await write([sampleMessage(id, 1, { dueAt: now }), sampleMessage(id, 2, { dueAt: now + 10, ...officer })]);
    const stranded = async (at: number) => (await messages.strandedLanes(at, { of: 'officer', limit: 10 })).lanes;
    expect(await stranded(now + 9)).toEqual([]);
    expect(await stranded(now + 10)).toEqual([id]);
    const message = await read(messages, sampleMessage(id, 2).id);
    await messages.update(message, { status: 'sent', claim: null });
    expect(await stranded(now + 10)).toEqual([]);
  });

  it('name the files that are still to be fetched, and not those that are', async () => {
    const { messages, id, write } = await setUp();
    const pending: Attachment = {
      id: toId('f1'),
      kind: 'photo',
      fileName: secrets.fileName,
      state: { is: 'pending', fileId: 'telegram-file' },
    };
    const media = { kind: 'photo', fileId: 'telegram-file' } as const;
    const line = sampleLine(id, 1, { attachment: pending, content: { type: 'media', media } });
    await write([], [line, sampleLine(id, 2)]);
    expect(await messages.pendingAttachments(line.at, 10)).toEqual([line]);
    expect(await messages.pendingAttachments(line.at - 1, 10)).toEqual([]);
    await messages.setAttachment(line.id, pending, line.at + 500);
    expect(await messages.pendingAttachments(line.at + 499, 10)).toEqual([]);
    expect(await messages.pendingAttachments(line.at + 500, 10)).toEqual([line]);
    const stored: Attachment = { ...pending, state: { is: 'stored', blobId: toId('b1') } };
    await messages.setAttachment(line.id, stored);
    expect(await messages.pendingAttachments(line.at + 10_000, 10)).toEqual([]);
    expect(await messages.get(line.id)).toEqual({ ...line, attachment: stored });
    expect(await messages.page(id, { limit: 2 })).toHaveLength(2);
    await expect(messages.setAttachment('none', stored)).resolves.toBeUndefined();
  });

  it('that exist already are left as they are when a follow-up is applied again', async () => {
    const { messages, id, write } = await setUp();
    await write([sampleMessage(id, 1)]);
    const message = await read(messages, `${id}-1-0`);
    const sent = await messages.update(message, { status: 'sent', platformMessageId: 'a' });
    await write([sampleMessage(id, 1), sampleMessage(id, 1, { id: 'second', order: toLineOrder(1, 9) })]);
    expect(await read(messages, `${id}-1-0`)).toEqual(sent);
    expect((await messages.lane(id, 10)).map((waiting) => waiting.id)).toEqual(['second']);
  });
});
