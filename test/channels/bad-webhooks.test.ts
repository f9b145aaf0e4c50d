import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTelegramAdapter } from '../../src/channels/telegram/adapter.ts';
import { createWhatsappCloudAdapter } from '../../src/channels/whatsapp-cloud/adapter.ts';
import { createApp } from '../../src/http/app.ts';
import { webhookRoutes, type WebhookHandler } from '../../src/http/routes/webhooks.ts';
import { systemClock as clock } from '../../src/ports/clock.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { createCountedStore } from '../support/counted-store.ts';
import { TelegramEmulator } from '../support/telegram-emulator.ts';
import { WhatsappCloudEmulator } from '../support/whatsapp-cloud-emulator.ts';
import { escapeUnicode } from '../support/whatsapp-cloud/webhook-feed.ts';
import { createWorld, openTemporaryStore, settled, silentLog as log } from '../support/world.ts';

const secret = 'a-secret_of-the-webhook';
const person = '966501234567';
const day = 86_400_000;
const megabyte = 1024 * 1024;
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

/** A channel's webhook as its platform calls it. */
interface Door {
  readonly path: string;
  readonly maxBytes: number;
  headers(body: string | Uint8Array): Record<string, string>;
  /** A call that is in order. */
  body(): string;
  readonly chat: string;
}

let telegram: TelegramEmulator;
let cloud: WhatsappCloudEmulator;
let opened: Awaited<ReturnType<typeof openTemporaryStore>>;
let counted: ReturnType<typeof createCountedStore>;
let world: Awaited<ReturnType<typeof createWorld>>;
let app: Awaited<ReturnType<typeof createApp>>;
let origin: string;

const sign = (body: string | Uint8Array, appSecret = cloud.feed.appSecret) =>
  `sha256=${createHmac('sha256', appSecret).update(body).digest('hex')}`;

const doors: Record<string, Door> = {
  telegram: {
    path: '/webhooks/telegram/main',
    maxBytes: megabyte,
    headers: () => ({ 'x-telegram-bot-api-secret-token': secret }),
    body: () => '{"update_id":1,"message":{"message_id":1,"date":1,"chat":{"id":7,"type":"private"},"text":"hi"}}',
    chat: '7',
  },
  'whatsapp-cloud': {
    path: '/webhooks/whatsapp-cloud/main',
    maxBytes: 3 * megabyte,
    headers: (body) => ({ 'x-hub-signature-256': sign(body) }),
    body: () =>
      JSON.stringify(
        cloud.toWebhook({ messages: [cloud.toMessage(person, { type: 'text', text: { body: 'مرحبا' } })] }),
      ),
    chat: person,
  },
};

beforeAll(async () => {
  [telegram, cloud, opened] = await Promise.all([
    new TelegramEmulator().start(),
    new WhatsappCloudEmulator().start(),
    openTemporaryStore(),
  ]);
  telegram.world.openChat(7);
  counted = createCountedStore(opened.store);
  const { token, apiRoot } = telegram;
  const bot = createTelegramAdapter({
    ...{ account: 'main', token, apiRoot, mode: 'webhook', webhookSecret: secret, clock, log },
  });
  const number = createWhatsappCloudAdapter({
    ...{ account: 'main', phoneNumberId: cloud.phoneNumberId, accessToken: cloud.accessToken, apiRoot: cloud.apiRoot },
    ...{ appSecret: cloud.feed.appSecret, verifyToken: cloud.feed.verifyToken, clock, log },
  });
  world = await createWorld({ store: counted.store, adapters: [bot, number], budget: unbounded });
  const { intake, receipts }: Runtime = world.runtime;
  const handlers = new Map<string, WebhookHandler>([
    ['telegram/main', (request) => bot.handleWebhook(request, intake, receipts.accept)],
    ['whatsapp-cloud/main', (request) => number.handleWebhook(request, intake, receipts.accept)],
  ]);
  app = await createApp({ log, routes: [webhookRoutes(handlers)] });
  origin = await app.listen({ port: 0, host: '127.0.0.1' });
});

beforeEach(() => {
  for (const list of [counted.reads, counted.writes, telegram.calls, cloud.calls]) list.length = 0;
});

afterAll(async () => {
  await app.close();
  await world.runtime.close();
  await Promise.all([telegram.stop(), cloud.stop()]);
  await opened.store.close();
  await opened.remove();
});

const unbounded = { take: async () => ({ granted: true }) as const, hold: async () => {}, close: async () => {} };

async function postTo({ path }: Door, body: string | Uint8Array, headers: Record<string, string>): Promise<number> {
  const given = { 'content-type': 'application/json', ...headers };
  const answer = await fetch(origin + path, { method: 'POST', headers: given, body: new Blob([Buffer.from(body)]) });
  return answer.status;
}

function doorOf(channel: string): Door {
  const door = doors[channel];
  if (!door) throw new Error(`there is no channel ${channel}`);
  return door;
}

/** Nothing was read or written for it, and no platform was called. */
function expectNoWork(): void {
  expect({ reads: counted.reads, writes: counted.writes, telegram: telegram.calls, cloud: cloud.calls }).toEqual({
    ...{ reads: [], writes: [], telegram: [], cloud: [] },
  });
}

