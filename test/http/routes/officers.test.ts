import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SendError } from '../../../src/domain/errors.ts';
import { toId, type ConversationId } from '../../../src/domain/ids.ts';
import { createApp } from '../../../src/http/app.ts';
import { officerRoutes } from '../../../src/http/routes/officers.ts';
import { systemClock } from '../../../src/ports/clock.ts';
import { createRecordingChannel } from '../../support/recording-channel.ts';
import { addressOf, createWorld, messageFrom, openTemporaryStore, settled, silentLog } from '../../support/world.ts';

const token = 'a'.repeat(48);
let opened: Awaited<ReturnType<typeof openTemporaryStore>>;
let close: () => Promise<void>;
let url: string;
let world: Awaited<ReturnType<typeof createWorld>>;
let channel: ReturnType<typeof createRecordingChannel>;
let isBroken: boolean;
let requests: number;

beforeEach(async () => {
  opened = await openTemporaryStore();
  isBroken = false;
  requests = 0;
  channel = createRecordingChannel({
    before: async () => {
      if (isBroken) throw new SendError({ is: 'final', reason: 'bad' });
    },
  });
  world = await createWorld({ store: opened.store, adapters: [channel] });
  await world.runtime.startWorker();
  const { runtime, repositories } = world;
  const routes = [
    officerRoutes({ handoff: runtime.handoff, repositories, openFile: async () => null, clock: systemClock, token }),
  ];
  const app = await createApp({ log: silentLog, routes });
  url = await app.listen({ port: 0, host: '127.0.0.1' });
  close = async () => {
    await app.close();
    await runtime.close();
    await opened.store.close();
    await opened.remove();
  };
});
afterEach(() => close());

const idOf = (chat: string): ConversationId => world.repositories.ids.conversation(addressOf(chat));

async function say(chat: string, ...texts: string[]) {
  for (const text of texts) {
    await world.runtime.intake.accept([messageFrom(chat, `m${requests++}`, text)]);
    await settled(world.repositories, [idOf(chat)]);
  }
}

