import { createHash } from 'node:crypto';
import type { Address } from '../../src/domain/message.ts';
import { createPage } from '../support/chat-page-person.ts';
import { freePort } from '../support/own-redis.ts';
import { TelegramEmulator, type RecordedCall } from '../support/telegram-emulator.ts';
import { WhatsappCloudEmulator } from '../support/whatsapp-cloud-emulator.ts';

export const soakChannels = ['telegram', 'whatsapp-cloud', 'web-chat'] as const;
export type SoakChannel = (typeof soakChannels)[number];

/** Where the people of a soak write; it outlives the servers. People are numbers. */
export interface Platform {
  /** Settings that connect a server to it. */
  readonly settings: Readonly<Record<string, string>>;
  write(person: number, text: string): void;
  addressOf(person: number): Address;
  /** What was sent to people so far, as calls of Telegram's `sendMessage`, whatever the channel: the verdict reads those. */
  sends(): Promise<readonly RecordedCall[]>;
  /** Every person that will write, before any does; the first server is up. */
  meet?(people: readonly number[]): Promise<void>;
  stop(): Promise<void>;
}

/** The platform on a bad day: it takes its time, and now and then an answer, a request or the gateway is lost. */
function createFault(random: () => number) {
  const luck = random();
  if (luck < 0.005) return { is: 'drop-after' } as const;
  if (luck < 0.01) return { is: 'drop-before' } as const;
  if (luck < 0.015) return { is: 'gateway-page', status: 502 } as const;
  return { is: 'delay', ms: 5 + random() * 90 } as const;
}

export function startPlatform(channel: SoakChannel, random: () => number): Promise<Platform> {
  switch (channel) {
    case 'telegram':
      return startTelegram(random);
    case 'whatsapp-cloud':
      return startWhatsappCloud(random);
    case 'web-chat':
      return startWebChat();
  }
}

async function startTelegram(random: () => number): Promise<Platform> {
  const emulator = await new TelegramEmulator().start();
  emulator.fault = (method) => (method === 'sendMessage' ? createFault(random) : undefined);
  return {
    settings: { TELEGRAM_BOT_TOKEN: emulator.token, TELEGRAM_API_ROOT: emulator.apiRoot },
    write: (person, text) => void emulator.userWrites(person, text),
    addressOf: (person) => ({ channel: 'telegram', account: 'main', chat: String(person) }),
    sends: async () => emulator.calls,
    stop: () => emulator.stop(),
  };
}

async function startWhatsappCloud(random: () => number): Promise<Platform> {
  const emulator = await new WhatsappCloudEmulator().start();
  emulator.fault = (method) => (method === 'send' ? createFault(random) : undefined);
  const port = await freePort();
  const { feed } = emulator;
  feed.url = `http://127.0.0.1:${port}/webhooks/whatsapp-cloud/main`;
  const phoneOf = (person: number) => `9665${String(person).padStart(8, '0')}`;
  return {
    settings: {
      PORT: String(port),
      WHATSAPP_CLOUD_ACCESS_TOKEN: emulator.accessToken,
      WHATSAPP_CLOUD_PHONE_NUMBER_ID: emulator.phoneNumberId,
      WHATSAPP_CLOUD_APP_SECRET: feed.appSecret,
      WHATSAPP_CLOUD_VERIFY_TOKEN: feed.verifyToken,
      WHATSAPP_CLOUD_API_ROOT: emulator.apiRoot,
    },
    write: (person, text) => void emulator.userWrites(phoneOf(person), text),
    addressOf: (person) => ({ channel: 'whatsapp-cloud', account: 'main', chat: phoneOf(person) }),
    sends: async () =>
      emulator.callsOf('send').map(({ payload, ...call }) => {
        const { to, text } = payload as { to: string; text?: { body: string } }; // The flow of the soak sends texts alone.
        return { ...call, method: 'sendMessage', payload: { chat_id: Number(to.slice(4)), text: text?.body } };
      }),
    stop: () => emulator.stop(),
  };
}

/** Pages in browsers, each behind an address of its own, as a proxy on this machine tells it: the limits of an address are those of one. */
async function startWebChat(): Promise<Platform> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const pages = new Map<number, { page: ReturnType<typeof createPage>; chat: string }>();
  const pageOf = (person: number) => {
    const known = pages.get(person);
    if (!known) throw new Error(`nobody has met ${person}`);
    return known;
  };
  return {
    settings: { PORT: String(port) },
    async meet(people) {
      for (const person of people) {
        const address = `203.0.${person >> 8}.${person & 255}`;
        const request = { method: 'POST', headers: { 'x-forwarded-for': address } };
        const { token } = (await (await fetch(`${url}/api/chat/sessions`, request)).json()) as { token: string };
        // As `createChatSessions` names a chat: by what is random in the token.
        const chat = createHash('sha256').update(Buffer.from(token, 'base64url').subarray(0, 24)).digest('base64url');
        pages.set(person, { page: createPage({ url: () => url, token, address }), chat });
      }
    },
    write: (person, text) => pageOf(person).page.say({ type: 'text', text }),
    addressOf: (person) => ({ channel: 'web-chat', account: 'site', chat: pageOf(person).chat }),
    async sends() {
      const all = [...pages].map(async ([person, { page }]): Promise<RecordedCall[]> => {
        await page.look().catch(() => {}); // Nobody serves at this moment; it looks again.
        return page.lines
          .filter(({ from }) => from === 'bot')
          .map(({ content }) => ({
            ...{ method: 'sendMessage', at: 0, taken: true, status: 200, answer: 'given', answeredAt: 0 },
            payload: { chat_id: person, text: content.type === 'text' ? content.text : content.type },
          }));
      });
      return (await Promise.all(all)).flat();
    },
    async stop() {
      await Promise.all([...pages.values()].map(({ page }) => page.close()));
    },
  };
}
