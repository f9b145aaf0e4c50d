import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openWorld, type World } from './set-up.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

const polls = () => world.telegram.callsOf('getUpdates');

describe('long polling', () => {
  it('hands over what a person writes', async () => {
    const { telegram, adapter, intake } = world;
    await adapter.start(intake);
    const message = telegram.userWrites(7, 'السلام عليكم', { last_name: 'Ali' });
    await telegram.until(() => intake.messages.length === 1);
    expect(intake.messages).toEqual([
      {
        address: { channel: 'telegram', account: 'main', chat: '7' },
        platformMessageId: String(message.message_id),
        kind: 'message',
        sentAt: message.date * 1000,
        sender: { name: 'Salma Ali', language: 'ar' },
        content: { type: 'text', text: 'السلام عليكم' },
      },
    ]);
  });

  it('gives a batch to the intake in its order by one call', async () => {
    const { telegram, adapter, intake } = world;
    for (const text of ['one', 'two', 'three']) telegram.userWrites(7, text);
    await adapter.start(intake);
    await telegram.until(() => intake.messages.length === 3);
    expect(intake.batches).toHaveLength(1);
    expect(intake.texts).toEqual(['one', 'two', 'three']);
  });

  it('holds one poll open while nothing comes', async () => {
    const { telegram, adapter, intake } = world;
    await adapter.start(intake);
    await telegram.until(() => polls().length === 1);
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(polls()).toHaveLength(1);
    expect(polls()[0]?.payload).toEqual({
      timeout: 25,
      allowed_updates: ['message', 'edited_message', 'callback_query', 'my_chat_member'],
    });
  });

  it('confirms an update only once it is stored, and loses nothing while the store is away', async () => {
    const { telegram, adapter, intake, log } = world;
    intake.refusals = 4;
    telegram.userWrites(7, 'first');
    await adapter.start(intake);
    await telegram.until(() => intake.refusals === 1);
    telegram.userWrites(7, 'second');
    await telegram.until(() => intake.messages.length === 2);
    expect(intake.texts).toEqual(['first', 'second']);
    const offsets = polls().map((call) => call.payload.offset);
    expect(offsets.slice(0, 4)).toEqual([undefined, undefined, undefined, undefined]);
    await telegram.until(() => telegram.feed.pendingCount === 0);
    expect(log.lines[0]?.fields).toMatchObject({ code: 'store-unavailable', failures: 1, pauseMs: 375 });
    expect(log.lines[3]?.fields).toMatchObject({ failures: 4, pauseMs: 3000 });
  });

  it('hands over what comes twice twice: deduplication is the store’s', async () => {
    const { telegram, adapter, intake } = world;
    telegram.feed.copies = 3;
    telegram.userWrites(7, 'once');
    await adapter.start(intake);
    await telegram.until(() => intake.messages.length === 3);
    expect(new Set(intake.messages.map((message) => message.platformMessageId)).size).toBe(1);
  });

  it('goes on after errors of the server, the network and the pace', async () => {
    const { telegram, adapter, intake, log } = world;
    telegram.failNext('getUpdates', { is: 'status', status: 502 });
    telegram.failNext('getUpdates', { is: 'gateway-page', status: 502 });
    telegram.failNext('getUpdates', { is: 'drop-before' });
    telegram.failNext('getUpdates', { is: 'drop-after' });
    telegram.failNext('getUpdates', { is: 'throttled', retryAfterSeconds: 7 });
    telegram.userWrites(7, 'hello');
    await adapter.start(intake);
    await telegram.until(() => intake.messages.length === 1);
    expect(log.lines.map(({ fields }) => fields)).toMatchObject([
      { reason: 'server-error', pauseMs: 375 },
      { reason: 'network' },
      { reason: 'network' },
      { reason: 'network' },
      { reason: 'throttled', pauseMs: 7000 },
    ]);
  });

  it('waits for a server that is not there', async () => {
    const { telegram, adapter, intake } = world;
    const port = Number(new URL(telegram.apiRoot).port);
    await telegram.stop();
    await adapter.start(intake);
    await new Promise((resolve) => setTimeout(resolve, 30));
    await telegram.start(port);
    telegram.userWrites(7, 'are you there?');
    await telegram.until(() => intake.messages.length === 1);
  });

  it('backs off while another process polls the bot, and goes on when that one ends', async () => {
    const { telegram, adapter, intake, log } = world;
    await adapter.start(intake);
    await telegram.until(() => polls().length === 1);
    await fetch(`${telegram.apiRoot}/bot${telegram.token}/getUpdates?timeout=0`);
    await telegram.until(() => log.lines.length === 1);
    expect(log.lines[0]?.message).toContain('another process polls this bot (409)');
    expect(log.lines[0]?.fields).toMatchObject({ pauseMs: 5000 });
    telegram.userWrites(7, 'hello');
    await telegram.until(() => intake.messages.length === 1);
  });

  it('takes away a webhook that was set before, without dropping what waits', async () => {
    const { telegram, adapter, intake } = world;
    telegram.feed.setWebhook({ url: 'http://127.0.0.1:9/' });
    telegram.userWrites(7, 'waiting');
    await adapter.start(intake);
    await telegram.until(() => intake.messages.length === 1);
    expect(telegram.callsOf('deleteWebhook')[0]?.payload).toEqual({ drop_pending_updates: false });
    telegram.feed.setWebhook({ url: 'http://127.0.0.1:9/' });
    telegram.userWrites(7, 'set while it polls');
    await telegram.until(() => intake.messages.length === 2);
  });

  it('loses nothing when update ids start anew at random', async () => {
    const { telegram, adapter, intake } = world;
    await adapter.start(intake);
    telegram.userWrites(7, 'before');
    await telegram.until(() => polls().length === 2 && telegram.feed.pendingCount === 0);
    // The hold runs out with nothing; 25 s in life.
    telegram.endHold();
    await telegram.until(() => polls().length === 3);
    telegram.feed.nextUpdateId = 5;
    telegram.userWrites(7, 'after a quiet week');
    await telegram.until(() => intake.messages.length === 2);
    expect(intake.texts).toEqual(['before', 'after a quiet week']);
    expect(polls()[2]?.payload.offset).toBeUndefined();
  });

  it('confirms updates that hold no message', async () => {
    const { telegram, adapter, intake } = world;
    telegram.userSends(7, { pinned_message: {} });
    telegram.userWrites(7, 'hello');
    await adapter.start(intake);
    await telegram.until(() => telegram.feed.pendingCount === 0);
    expect(intake.texts).toEqual(['hello']);
  });

  it('writes neither token nor text to the log', async () => {
    const { telegram, adapter, intake, log } = world;
    intake.refusals = 1;
    telegram.failNext('getUpdates', { is: 'drop-before' });
    telegram.userWrites(7, 'a secret sentence');
    await adapter.start(intake);
    await telegram.until(() => intake.messages.length === 1);
    const written = JSON.stringify(log.lines);
    expect(log.lines).toHaveLength(2);
    expect(written).not.toContain(telegram.token);
    expect(written).not.toContain('secret');
  });
});

