import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWhatsappCloudAdapter, type WhatsappCloudAdapter } from '../../../src/channels/whatsapp-cloud/adapter.ts';
import type { OutboundMessage } from '../../../src/domain/conversation.ts';
import { createApp } from '../../../src/http/app.ts';
import { webhookRoutes } from '../../../src/http/routes/webhooks.ts';
import type { Repositories } from '../../../src/ports/repositories.ts';
import { createInProcessBudget } from '../../../src/queue/in-process/budget.ts';
import { createTokenBuckets } from '../../../src/queue/shared/token-buckets.ts';
import type { Runtime } from '../../../src/runtime/runtime.ts';
import { WhatsappCloudEmulator } from '../../support/whatsapp-cloud-emulator.ts';
import { realLimits, SendingMeter } from '../../support/whatsapp-cloud/sending-limits.ts';
import { createMovableClock, createWorld, openTemporaryStore, settled, silentLog } from '../../support/world.ts';
import { appSecret, person } from './set-up.ts';

const hour = 3_600_000;
const questions = ['What is your name?', 'How many are you, Amal?'];

let cloud: WhatsappCloudEmulator;
let opened: Awaited<ReturnType<typeof openTemporaryStore>>;
let clock: ReturnType<typeof createMovableClock>;
let adapter: WhatsappCloudAdapter;
let runtime: Runtime;
let repositories: Repositories;
let app: Awaited<ReturnType<typeof createApp>>;

beforeEach(async () => {
  cloud = await new WhatsappCloudEmulator().start();
  opened = await openTemporaryStore();
  clock = createMovableClock();
  const budget = createInProcessBudget({ clock });
  // Buckets fill from the moment they are made.
  clock.advance(hour);
  cloud.now = () => clock.now();
  adapter = createWhatsappCloudAdapter({
    ...{ account: 'main', phoneNumberId: cloud.phoneNumberId, accessToken: cloud.accessToken, appSecret },
    ...{ verifyToken: cloud.feed.verifyToken, apiRoot: cloud.apiRoot, clock, log: silentLog },
  });
  ({ runtime, repositories } = await createWorld({ store: opened.store, adapters: [adapter], clock, budget }));
  await runtime.startWorker();
  const route = webhookRoutes(
    new Map([
      [
        'whatsapp-cloud/main',
        (request) => adapter.handleWebhook(request, runtime.intake, (receipts) => runtime.receipts.accept(receipts)),
      ],
    ]),
  );
  app = await createApp({ log: silentLog, routes: [route] });
  const origin = await app.listen({ port: 0, host: '127.0.0.1' });
  cloud.feed.url = `${origin}/webhooks/whatsapp-cloud/main`;
});

afterEach(async () => {
  cloud.feed.url = null;
  await app.close();
  await adapter.stop();
  await runtime.close();
  await cloud.stop();
  await opened.store.close();
  await opened.remove();
});

function conversationOf(chat: string) {
  return repositories.ids.conversation({ channel: 'whatsapp-cloud', account: 'main', chat });
}

/** What a person was sent, without the marks that keep numbers and names apart from the text around them. */
function textsTo(chat: string): string[] {
  return cloud.sentTo(chat).map(({ payload }) => {
    const { text, interactive } = payload as { text?: { body: string }; interactive?: { body: { text: string } } };
    return (text?.body ?? interactive?.body.text ?? '').replace(/[\u2066-\u2069]/g, '');
  });
}

async function statusesOf(chat: string): Promise<string[]> {
  const lines = await repositories.messages.page(conversationOf(chat), { limit: 50 });
  const sent = lines.filter((line): line is OutboundMessage => 'status' in line);
  return sent.map(({ status, failure }) => (failure === undefined ? status : `${status}: ${failure}`)).reverse();
}

const settle = (...chats: string[]) => settled(repositories, chats.map(conversationOf), 20_000);