describe.each(Object.entries(doors))('the webhook of %s', (channel, door) => {
  const post = (body: string | Uint8Array, headers = door.headers(body)) => postTo(door, body, headers);

  it.each<[string, number, () => string | Uint8Array]>([
    ['an empty body', 400, () => ''],
    ['a truncated body', 400, () => door.body().slice(0, -5)],
    ['no JSON', 400, () => '<xml/>'],
    ['no UTF-8', 400, () => Uint8Array.of(0x22, 0xff, 0xfe, 0x22)],
    ['a body nested deep', 400, () => `{"object":"x","message":${nested(200_000)}}`],
    ['a body over its limit', 413, () => JSON.stringify({ x: 'x'.repeat(door.maxBytes) })],
    ['a body over every limit', 413, () => Buffer.alloc(4 * megabyte, ' ')],
    ['a list', 400, () => '[1,2,3]'],
    ['a bare null', 400, () => 'null'],
    ['a number', 400, () => '7'],
    ["another platform's call", 400, () => '{"object":"page","entry":[]}'],
    ['nothing in it', 400, () => '{}'],
    [
      'a wrong type where its head is',
      400,
      () => '{"object":["whatsapp_business_account"],"update_id":"1","entry":"x"}',
    ],
  ])('refuses %s with %i, without work', async (_what, status, body) => {
    expect(await post(body())).toBe(status);
    expectNoWork();
  });

  it('refuses what is not signed, signed by somebody else or cut short, without work', async () => {
    const body = door.body();
    const forged: Record<string, string>[] = [{}];
    for (const [name, value] of Object.entries(door.headers(body))) {
      forged.push({ [name]: '' }, { [name]: 'x' }, { [name]: value.slice(0, -1) }, { [name]: `${value}00` });
    }
    forged.push(
      { 'x-hub-signature-256': sign(body, 'another-secret') },
      { 'x-hub-signature-256': sign('{}') },
      { 'x-hub-signature-256': sign(body).slice('sha256='.length) },
      { 'x-hub-signature': `sha1=${createHmac('sha1', cloud.feed.appSecret).update(body).digest('hex')}` },
    );
    for (const headers of forged) expect(await post(body, headers), JSON.stringify(headers)).toBe(401);
    expectNoWork();
  });

  it('does nothing for a body that breaks off on its way', async () => {
    const body = door.body();
    const { port, hostname } = new URL(origin);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    const lines = [`POST ${door.path} HTTP/1.1`, 'host: x', `content-length: ${Buffer.byteLength(body)}`];
    for (const [name, value] of Object.entries(door.headers(body))) lines.push(`${name}: ${value}`);
    socket.write(`${lines.join('\r\n')}\r\n\r\n${body.slice(0, 20)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expectNoWork();
  });

  it.each(['PUT', 'DELETE', 'PATCH'])('knows no %s', async (method) => {
    expect((await fetch(origin + door.path, { method, body: '{}' })).status).toBe(404);
    expectNoWork();
  });
});

describe('the webhook of whatsapp-cloud', () => {
  const door = doorOf('whatsapp-cloud');
  const post = (body: string, headers = door.headers(body)) => postTo(door, body, headers);

  it('refuses messages of wrong types, and a replay from before the platform would have given up, without work', async () => {
    const wrong = JSON.stringify(cloud.toWebhook({ messages: [{ id: 1, from: 2 }] }));
    cloud.now = () => Date.now() - 9 * day;
    const old = JSON.stringify(
      cloud.toWebhook({ messages: [cloud.toMessage(person, { type: 'text', text: { body: 'x' } })] }),
    );
    cloud.now = () => Date.now();
    for (const body of [wrong, old]) expect(await post(body)).toBe(400);
    expectNoWork();
  });

  it('refuses other bytes than were signed, though they mean the same', async () => {
    const body = escapeUnicode(door.body());
    const rewritten = JSON.stringify(JSON.parse(body));
    expect(rewritten).not.toBe(body);
    expect(await post(rewritten, { 'x-hub-signature-256': sign(body) })).toBe(401);
  });
});

describe('what is given again, in order each time,', () => {
  beforeAll(() => world.runtime.startWorker());

  it.each(Object.keys(doors))('is taken each time and answered once on %s', async (channel) => {
    const door = doorOf(channel);
    const body = door.body();
    const id = world.repositories.ids.conversation({ channel, account: 'main', chat: door.chat });
    const sends = () => telegram.callsOf('sendMessage').length + cloud.callsOf('send').length;
    const before = sends();
    expect(await postTo(door, body, door.headers(body))).toBe(200);
    await settled(world.repositories, [id]);
    const answered = sends();
    for (let copy = 0; copy < 3; copy += 1) expect(await postTo(door, body, door.headers(body))).toBe(200);
    await settled(world.repositories, [id]);
    expect([answered - before, sends() - answered]).toEqual([1, 0]);
    expect(counted.writes.join()).toContain('insert events');
  });
});
