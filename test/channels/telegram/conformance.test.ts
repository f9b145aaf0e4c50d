import type { Message } from 'grammy/types';
import { createTelegramAdapter } from '../../../src/channels/telegram/adapter.ts';
import type { MediaKind } from '../../../src/domain/message.ts';
import { channelContract, type Person, type Seen } from '../../contract/channel.contract.ts';
import { TelegramEmulator } from '../../support/telegram-emulator.ts';
import { silentLog } from '../../support/world.ts';

let telegram: TelegramEmulator;

channelContract({
  channel: 'telegram',
  cannot: {},
  crowd: 200,
  longestText: 4_096,
  async open() {
    telegram = await new TelegramEmulator().start();
  },
  close: () => telegram.stop(),
  connect: ({ clock }) => ({
    adapter: createTelegramAdapter({
      ...{ account: 'main', token: telegram.token, apiRoot: telegram.apiRoot, mode: 'polling', clock, log: silentLog },
    }),
  }),
  joined: async () => {},
  person: (number) => personOf(7_000 + number),
  attempts: ({ chat }) =>
    telegram.calls.filter(({ method, payload }) => method.startsWith('send') && payload.chat_id === chat),
  givesAllAgain: async () => telegram.feed.pushAgain(),
  throttles() {
    telegram.failNext('sendMessage', { is: 'throttled', retryAfterSeconds: 2 });
    return 2_000;
  },
  refuses: () => telegram.failNext('sendMessage', { is: 'status', status: 502 }, 2),
  losesAnswer: () => telegram.failNext('sendMessage', { is: 'no-answer' }),
  leaves: ({ chat }) => telegram.userLeaves(Number(chat)),
});

function personOf(chat: number): Person {
  return {
    chat: String(chat),
    writes: async (text) => void telegram.userWrites(chat, text),
    async taps(label) {
      const question = telegram.sentTo(chat).findLast((message) => message.reply_markup !== undefined);
      if (!question) throw new Error('there is nothing to tap');
      telegram.userTaps(question, label);
    },
    sendsFile: async ({ kind, ...file }) => void telegram.userSendsFile(chat, kind, file),
    sendsPlace: async (location) => void telegram.userSends(chat, { location }),
    sendsCard: async ({ name, phone }) =>
      void telegram.userSends(chat, { contact: { phone_number: phone, first_name: name } }),
    seen: async () => telegram.sentTo(chat).map(toSeen),
  };
}

const fileKinds = ['document', 'voice', 'audio', 'video', 'sticker'] as const satisfies readonly MediaKind[];

function toSeen(message: Message): Seen {
  const { text, photo, venue, location, contact, caption, reply_markup: markup } = message;
  if (text !== undefined) {
    return { is: 'text', text, choices: markup?.inline_keyboard.flat().map((button) => button.text) ?? [] };
  }
  const kind = photo ? 'photo' : fileKinds.find((one) => message[one] !== undefined);
  if (kind) {
    const fileId = kind === 'photo' ? photo?.at(-1)?.file_id : message[kind]?.file_id;
    const bytes = telegram.world.files.get(fileId ?? '')?.bytes ?? Buffer.alloc(0);
    return { is: 'file', kind, bytes, ...(caption !== undefined && { caption }) };
  }
  if (contact) return { is: 'card', name: contact.first_name, phone: contact.phone_number };
  const place = venue?.location ?? location;
  if (!place) throw new Error(`a message of an unknown kind: ${Object.keys(message).join(', ')}`);
  const { latitude, longitude } = place;
  return { is: 'place', latitude, longitude, ...(venue && { name: venue.title }) };
}
