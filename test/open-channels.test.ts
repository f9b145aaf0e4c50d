import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../src/config.ts';
import type { OutboundMessage } from '../src/domain/conversation.ts';
import { createApp } from '../src/http/app.ts';
import { channelRoutes } from '../src/http/routes/channels.ts';
import { webhookRoutes } from '../src/http/routes/webhooks.ts';
import { openChannels, type Channels } from '../src/open-channels.ts';
import { systemClock } from '../src/ports/clock.ts';
import type { Log } from '../src/ports/log.ts';
import type { Broadcast, Budget } from '../src/ports/queue.ts';
import type { Repositories } from '../src/ports/repositories.ts';
import { createInProcessBroadcast } from '../src/queue/in-process/broadcast.ts';
import type { Runtime } from '../src/runtime/runtime.ts';
import { openRepositories } from '../src/store/repositories.ts';
import { pollUntil } from './support/poll-until.ts';
import { TelegramEmulator } from './support/telegram-emulator.ts';
import { WhatsappCloudEmulator } from './support/whatsapp-cloud-emulator.ts';
import { createWorld, openTemporaryStore, settled, testSecretKey } from './support/world.ts';

const person = '966501234567';
const secondNumber = '206540352242922';
const environment = {
  WHATSAPP_CLOUD_ACCESS_TOKEN: 'EAAtheTokenOfTheSystemUser',
  WHATSAPP_CLOUD_PHONE_NUMBER_ID: '106540352242922',
  WHATSAPP_CLOUD_APP_SECRET: 'the-secret-of-the-app',
  WHATSAPP_CLOUD_VERIFY_TOKEN: 'the-verify-token',
};
const branch = {
  channel: 'whatsapp-cloud',
  account: 'branch',
  title: 'فرع العوالي',
  settings: {
    phoneNumberId: secondNumber,
    accessToken: environment.WHATSAPP_CLOUD_ACCESS_TOKEN,
    appSecret: environment.WHATSAPP_CLOUD_APP_SECRET,
    verifyToken: 'another-verify-token',
  },
};

let cloud: WhatsappCloudEmulator;
let telegram: TelegramEmulator;
let opened: Awaited<ReturnType<typeof openTemporaryStore>>;
let dataDir: string;
const closing: (() => Promise<void>)[] = [];
const lines: string[] = [];

beforeEach(async () => {
  cloud = await new WhatsappCloudEmulator().start();
  cloud.numbers.set(secondNumber, { displayNumber: '15550000002', name: 'فرع' });
  telegram = await new TelegramEmulator().start();
  opened = await openTemporaryStore();
  dataDir = await mkdtemp(join(tmpdir(), 'wasl-channels-'));
  lines.length = 0;
});
afterEach(async () => {
  cloud.feed.url = null;
  for (const close of closing.splice(0).reverse()) await close();
  await cloud.stop();
  await telegram.stop();
  await opened.store.close();
  await opened.remove();
  await rm(dataDir, { recursive: true, force: true });
});

/** A budget of its own would begin empty, and the first answer would wait for six seconds. */
const budget: Budget = { take: async () => ({ granted: true }), hold: async () => {}, close: async () => {} };

const add = (fields: object, message: string) => void lines.push(message + JSON.stringify(fields));
const log: Log = { debug: add, info: add, warn: add, error: add };

interface Process {
  readonly channels: Channels;
  readonly runtime: Runtime;
  readonly repositories: Repositories;
  readonly origin: string;
  ask(method: string, path: string, body?: object): Promise<{ status: number; body: Record<string, unknown> }>;
  close(): Promise<void>;
}

