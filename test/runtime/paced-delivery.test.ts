import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTelegramAdapter } from '../../src/channels/telegram/adapter.ts';
import { createWhatsappCloudAdapter } from '../../src/channels/whatsapp-cloud/adapter.ts';
import { createWhatsappWebAdapter } from '../../src/channels/whatsapp-web/adapter.ts';
import type { Urgency } from '../../src/domain/urgency.ts';
import type { ChannelAdapter } from '../../src/ports/channel.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Budget } from '../../src/ports/queue.ts';
import type { Repositories } from '../../src/ports/repositories.ts';
import { createInProcessBudget } from '../../src/queue/in-process/budget.ts';
import { createCountedStore } from '../support/counted-store.ts';
import { putInLane, quantile } from '../support/overload.ts';
import { pollUntil } from '../support/poll-until.ts';
import { createRecordingChannel } from '../support/recording-channel.ts';
import { TelegramEmulator } from '../support/telegram-emulator.ts';
import { WhatsappCloudEmulator } from '../support/whatsapp-cloud-emulator.ts';
import { realLimits } from '../support/whatsapp-cloud/sending-limits.ts';
import { createScaledClock, createWorld, openTemporaryStore, silentLog } from '../support/world.ts';

const telegramLimits = { perChatPerSecond: 1, perChatBurst: 3, overallPerSecond: 30, groupPerMinute: 20 };
const hour = 3_600_000;

let opened: Awaited<ReturnType<typeof openTemporaryStore>>;
const closing: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  opened = await openTemporaryStore();
});

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await opened.store.close();
  await opened.remove();
});

/** One runtime over the test's store with an in-process budget whose buckets are full, or hold what an hour fills. */
async function startWorld(adapter: ChannelAdapter, clock: Clock, store = opened.store) {
  const began = clock.now() - hour;
  const budget = createInProcessBudget({ clock: { ...clock, now: once(began, clock) } });
  const world = await createWorld({ store, adapters: [adapter], clock, budget });
  closing.push(() => world.runtime.close());
  return world;
}

/** The first look at the clock tells an earlier time: the buckets have been filling since then. */
function once(first: number, clock: Clock): () => number {
  let isFirst = true;
  return () => {
    if (!isFirst) return clock.now();
    isFirst = false;
    return first;
  };
}

async function allSent(repositories: Repositories, addresses: readonly Parameters<typeof putInLane>[1][]) {
  for (const address of addresses) {
    const id = repositories.ids.conversation(address);
    await pollUntil('the lane is empty', async () => (await repositories.messages.lane(id, 1)).length === 0, 25_000);
  }
}

describe('ten times more than Telegram takes', () => {
  it('is sent within its limits: officers first, then the bot, then broadcasts, each conversation in order', async () => {
    const clock = createScaledClock(2);
    const telegram = await new TelegramEmulator().start();
    closing.push(() => telegram.stop());
    telegram.limits = telegramLimits;
    telegram.api.now = clock.now;
    const takenAt = new Map<string, number>();
    const { token, apiRoot } = telegram;
    const plain = createTelegramAdapter({ account: 'main', token, apiRoot, mode: 'webhook', clock, log: silentLog });
    const adapter: ChannelAdapter = {
      ...plain,
      async send(sending) {
        const answer = await plain.send(sending);
        if (sending.content.type === 'text') takenAt.set(sending.content.text, clock.now());
        return answer;
      },
    };
    const counted = createCountedStore(opened.store);
    const { runtime, repositories } = await startWorld(adapter, clock, counted.store);
    const addressOf = (chat: number) => ({ channel: 'telegram', account: 'main', chat: String(chat) });
    const lanes = new Map<number, string[]>();
    const wanted = new Map<string, { from: Urgency; at: number }>();
    let version = 0;
    const put = async (chat: number, from: readonly Urgency[]) => {
      telegram.world.openChat(chat);
      version += 1;
      const texts = from.map((one, index) => [one, `${chat} ${version} ${index} ${one}`] as const);
      for (const [one, text] of texts) wanted.set(text, { from: one, at: clock.now() });
      lanes.set(chat, [...(lanes.get(chat) ?? []), ...texts.map(([, text]) => text)]);
      await putInLane(repositories, addressOf(chat), version, texts, clock.now());
    };
    // 300 messages where 30 may go in a second: 30 broadcasts that came first, 130 conversations of two lines, one flood.
    for (let chat = 1; chat <= 30; chat += 1) await put(chat, ['broadcast']);
    for (let chat = 101; chat <= 230; chat += 1) await put(chat, ['bot', 'bot']);
    await put(
      300,
      Array.from({ length: 10 }, () => 'bot' as const),
    );
    counted.writes.length = 0;
    await runtime.startWorker();
    // Officers answer while the backlog is sent: alone, and behind lines of the bot that still wait.
    for (let round = 0; round < 10; round += 1) {
      await pollUntil('more was sent', () => takenAt.size > 10 + round * 12, 20_000);
      await put(400 + round, ['officer']);
      await put(500 + round, ['bot', 'officer']);
    }
    await allSent(repositories, [...lanes.keys()].map(addressOf));

    expect(telegram.callsOf('sendMessage').filter((call) => !call.taken)).toEqual([]);
    for (const [chat, texts] of lanes)
      expect(
        telegram.sentTo(chat).map(({ text }) => text),
        `chat ${chat}`,
      ).toEqual(texts);
    const waits = (from: Urgency) =>
      [...wanted].filter(([, one]) => one.from === from).map(([text, { at }]) => (takenAt.get(text) ?? Infinity) - at);
    // The backlog takes ten seconds of Telegram's; an officer's message waits for its turn only, and to be found by the sweep.
    expect(quantile(waits('officer'), 0.5)).toBeLessThan(2_000);
    expect(quantile(waits('officer'), 1)).toBeLessThan(4_000);
    expect(quantile(waits('bot'), 0.5)).toBeGreaterThan(quantile(waits('officer'), 0.5) * 1.5);
    // The first few go before anybody has seen the bot's.
    expect(quantile(waits('broadcast'), 0.25)).toBeGreaterThan(quantile(waits('bot'), 0.75));
    const times = [...takenAt.values()];
    const mostTookSeconds = (quantile(times, 0.9) - quantile(times, 0)) / 1000;
    expect((times.length * 0.9) / mostTookSeconds).toBeGreaterThan(15);
    // A claim and its outcome for each message; waiting costs none.
    const ofMessages = counted.writes.filter((write) => write === 'replace messages').length;
    expect(ofMessages / takenAt.size).toBeLessThan(2.2);
  }, 60_000);
});