async function ask(method: 'GET' | 'POST', path: string, body?: object, headers: Record<string, string> = {}) {
  const response = await fetch(`${url}/api/conversations${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      'x-officer-id': 'huda',
      ...(body ? { 'content-type': 'application/json' } : {}),
      ...headers,
    },
    ...(body ? { body: JSON.stringify({ requestId: `request-${requests++}`, ...body }) } : {}),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe('the officers’ side over HTTP', () => {
  it('carries a conversation from the queue to its end', async () => {
    await say('7', 'hello', 'Amal', 'human');
    const id = idOf('7');
    expect(await ask('GET', '')).toMatchObject({
      status: 200,
      body: { conversations: [{ id, owner: 'queue', personName: 'Amal', handoff: { reason: 'asked' } }] },
    });
    expect(await ask('POST', `/${id}/reply`, { text: 'hi' })).toMatchObject({
      status: 409,
      body: { code: 'not-owned' },
    });
    expect(await ask('POST', `/${id}/claim`, { officerName: 'Huda' })).toMatchObject({ status: 200 });
    expect(await ask('GET', '?owner=officer')).toMatchObject({
      body: { conversations: [{ id, officer: { name: 'Huda' } }] },
    });
    const sami = { 'x-officer-id': 'sami' };
    expect(await ask('POST', `/${id}/claim`, { officerName: 'Sami' }, sami)).toMatchObject({
      status: 409,
      body: { code: 'owned-by-another' },
    });
    expect(await ask('POST', `/${id}/close`, {}, sami)).toMatchObject({ status: 409, body: { code: 'not-owned' } });
    expect(await ask('POST', `/${id}/reply`, { text: 'I am here.' })).toMatchObject({ status: 200 });
    expect(await ask('POST', `/${id}/notes`, { text: 'calls tomorrow' })).toMatchObject({ status: 200 });
    expect(await ask('POST', `/${id}/close`, {})).toMatchObject({ status: 200 });
    await settled(world.repositories, [id]);
    expect(channel.sent.at(-1)?.content).toMatchObject({ text: 'How was it?' });

    const { body } = await ask('GET', `/${id}/messages?limit=3`);
    expect(body['messages']).toMatchObject([
      { direction: 'out', author: { is: 'bot' }, status: 'sent' },
      { direction: 'note', author: { officerId: 'huda' } },
      { direction: 'out', author: { is: 'officer', officerId: 'huda' }, content: { text: 'I am here.' } },
    ]);
    const audited = (await world.repositories.audit.list({ limit: 20 })).map(
      (entry) => `${entry.officerId} ${entry.action}`,
    );
    expect(audited.sort()).toEqual([
      ...['huda officer-claimed', 'huda officer-closed', 'huda officer-noted', 'huda officer-replied'],
      'huda transcript-read',
    ]);
  });

  it('does an act once however often it is asked for, and another act with the same request id too', async () => {
    await say('7', 'hello', 'human');
    const same = { requestId: 'request-same' };
    await ask('POST', `/${idOf('7')}/claim`, { ...same, officerName: 'Huda' });
    for (let copy = 0; copy < 3; copy += 1)
      expect(await ask('POST', `/${idOf('7')}/reply`, { ...same, text: 'once' })).toMatchObject({ status: 200 });
    await settled(world.repositories, [idOf('7')]);
    const texts = channel.sent.map(({ content }) => (content.type === 'text' ? content.text : ''));
    expect(texts.filter((text) => text === 'once')).toHaveLength(1);
  });

  it('does not let an old list silence the bot', async () => {
    await say('7', 'hello', 'human', 'menu');
    expect(await ask('POST', `/${idOf('7')}/claim`, { officerName: 'Huda' })).toMatchObject({
      status: 409,
      body: { code: 'not-queued' },
    });
  });

  it('says of a message to be sent again what is true', async () => {
    isBroken = true;
    await say('7', 'hello');
    isBroken = false;
    const failed = (await world.repositories.messages.page(idOf('7'), { limit: 5 })).find(
      (line) => line.direction === 'out',
    );
    const path = `/${idOf('7')}/messages/${failed?.id}/resend`;
    await say('8', 'hello');
    expect(await ask('POST', `/${idOf('8')}/messages/${failed?.id}/resend`, {})).toMatchObject({ status: 404 });
    expect(await ask('POST', `/${idOf('7')}/messages/nothing/resend`, {})).toMatchObject({
      status: 404,
      body: { outcome: 'refused', code: 'not-found' },
    });
    expect(await ask('POST', path, {})).toMatchObject({ status: 200 });
    await settled(world.repositories, [idOf('7')]);
    expect(channel.sent.filter((sent) => sent.chat === '7')).toHaveLength(1);
    expect(await ask('POST', path, {})).toMatchObject({ status: 409, body: { code: 'not-failed' } });
  });

  it('knows nothing of a person who was erased', async () => {
    await say('7', 'hello', 'human');
    await ask('POST', `/${idOf('7')}/claim`, { officerName: 'Huda' });
    await say('7', 'delete my data');
    await expect
      .poll(() => world.repositories.conversations.get(idOf('7')), { timeout: 5_000 })
      .toMatchObject({ erased: true });
    expect(await ask('POST', `/${idOf('7')}/reply`, { text: 'hi' })).toMatchObject({ status: 404 });
    expect(await ask('GET', `/${idOf('7')}/messages`)).toMatchObject({ status: 404 });
    expect(channel.sent.at(-1)?.content).toMatchObject({ text: 'You are forgotten. Farewell.' });
  });
});

describe('a file that was removed because its time was over', () => {
  it('is said to be, in the transcript and where it was', async () => {
    await say('7', 'hello');
    const { messages } = world.repositories;
    const [line] = (await messages.page(idOf('7'), { limit: 9 })).filter(({ direction }) => direction === 'in');
    const id = line?.id ?? '';
    await messages.setAttachment(id, { id: toId(id), kind: 'photo', state: { is: 'removed' } });
    const file = await ask('GET', `/${idOf('7')}/messages/${id}/file`);
    expect(file).toMatchObject({ status: 410, body: { code: 'file-removed' } });
    expect(await ask('GET', `/someone-else/messages/${id}/file`)).toMatchObject({ status: 404 });
    const transcript = await ask('GET', `/${idOf('7')}/messages`);
    expect(JSON.stringify(transcript.body)).toContain('"state":"removed"');
  });
});

describe('who and what is let in', () => {
  it.each(['', 'Bearer', `Bearer ${token}x`, `Basic ${token}`, `bearer ${token}`])(
    'only the holder of the token, not %j, asked before a body is read',
    async (authorization) => {
      const broken = { 'content-type': 'application/json', authorization };
      const response = await fetch(`${url}/api/conversations/x/claim`, { method: 'POST', headers: broken, body: '{' });
      expect(response.status).toBe(401);
      expect((await fetch(`${url}/api/conversations`, { headers: { authorization } })).status).toBe(401);
    },
  );

  it.each([
    ['a conversation there is not', 'POST', '/nobody/claim', { officerName: 'Huda' }, 404],
    ['an id with other characters', 'POST', '/%00%2F../claim', { officerName: 'Huda' }, 400],
    ['a claim without a name', 'POST', '/x/claim', {}, 400],
    ['a text of blanks', 'POST', '/x/reply', { text: '  ' }, 400],
    ['a text that is too long', 'POST', '/x/reply', { text: 'x'.repeat(16_001) }, 400],
    ['a body that is too large', 'POST', '/x/reply', { text: 'x'.repeat(70_000) }, 413],
    ['a request id that is too short', 'POST', '/x/release', { requestId: 'r' }, 400],
    ['too large a page', 'GET', '?limit=101', undefined, 400],
    ['an owner there is not', 'GET', '?owner=bot', undefined, 400],
    ['a file there is not', 'GET', '/x/messages/y/file', undefined, 404],
  ] as const)('refuses %s', async (_, method, path, body, status) => {
    const answer = await ask(method, path, body);
    expect(answer).toMatchObject({
      status,
      body: { code: expect.any(String) as string, message: expect.any(String) as string },
    });
  });

  it('refuses an officer’s name that would have to be changed', async () => {
    expect(await ask('POST', '/x/release', {}, { 'x-officer-id': 'a b' })).toMatchObject({ status: 400 });
  });
});