/** One process of an installation. News between processes get lost unless they share a broadcast. */
async function start(
  role: 'web' | 'worker',
  { broadcast = createInProcessBroadcast(), settings = environment } = {},
): Promise<Process> {
  const config = {
    ...readConfig({
      ...{ DATA_DIR: dataDir, TELEGRAM_API_ROOT: telegram.apiRoot, WHATSAPP_CLOUD_API_ROOT: cloud.apiRoot },
      ...settings,
    }),
    role,
  };
  const repositories = await openRepositories({ store: opened.store, secretKey: testSecretKey });
  const processName = `${role}-${Math.random()}`;
  const channels: Channels = await openChannels({
    ...{ config, repositories, broadcast: broadcast, clock: systemClock, log, processName },
    onStatus: () => {},
    runtime: () => world.runtime,
  });
  const world = await createWorld({
    store: opened.store,
    accounts: channels.accounts,
    isSoleWorker: false,
    log,
    budget,
  });
  if (role === 'worker') await world.runtime.startWorker();
  const routes = [webhookRoutes(channels.webhooks), channelRoutes({ desk: channels.desk, token: 'officers' })];
  const app = await createApp({ log, routes });
  const origin = await app.listen({ port: 0, host: '127.0.0.1' });
  let isClosed = false;
  const close = async () => {
    if (isClosed) return;
    isClosed = true;
    await app.close();
    await world.runtime.close();
    await channels.close();
  };
  closing.push(close);
  return {
    ...{ channels, origin, close, runtime: world.runtime, repositories: world.repositories },
    async ask(method, path, body) {
      const response = await fetch(`${origin}/api/channels${path}`, {
        method,
        headers: {
          ...{ authorization: 'Bearer officers', 'x-officer-id': 'huda' },
          ...(body ? { 'content-type': 'application/json' } : {}),
        },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      const text = await response.text();
      return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> };
    },
  };
}

const writes = (text: string, to: string = secondNumber, from = person) =>
  cloud.pushMessages([cloud.toMessage(from, { type: 'text', text: { body: text } })], to);

const sentFrom = (number: string) => cloud.sent.filter(({ from }) => from === number);

function conversationOf({ repositories }: Process, account: string, chat = person) {
  return repositories.ids.conversation({ channel: 'whatsapp-cloud', account, chat });
}

async function outcomesOf(one: Process, account: string): Promise<string[]> {
  const page = await one.repositories.messages.page(conversationOf(one, account), { limit: 50 });
  const sent = page.filter((line): line is OutboundMessage => 'status' in line);
  return sent.map(({ status, failure }) => [status, failure].filter(Boolean).join(': ')).reverse();
}

describe('an account that an officer adds', () => {
  it('is open on a worker within three seconds, also when the news of it are lost, and served there', async () => {
    const web = await start('web');
    const worker = await start('worker');
    const added = await web.ask('POST', '', branch);
    expect(added).toMatchObject({ status: 201, body: { check: 'good', channel: { account: 'branch' } } });
    const addedAt = Date.now();
    await pollUntil('the worker knows it', () => worker.channels.accounts.of(branch) !== null);
    expect(Date.now() - addedAt).toBeLessThan(3_000);
    cloud.feed.url = `${web.origin}/webhooks/whatsapp-cloud/branch`;
    await writes('hello');
    await pollUntil('the person is answered', () => sentFrom(secondNumber).length > 0);
    await settled(worker.repositories, [conversationOf(worker, 'branch')]);
    expect(await outcomesOf(worker, 'branch')).toEqual(['sent']);
    expect(sentFrom(environment.WHATSAPP_CLOUD_PHONE_NUMBER_ID)).toEqual([]);
  });

  it('is never shown, logged or told with its secrets', async () => {
    const news: unknown[] = [];
    const broadcast = createInProcessBroadcast();
    const telling: Broadcast = {
      ...broadcast,
      publish: async (topic, one) => {
        news.push(topic, one);
        await broadcast.publish(topic, one);
      },
    };
    const web = await start('web', { broadcast: telling });
    const answers = [
      await web.ask('POST', '', branch),
      await web.ask('PATCH', '/whatsapp-cloud/branch', { settings: { verifyToken: 'yet-another-verify-token' } }),
      await web.ask('PATCH', '/whatsapp-cloud/branch', { settings: { accessToken: 'no such token' } }),
      await web.ask('POST', '', { ...branch, account: 'twice' }),
      await web.ask('GET', ''),
    ];
    expect(answers.map(({ status }) => status)).toEqual([201, 200, 400, 409, 200]);
    expect(answers[4]?.body).toMatchObject({
      channels: [
        { channel: 'web-chat' },
        { channel: 'whatsapp-cloud', account: 'main', origin: 'environment' },
        {
          ...{
            channel: 'whatsapp-cloud',
            account: 'branch',
            title: 'فرع العوالي',
            origin: 'officers',
            isPaused: false,
          },
          settings: { phoneNumberId: secondNumber, accessToken: '…User', appSecret: '…', verifyToken: '…oken' },
        },
      ],
    });
    expect(news).toContain('channel-accounts');
    const told = JSON.stringify([answers, lines, news]);
    const { accessToken, appSecret, verifyToken } = branch.settings;
    for (const secret of [accessToken, appSecret, verifyToken, 'yet-another', 'no such token'])
      expect(told.includes(secret), secret).toBe(false);
    const audit = await web.repositories.audit.list({ limit: 10 });
    expect(audit.map(({ action, officerId, subjectIds }) => [action, officerId, subjectIds])).toEqual([
      ['account-changed', 'huda', ['whatsapp-cloud/branch']],
      ['account-added', 'huda', ['whatsapp-cloud/branch']],
    ]);
  });

  it.each([
    ['token-refused', 422, { accessToken: 'EAAwrong' }],
    ['number-unknown', 422, { phoneNumberId: '999999999999' }],
    ['app-secret-refused', 422, { appSecret: 'of-another-app' }],
    ['payload-invalid', 400, { verifyToken: 'short' }],
    ['payload-invalid', 400, { unknown: 'x' }],
    ['duplicate', 409, { phoneNumberId: environment.WHATSAPP_CLOUD_PHONE_NUMBER_ID }],
  ])('is refused with %s', async (code, status, settings) => {
    const web = await start('web');
    const answer = await web.ask('POST', '', { ...branch, settings: { ...branch.settings, ...settings } });
    expect(answer).toMatchObject({ status, body: { code } });
    expect((await web.repositories.accounts.list()).accounts).toEqual([]);
  });

  it('is added although the platform is down, and says that nobody could ask it', async () => {
    const web = await start('web');
    await cloud.stop();
    expect(await web.ask('POST', '', branch)).toMatchObject({ status: 201, body: { check: 'unreachable' } });
  });

  it('needs the token that Telegram takes', async () => {
    const web = await start('web');
    const bot = { channel: 'telegram', account: 'second', settings: { token: '222:wrong-token-of-a-bot' } };
    expect(await web.ask('POST', '', bot)).toMatchObject({ status: 422, body: { code: 'token-refused' } });
    const right = { ...bot, settings: { token: telegram.token } };
    expect(await web.ask('POST', '', right)).toMatchObject({ status: 201, body: { check: 'good' } });
    expect(await web.ask('POST', '', { ...right, account: 'third' })).toMatchObject({ status: 409 });
    const webhook = { settings: { mode: 'webhook' } };
    expect(await web.ask('PATCH', '/telegram/second', webhook)).toMatchObject({ status: 400 });
  });

  it('is still here, and can be set to poll, when the address that its webhook needs is gone', async () => {
    const web = await start('web');
    const bot = { channel: 'telegram', account: 'second' };
    const settings = { token: telegram.token, mode: 'webhook', webhookSecret: 'the-secret-of-the-webhook' };
    await web.repositories.accounts.save({ ...bot, title: '', isPaused: false, version: 1, settings }, '1');
    await pollUntil('it is open', () => web.channels.accounts.of(bot) !== null);
    expect(await web.ask('PATCH', '/telegram/second', { settings: { mode: 'polling' } })).toMatchObject({
      ...{ status: 200, body: { channel: { settings: { mode: 'polling' } } } },
    });
  });

  it('never becomes another number, and keeps its name for ever', async () => {
    const web = await start('web');
    cloud.numbers.set('306540352242922', { displayNumber: '15550000003', name: 'ثالث' });
    await web.ask('POST', '', branch);
    const other = { settings: { phoneNumberId: '306540352242922' } };
    expect(await web.ask('PATCH', '/whatsapp-cloud/branch', other)).toMatchObject({ status: 400 });
    expect((await web.ask('DELETE', '/whatsapp-cloud/branch')).status).toBe(204);
    expect(await web.ask('POST', '', branch)).toMatchObject({ status: 409, body: { code: 'duplicate' } });
    expect(await web.ask('POST', '', { ...branch, account: 'branch-2' })).toMatchObject({ status: 201 });
  });

  it('leaves the account of the environment as it is', async () => {
    const web = await start('web');
    for (const [method, body] of [['DELETE'], ['PATCH', { isPaused: true }]] as const)
      expect(await web.ask(method, '/whatsapp-cloud/main', body)).toMatchObject({
        ...{ status: 409, body: { code: 'account-read-only' } },
      });
    expect(await web.ask('POST', '', { ...branch, account: 'main' })).toMatchObject({ status: 409 });
    expect(await web.ask('DELETE', '/whatsapp-cloud/nobody')).toMatchObject({ status: 404 });
    expect(await web.ask('POST', '', { ...branch, channel: 'web-chat' })).toMatchObject({ status: 404 });
  });
});

describe('the one callback address of a Meta app', () => {
  it('carries what is for each of its numbers to the account that has it, and nothing to one of another app', async () => {
    const worker = await start('worker');
    await worker.ask('POST', '', branch);
    cloud.feed.url = `${worker.origin}/webhooks/whatsapp-cloud/main`;
    const toMain = environment.WHATSAPP_CLOUD_PHONE_NUMBER_ID;
    const text = (body: string) => [cloud.toMessage(person, { type: 'text', text: { body } })];
    const both = cloud.toWebhook({ messages: text('hello') }, toMain) as { entry: object[] };
    const other = cloud.toWebhook({ messages: text('hello') }, secondNumber) as { entry: object[] };
    await cloud.feed.push({ ...both, entry: [...both.entry, ...other.entry] });
    await pollUntil('both numbers answered', () => sentFrom(toMain).length + sentFrom(secondNumber).length === 2);
    expect(sentFrom(toMain)).toHaveLength(1);
    // Two numbers, two conversations.
    await writes('Amal', secondNumber);
    await pollUntil('the second number goes on', () => sentFrom(secondNumber).length === 2);
    expect(sentFrom(toMain)).toHaveLength(1);
    await pollUntil('each number marked what it was told', () => cloud.callsOf('mark').length === 3);
    expect(cloud.callsOf('mark').filter(({ path }) => path.includes(secondNumber))).toHaveLength(2);

    // An account of another app: its secret signs nothing here, and its number is nobody's here.
    const foreign = '406540352242922';
    cloud.numbers.set(foreign, { displayNumber: '15550000004', name: 'غريب' });
    const { accounts } = worker.repositories;
    const settings = { ...branch.settings, phoneNumberId: foreign, appSecret: 'of-another-app' };
    const stranger = {
      channel: 'whatsapp-cloud',
      account: 'stranger',
      title: '',
      isPaused: false,
      version: 1,
      settings,
    };
    await accounts.save(stranger, foreign);
    await pollUntil('it is open', () => worker.channels.accounts.find(stranger) !== null);
    await writes('hello', foreign);
    expect(cloud.feed.deliveries.at(-1)?.status).toBe(200);
    const body = JSON.stringify(cloud.toWebhook({ messages: text('hello') }, foreign));
    const refused = await fetch(`${worker.origin}/webhooks/whatsapp-cloud/stranger`, {
      ...{ method: 'POST', body, headers: { 'x-hub-signature-256': cloud.feed.sign(body) } },
    });
    expect(refused.status).toBe(401);
    expect(await worker.repositories.conversations.get(conversationOf(worker, 'stranger'))).toBeNull();
  });
});

describe('an account that is paused', () => {
  it('hears people, answers them when it goes on, and counts no try', async () => {
    const worker = await start('worker');
    await worker.ask('POST', '', branch);
    const paused = await worker.ask('PATCH', '/whatsapp-cloud/branch', { isPaused: true });
    expect(paused).toMatchObject({ status: 200, body: { check: 'not-asked', channel: { isPaused: true } } });
    cloud.feed.url = `${worker.origin}/webhooks/whatsapp-cloud/branch`;
    await writes('hello');
    await pollUntil(
      'the answer waits',
      async () => (await outcomesOf(worker, 'branch'))[0] === 'queued: account-paused',
    );
    const [head] = await worker.repositories.messages.lane(conversationOf(worker, 'branch'), 1);
    expect(head?.attempts).toBe(0);
    expect(cloud.sent).toEqual([]);
    await worker.ask('PATCH', '/whatsapp-cloud/branch', { isPaused: false });
    await pollUntil('it is sent', () => sentFrom(secondNumber).length === 1, 20_000);
  });
});

describe('an account that is removed', () => {
  it('leaves its conversations readable, and what it did not send fails and says why', async () => {
    const web = await start('web');
    const worker = await start('worker');
    await web.ask('POST', '', branch);
    cloud.feed.url = `${web.origin}/webhooks/whatsapp-cloud/branch`;
    await writes('hello');
    await pollUntil('the person is answered', () => sentFrom(secondNumber).length > 0);
    await settled(worker.repositories, [conversationOf(worker, 'branch')]);
    const [first] = await worker.repositories.messages.page(conversationOf(worker, 'branch'), { limit: 1 });
    if (!first || !('status' in first)) throw new Error('nothing was sent');
    const statuses = [cloud.toStatus(first.platformMessageId ?? '', person, 'failed', 131047)];
    await cloud.feed.push(cloud.toWebhook({ statuses }, secondNumber));
    await pollUntil('it is held', async () => (await outcomesOf(worker, 'branch'))[0] === 'held: outside-window');
    await web.ask('DELETE', '/whatsapp-cloud/branch');
    await pollUntil(
      'all of it failed',
      async () => (await outcomesOf(worker, 'branch')).join() === 'failed: account-removed',
    );
    expect((await worker.repositories.messages.page(conversationOf(worker, 'branch'), { limit: 9 })).length).toBe(2);
    await pollUntil(
      'nothing is left to clean up',
      async () => (await worker.repositories.accounts.list()).removed[0]?.isSettled === true,
    );
    expect((await fetch(`${web.origin}/webhooks/whatsapp-cloud/branch`)).status).toBe(404);
    expect(await web.ask('PATCH', '/whatsapp-cloud/branch', { isPaused: false })).toMatchObject({ status: 404 });
  });

  it('fails what waits in its lane', async () => {
    const worker = await start('worker');
    await worker.ask('POST', '', branch);
    cloud.feed.url = `${worker.origin}/webhooks/whatsapp-cloud/branch`;
    cloud.failNext('send', { is: 'error', status: 500, code: 131000 }, 50);
    await writes('hello');
    await pollUntil('it is tried', () => cloud.callsOf('send').length > 0);
    await worker.ask('DELETE', '/whatsapp-cloud/branch');
    await pollUntil('it failed', async () => (await outcomesOf(worker, 'branch'))[0] === 'failed: account-removed');
  });
});

describe('a bot that two workers know', () => {
  it('is polled by one of them, and by the other when that one stops', async () => {
    const one = await start('worker');
    const two = await start('worker');
    const bot = { channel: 'telegram', account: 'second', settings: { token: telegram.token } };
    await one.ask('POST', '', bot);
    await pollUntil('both know it', () => two.channels.accounts.of(bot) !== null);
    telegram.userWrites(7, 'hello');
    await telegram.until(() => telegram.sentTo(7).length === 1);
    expect(telegram.calls.filter(({ status }) => status === 409)).toEqual([]);
    await one.close();
    telegram.userWrites(7, 'Amal');
    await telegram.until(() => telegram.sentTo(7).length === 2, 20_000);
    expect(telegram.calls.filter(({ status }) => status === 409)).toEqual([]);
  });
});
