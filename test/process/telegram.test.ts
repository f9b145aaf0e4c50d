import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { repliesTo } from '../soak/verdict.ts';
import { freePort } from '../support/own-redis.ts';
import { echoFlows, ownServer, removeBuilt, type OwnServer } from './own-server.ts';

const texts = ['message 0', 'message 1', 'message 2'];

let own: OwnServer;
beforeEach(async () => {
  own = await ownServer();
});
afterEach(() => own.remove());
afterAll(removeBuilt);

function chatsOf(count: number): number[] {
  return Array.from({ length: count }, (_, index) => 20_000 + index);
}

/** Everybody writes three messages, waiting together when the server first asks. */
function write(chats: readonly number[]): void {
  for (const chat of chats) for (const text of texts) own.emulator.userWrites(chat, text);
}

function answeredRightly(chats: readonly number[]): number[] {
  const expected = repliesTo(texts).join('|');
  return chats.filter((chat) => repliesOf(chat).join('|') === expected);
}

function repliesOf(chat: number): string[] {
  return own.emulator.sentTo(chat).map(({ text = '' }) => text.replace(/[\u2066-\u2069]/g, ''));
}

/** Within a minute: at the pace that Telegram allows, 600 answers alone take half of it. */
function allAnswered(chats: readonly number[]): Promise<true> {
  return own.emulator.until(() => chats.every((chat) => own.emulator.sentTo(chat).length >= texts.length), 60_000);
}

describe('a burst', () => {
  it('of three messages each of 200 people is answered in order, 200 of 200', async () => {
    const chats = chatsOf(200);
    write(chats);
    await own.startReady(echoFlows);
    const readyAt = Date.now();
    await allAnswered(chats);
    console.log(`burst: 600 messages answered ${Date.now() - readyAt} ms after the server was ready`);
    await pause(500);
    expect(answeredRightly(chats)).toHaveLength(200);
  });
});

describe('when every update comes three times', () => {
  it('is processed once', async () => {
    own.emulator.feed.copies = 3;
    const chats = chatsOf(30);
    await own.startReady(echoFlows);
    write(chats);
    await allAnswered(chats);
    await own.emulator.until(() => own.emulator.feed.pendingCount === 0);
    await pause(500);
    expect(answeredRightly(chats)).toHaveLength(30);
    expect(own.emulator.callsOf('sendMessage')).toHaveLength(90);
  });
});

describe('in webhook mode', () => {
  it('announces its address with the secret and answers what is posted there, once and in order', async () => {
    const port = await freePort();
    const secret = 'only-telegram-knows';
    await own.startReady({
      ...echoFlows,
      PORT: String(port),
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      TELEGRAM_MODE: 'webhook',
      TELEGRAM_WEBHOOK_SECRET: secret,
    });
    await own.emulator.until(() => own.emulator.feed.webhook);
    const webhook = own.emulator.feed.webhook;
    expect(webhook).toEqual({ url: `http://127.0.0.1:${port}/webhooks/telegram/main`, secretToken: secret });
    const stranger = await fetch(webhook?.url ?? '', { method: 'POST', body: '{}' });
    expect(stranger.status).toBe(401);

    own.emulator.feed.copies = 2;
    const chats = chatsOf(30);
    write(chats);
    await allAnswered(chats);
    await own.emulator.until(() => own.emulator.feed.pendingCount === 0);
    await pause(500);
    expect(answeredRightly(chats)).toHaveLength(30);
    expect(new Set(own.emulator.feed.webhookAnswers)).toEqual(new Set([200]));
  });
});
