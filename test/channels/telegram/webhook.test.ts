import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openWorld, type World } from './set-up.ts';

const secret = 'a-secret_of-the-webhook';
const update = { update_id: 1, message: { message_id: 1, date: 1, chat: { id: 7, type: 'private' }, text: 'hi' } };

let world: World;
let server: Server;
let url: string;

beforeEach(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      void world.adapter
        .handleWebhook(
          { method: request.method ?? '', query: {}, headers: request.headers, body: Buffer.concat(chunks) },
          world.intake,
          async () => {},
        )
        .then(({ status }) => response.writeHead(status).end());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  url = `http://127.0.0.1:${address.port}/webhooks/telegram/main`;
  world = await openWorld({ mode: 'webhook', webhookSecret: secret, webhookUrl: url });
});
afterEach(async () => {
  await world.close();
  server.closeAllConnections();
  server.close();
});

async function post(body: string | Uint8Array, headers: Record<string, string> = {}): Promise<number> {
  const given = { 'content-type': 'application/json', 'x-telegram-bot-api-secret-token': secret, ...headers };
  const answer = await fetch(url, { method: 'POST', headers: given, body: new Blob([Buffer.from(body)]) });
  return answer.status;
}

describe('the webhook', () => {
  it('is announced with its secret and carries updates in their order', async () => {
    const { telegram, adapter, intake } = world;
    telegram.failNext('setWebhook', { is: 'status', status: 502 });
    telegram.userWrites(7, 'one');
    telegram.userWrites(7, 'two');
    await adapter.start(intake);
    await telegram.until(() => intake.messages.length === 2);
    expect(intake.texts).toEqual(['one', 'two']);
    expect(telegram.callsOf('setWebhook')[1]?.payload).toEqual({
      url,
      secret_token: secret,
      allowed_updates: ['message', 'edited_message', 'callback_query', 'my_chat_member'],
    });
  });

  it('loses nothing while the store is away', async () => {
    const { telegram, adapter, intake } = world;
    intake.refusals = 3;
    await adapter.start(intake);
    telegram.userWrites(7, 'one');
    telegram.userWrites(7, 'two');
    await telegram.until(() => intake.messages.length === 2);
    expect(telegram.feed.webhookAnswers).toEqual([503, 503, 503, 200, 200]);
    expect(intake.texts).toEqual(['one', 'two']);
  });

  it('answers taps', async () => {
    const { telegram, adapter, intake } = world;
    await adapter.start(intake);
    telegram.world.openChat(7);
    await world.send(7, { type: 'text', text: '?', choices: [{ id: 'a', label: 'A' }] });
    const [question] = telegram.sentTo(7);
    if (!question) throw new Error('nothing was sent');
    const tapId = telegram.userTaps(question, 'A');
    await telegram.until(() => telegram.world.answeredTaps.includes(tapId));
    expect(intake.messages[0]?.platformMessageId).toBe(tapId);
  });

  it('accepts an update, and a kind it does not know', async () => {
    expect(await post(JSON.stringify(update))).toBe(200);
    expect(await post('{"update_id":2,"some_new_kind":{}}')).toBe(200);
    expect(world.intake.texts).toEqual(['hi']);
  });

  it.each<[string, Record<string, string>]>([
    ['a wrong secret', { 'x-telegram-bot-api-secret-token': 'wrong' }],
    ['an empty secret', { 'x-telegram-bot-api-secret-token': '' }],
    ['a secret that only begins right', { 'x-telegram-bot-api-secret-token': secret.slice(0, -1) }],
  ])('refuses %s', async (_what, headers) => {
    expect(await post(JSON.stringify(update), headers)).toBe(401);
    expect(world.intake.messages).toEqual([]);
  });

  it('refuses everything when it has no secret', async () => {
    const open = await openWorld({ mode: 'webhook' });
    const body = Buffer.from(JSON.stringify(update));
    const request = { method: 'POST', query: {}, headers: {}, body };
    expect(await open.adapter.handleWebhook(request, open.intake, async () => {})).toEqual({ status: 401 });
    await open.close();
  });

  it.each<[string, number, string | Uint8Array]>([
    ['an empty body', 400, ''],
    ['a truncated body', 400, JSON.stringify(update).slice(0, -5)],
    ['no JSON', 400, '<xml/>'],
    ['no UTF-8', 400, Uint8Array.of(0x22, 0xff, 0xfe, 0x22)],
    ['a body nested deep', 400, `{"update_id":1,"message":${'['.repeat(200_000)}${']'.repeat(200_000)}}`],
    ['a huge body', 413, JSON.stringify({ update_id: 1, x: 'x'.repeat(2 * 1024 * 1024) })],
    ['a list', 400, '[1,2,3]'],
    ['a bare null', 400, 'null'],
    ['an update without a number', 400, '{"message":{}}'],
    ['an update with a wrong number', 400, '{"update_id":"1"}'],
  ])('refuses %s with %i', async (_what, status, body) => {
    expect(await post(body)).toBe(status);
    expect(world.intake.messages).toEqual([]);
  });
});
