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

  it('refuses everything when it has no secret', async () => {
    const open = await openWorld({ mode: 'webhook' });
    const body = Buffer.from(JSON.stringify(update));
    const request = { method: 'POST', query: {}, headers: {}, body };
    expect(await open.adapter.handleWebhook(request, open.intake, async () => {})).toEqual({ status: 401 });
    await open.close();
  });
});