describe('stopping', () => {
  it('ends an open poll at once', async () => {
    const { telegram, adapter, intake } = world;
    await adapter.start(intake);
    await telegram.until(() => polls().length === 1);
    const before = Date.now();
    await adapter.stop();
    expect(Date.now() - before).toBeLessThan(500);
    await telegram.until(() => polls()[0]?.answer === 'lost');
  });

  it('never confirms what is not stored: it comes again at the next start', async () => {
    const { telegram, adapter, intake } = world;
    intake.refusals = Number.POSITIVE_INFINITY;
    telegram.userWrites(7, 'keep me');
    await adapter.start(intake);
    await telegram.until(() => polls().length >= 2);
    await adapter.stop();
    expect(telegram.feed.pendingCount).toBe(1);
    intake.refusals = 0;
    await adapter.start(intake);
    await telegram.until(() => intake.messages.length === 1);
  });

  it('waits for what is being stored, and leaves it unconfirmed', async () => {
    const { telegram, adapter, intake } = world;
    let open = () => {};
    intake.gate = new Promise((resolve) => (open = resolve));
    telegram.userWrites(7, 'in the middle');
    await adapter.start(intake);
    await telegram.until(() => polls()[0]?.answer === 'given');
    const stopped = adapter.stop();
    open();
    await stopped;
    expect(intake.texts).toEqual(['in the middle']);
    expect(polls()).toHaveLength(1);
    expect(telegram.feed.pendingCount).toBe(1);
  });

  it('ends a pause between two tries', async () => {
    const { telegram, adapter, intake } = world;
    telegram.failNext('getUpdates', { is: 'throttled', retryAfterSeconds: 100_000 });
    await adapter.start(intake);
    await telegram.until(() => polls()[0]?.answer === 'given');
    await adapter.stop();
  });
});