describe('WhatsApp Cloud', () => {
  async function startCloud(clock: Clock) {
    const cloud = await new WhatsappCloudEmulator().start();
    closing.push(() => cloud.stop());
    cloud.limits = realLimits;
    cloud.now = clock.now;
    const adapter = createWhatsappCloudAdapter({
      ...{ account: 'main', phoneNumberId: cloud.phoneNumberId, accessToken: cloud.accessToken },
      ...{ appSecret: 'the-secret', verifyToken: 'the-token', apiRoot: cloud.apiRoot, clock, log: silentLog },
    });
    closing.push(() => adapter.stop());
    return { cloud, adapter };
  }
  const addressOf = (person: number) => ({
    channel: 'whatsapp-cloud',
    account: 'main',
    chat: `9665000${String(person).padStart(5, '0')}`,
  });

  it('limits one person after 45 messages, and that keeps nobody else waiting', async () => {
    // No faster: a send has ten seconds of this clock for its answer.
    const clock = createScaledClock(8);
    const { cloud, adapter } = await startCloud(clock);
    const { runtime, repositories } = await startWorld(adapter, clock);
    const flood = Array.from({ length: 46 }, (_, index) => ['bot', `flood ${index}`] as const);
    await putInLane(repositories, addressOf(1), 1, flood, clock.now());
    const others = Array.from({ length: 60 }, (_, index) => addressOf(index + 2));
    for (const address of others) await putInLane(repositories, address, 1, [['bot', 'hello']], clock.now());
    await runtime.startWorker();
    await allSent(repositories, [...others, addressOf(1)]);
    expect(cloud.callsOf('send').filter((call) => !call.taken)).toEqual([]);
    const toFlood = cloud.sentTo(addressOf(1).chat);
    expect(toFlood.map(({ payload }) => (payload as { text: { body: string } }).text.body)).toEqual(
      flood.map(([, text]) => text),
    );
    const lastOther = Math.max(...others.map(({ chat }) => cloud.sentTo(chat)[0]?.at ?? Infinity));
    const first = cloud.sent[0]?.at ?? 0;
    // The flood's last six wait for half a minute in all.
    expect((toFlood.at(-1)?.at ?? 0) - first).toBeGreaterThan(30_000);
    expect(lastOther - first).toBeLessThan(25_000);
  }, 40_000);

  it.each([
    ['the number', 130429, 1_000],
    ['one person', 131056, 6_000],
  ] as const)('refuses %s: nobody under that limit is tried until the pause is over', async (what, code, pauseMs) => {
    const clock = createScaledClock(10);
    const { cloud, adapter } = await startCloud(clock);
    const { runtime, repositories } = await startWorld(adapter, clock);
    cloud.failNext('send', { is: 'error', status: what === 'the number' ? 429 : 400, code });
    await putInLane(
      repositories,
      addressOf(1),
      1,
      [
        ['officer', 'one'],
        ['officer', 'two'],
      ],
      clock.now(),
    );
    await runtime.startWorker();
    await pollUntil('one was refused', () => cloud.callsOf('send').length > 0);
    const refusedAt = cloud.callsOf('send')[0]?.at ?? 0;
    await putInLane(repositories, addressOf(2), 1, [['officer', 'other']], clock.now());
    await allSent(repositories, [addressOf(1), addressOf(2)]);
    const atOf = (person: number) => cloud.sentTo(addressOf(person).chat).map(({ at }) => at - refusedAt);
    expect(cloud.callsOf('send')).toHaveLength(4);
    expect(Math.min(...atOf(1))).toBeGreaterThanOrEqual(pauseMs - 50);
    if (what === 'the number') expect(Math.min(...atOf(2))).toBeGreaterThanOrEqual(pauseMs - 50);
    else expect(Math.max(...atOf(2))).toBeLessThan(pauseMs);
  });
});