describe('people on WhatsApp', () => {
  it('are answered once and in order, although every webhook comes three times', async () => {
    cloud.feed.copies = 3;
    cloud.receipts = { statuses: ['sent', 'delivered', 'read'], come: 'after' };
    for (const text of ['hello', 'Amal', '4']) await cloud.userWrites(person, text);
    await settle(person);
    expect(textsTo(person).slice(0, 2)).toEqual(questions);
    expect(textsTo(person)).toHaveLength(4);
    await expect.poll(() => statusesOf(person), { timeout: 10_000 }).toEqual(['read', 'read', 'read', 'read']);
  });

  it('see what they were sent as delivered, although WhatsApp says so before it answers', async () => {
    cloud.receipts = { statuses: ['sent', 'delivered'], come: 'before' };
    await cloud.userWrites(person, 'hello');
    await settle(person);
    await expect.poll(() => statusesOf(person), { timeout: 10_000 }).toEqual(['delivered']);
    expect(textsTo(person)).toEqual(questions.slice(0, 1));
  });

  it('get a message whose answer was lost once more, and one that was not taken once', async () => {
    cloud.failNext('send', { is: 'drop-after' });
    cloud.failNext('send', { is: 'drop-before' });
    await cloud.userWrites(person, 'hello');
    await settle(person);
    expect(textsTo(person)).toEqual([questions[0], questions[0]]);
    expect(await statusesOf(person)).toEqual(['sent']);
  });

  it('are written to again after WhatsApp closed their window, when they write', async () => {
    await cloud.userWrites(person, 'hello');
    await settle(person);
    // Meta's clock is the one that counts: here it closes before ours.
    cloud.lastInboundAt.set(person, clock.now() - 25 * hour);
    cloud.receipts = { statuses: ['sent'], come: 'after' };
    const [first] = await repositories.messages.page(conversationOf(person), { limit: 1 });
    if (!first || !('status' in first)) throw new Error('nothing was sent');
    await cloud.pushStatuses([cloud.toStatus(first.platformMessageId ?? '', person, 'failed', 131047)]);
    expect(await statusesOf(person)).toEqual(['held: outside-window']);
    await cloud.userWrites(person, 'Amal');
    await settle(person);
    expect(textsTo(person)).toEqual([questions[0], questions[0], questions[1]]);
    expect((await statusesOf(person))[0]).toMatch(/^(sent|delivered)$/);
  });

  it('have their files fetched into the store', async () => {
    await cloud.userWrites(person, 'hello');
    await settle(person);
    const bytes = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.alloc(100_000, 'x')]);
    await cloud.userSendsFile(person, 'image', { bytes, fileName: 'a.jpg', mimeType: 'image/jpeg' }, { caption: 'x' });
    const attachmentOf = async () => {
      const lines = await repositories.messages.page(conversationOf(person), { limit: 50 });
      return lines.find((line) => line.attachment)?.attachment;
    };
    await expect.poll(async () => (await attachmentOf())?.state.is, { timeout: 10_000 }).toBe('stored');
    const chunks: Uint8Array[] = [];
    for await (const chunk of (await repositories.files.open((await attachmentOf())?.id ?? '')) ?? [])
      chunks.push(chunk);
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  });
});

describe('the pace', () => {
  it('stays within 80 messages a second when 240 people write at once, and loses none', async () => {
    cloud.limits = realLimits;
    const people = Array.from({ length: 240 }, (_, index) => `9665000${String(index).padStart(5, '0')}`);
    await cloud.pushMessages(people.map((from) => cloud.toMessage(from, { type: 'text', text: { body: 'hello' } })));
    await settle(...people);
    expect(people.map((chat) => textsTo(chat))).toEqual(people.map(() => questions.slice(0, 1)));
    expect(cloud.callsOf('send').filter((call) => !call.taken)).toEqual([]);
  });

  it('is never refused by either limit, however the sends are spread and delayed on their way', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 40 })),
          {
            minLength: 400,
            maxLength: 600,
          },
        ),
        async (wishes) => {
          let now = 1_000_000;
          const buckets = createTokenBuckets({ clock: { now: () => now, after: () => () => {} } });
          now += hour;
          const arrivals: { readonly at: number; readonly chat: string }[] = [];
          for (const [pauseMs, chat, delayMs] of wishes) {
            now += pauseMs < 200 ? 0 : pauseMs;
            const address = { channel: 'whatsapp-cloud', account: 'main', chat: `96650000000${chat}` };
            const { granted } = await buckets.take(adapter.budget?.(address) ?? [], 'officer');
            if (granted) arrivals.push({ at: now + delayMs, chat: address.chat });
          }
          const meter = new SendingMeter();
          for (const { at, chat } of arrivals.sort((one, other) => one.at - other.at)) {
            meter.count(realLimits, chat, at);
          }
          expect(arrivals.length).toBeGreaterThan(50);
        },
      ),
      { numRuns: 40 },
    );
  });
});