describe('WhatsApp Web', () => {
  it('never sends more in any minute than its ceiling, and an officer does not wait for the backlog', async () => {
    const clock = createScaledClock(120);
    const perMinute = 20;
    const { budget } = createWhatsappWebAdapter({
      ...{ account: 'main', dataDir: '/nowhere', chromiumPath: '/nowhere', chromiumArgs: [] },
      ...{
        memory: { get: async () => null, set: async () => {} },
        messagesPerMinute: perMinute,
        clock,
        log: silentLog,
      },
    });
    const sends: { at: number; text: string }[] = [];
    const platform = createRecordingChannel({
      after: async ({ content }) =>
        void sends.push({ at: clock.now(), text: content.type === 'text' ? content.text : '' }),
    });
    const { runtime, repositories } = await startWorld({ ...platform, ...(budget && { budget }) }, clock);
    const addressOf = (person: number) => ({ channel: 'test', account: 'main', chat: String(person) });
    const people = Array.from({ length: 50 }, (_, index) => addressOf(index));
    for (const address of people) await putInLane(repositories, address, 1, [['bot', 'hello']], clock.now());
    await runtime.startWorker();
    await pollUntil('some were sent', () => sends.length > 10);
    const putAt = clock.now();
    await putInLane(repositories, addressOf(99), 1, [['officer', 'an answer']], putAt);
    await allSent(repositories, [...people, addressOf(99)]);
    expect(sends).toHaveLength(51);
    for (const { at } of sends)
      expect(sends.filter((other) => other.at >= at && other.at < at + 59_500).length).toBeLessThanOrEqual(perMinute);
    expect((sends.find(({ text }) => text === 'an answer')?.at ?? Infinity) - putAt).toBeLessThan(15_000);
  }, 40_000);
});

describe('more than 500 lanes that wait', () => {
  it("hide no officer's message that lost its bell", async () => {
    const clock = createScaledClock(20);
    const sends: string[] = [];
    const platform = createRecordingChannel({
      after: async ({ content }) => void sends.push(content.type === 'text' ? content.text : ''),
    });
    const budget = () => [{ key: 'slow', capacity: 2, refillPerSecond: 2, reserve: 1 }];
    const { runtime, repositories } = await startWorld({ ...platform, budget }, clock);
    const addressOf = (person: number) => ({ channel: 'test', account: 'main', chat: String(person) });
    for (let person = 0; person < 1_100; person += 1)
      await putInLane(repositories, addressOf(person), 1, [['bot', `bot ${person}`]], clock.now());
    await runtime.startWorker();
    await pollUntil('some were sent', () => sends.length > 5);
    const before = sends.length;
    for (const [chat, text] of [
      [1_050, 'behind the bot'],
      [2_000, 'alone'],
    ] as const)
      await putInLane(repositories, addressOf(chat), 2, [['officer', text]], clock.now());
    await pollUntil('the officer was heard', () => sends.includes('alone') && sends.includes('behind the bot'), 15_000);
    expect(sends.length - before).toBeLessThan(30);
    expect(sends.indexOf('bot 1050')).toBeLessThan(sends.indexOf('behind the bot'));
  }, 40_000);
});

describe('a worker that stops while lanes wait for the limit', () => {
  it('leaves none of them claimed, also the one whose turn it is', async () => {
    const clock = createScaledClock(1);
    const refused = { granted: false, afterMs: 5_000, refusedBy: ['slow'] } as const;
    let asked = 0;
    const budget: Budget = { take: async () => ((asked += 1), refused), hold: async () => {}, close: async () => {} };
    const platform = createRecordingChannel();
    const adapter: ChannelAdapter = {
      ...platform,
      budget: () => [{ key: 'slow', capacity: 1, refillPerSecond: 1 / 60 }],
    };
    const { runtime, repositories } = await createWorld({ store: opened.store, adapters: [adapter], clock, budget });
    const address = (chat: number) => ({ channel: 'test', account: 'main', chat: String(chat) });
    for (const chat of [1, 2, 3]) await putInLane(repositories, address(chat), 1, [['bot', 'hello']], clock.now());
    await runtime.startWorker();
    // The first look is refused at once; the turn that follows waits where the tokens are given.
    await pollUntil('the first turn waits for its token', () => asked >= 2);
    await runtime.close();
    expect(platform.sent).toEqual([]);
    for (const chat of [1, 2, 3]) {
      const [head] = await repositories.messages.lane(repositories.ids.conversation(address(chat)), 1);
      expect(head, `chat ${chat}`).toMatchObject({ status: 'queued', attempts: 0 });
    }
  });
});
