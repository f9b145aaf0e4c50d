import { createWhatsappWebAdapter, type WhatsappWebAdapter } from '../../../src/channels/whatsapp-web/adapter.ts';
import type { MediaKind } from '../../../src/domain/message.ts';
import type { Receipt } from '../../../src/ports/channel.ts';
import { systemClock } from '../../../src/ports/clock.ts';
import { channelContract, type Person, type Seen } from '../../contract/channel.contract.ts';
import { findChromium } from '../../support/open-chromium.ts';
import { pollUntil } from '../../support/poll-until.ts';
import { WhatsappStandIn } from '../../support/whatsapp-web/stand-in.ts';
import type { WireMessage } from '../../support/whatsapp-web/page/wire.ts';
import { silentLog } from '../../support/world.ts';
import { slowMs } from './set-up.ts';

/** Longer than a delivery waits. */
const lateAnswerMs = 13_000;

const chromium = findChromium('the conformance of WhatsApp Web');
let whatsapp: WhatsappStandIn;
let adapter: WhatsappWebAdapter;

const reaches = (is: string) => pollUntil(`the session is ${is}`, () => adapter.state().is === is, slowMs);

channelContract({
  channel: 'whatsapp-web',
  missing: chromium === null,
  cannot: {
    tap: 'WhatsApp took buttons and lists away from linked browsers',
    throttle: 'WhatsApp Web asks for no pauses; the pace is our own, in the budget',
    'lose people': 'whoever blocks us looks to a linked browser like whoever has no network',
  },
  crowd: 30,
  longestText: 16_000,
  async open() {
    whatsapp = await new WhatsappStandIn().start();
  },
  close: () => whatsapp.stop(),
  connect({ repositories, folder }) {
    let accept = async (_receipts: readonly Receipt[]): Promise<void> => {};
    adapter = createWhatsappWebAdapter({
      ...{ account: 'main', dataDir: folder, chromiumPath: chromium ?? '', chromiumArgs: whatsapp.chromiumArgs },
      ...{ memory: repositories.settings, messagesPerMinute: 60_000, clock: systemClock, log: silentLog },
      onReceipt: (receipt) => void accept([receipt]),
      ...{ pulseMs: 200, typingMs: 0, limits: { firstPauseMs: 50, nudgeMs: 1_000, closeMs: 2_000 } },
    });
    return {
      adapter,
      routes(runtime) {
        accept = runtime.receipts.accept;
        return [];
      },
      // The browser of a killed process ends with its pipe; here it has to be told.
      kill: () => adapter.stop(),
    };
  },
  async joined() {
    if (!whatsapp.isLinked) {
      await reaches('pairing');
      whatsapp.scanQr();
    }
    await reaches('ready');
  },
  person: (number) => personOf(`9665${String(number).padStart(8, '0')}@c.us`),
  attempts: ({ chat }) => whatsapp.attempts.filter((attempt) => attempt.chat === chat),
  /** After a lost connection every chat is read again. */
  async givesAllAgain() {
    whatsapp.isOffline = true;
    whatsapp.dropConnections();
    await reaches('degraded');
    whatsapp.isOffline = false;
    await reaches('ready');
  },
  throttles: () => 0,
  refuses: () => void (whatsapp.refusals = 2),
  losesAnswer() {
    whatsapp.sendGate = new Promise((resolve) => setTimeout(resolve, lateAnswerMs)).then(() => {
      whatsapp.sendGate = null;
    });
  },
  leaves() {},
});

const wireTypes: Readonly<Record<MediaKind, string>> = {
  ...{ photo: 'image', document: 'document', voice: 'ptt', audio: 'audio', video: 'video', sticker: 'sticker' },
};
const kinds = new Map(Object.entries(wireTypes).map(([kind, type]) => [type, kind as MediaKind])); // The table's keys.

function personOf(chat: string): Person {
  return {
    chat,
    writes: async (body) => void whatsapp.incoming(chat, { body, name: 'سلمى' }),
    taps: () => Promise.reject(new Error('there are no buttons')),
    sendsFile: async ({ kind, bytes, mimeType, fileName }) =>
      void whatsapp.incomingFile(chat, bytes, mimeType, { type: wireTypes[kind], filename: fileName }),
    sendsPlace: async ({ latitude, longitude }) =>
      void whatsapp.incoming(chat, { type: 'location', lat: latitude, lng: longitude }),
    sendsCard: async ({ name, phone }) =>
      void whatsapp.incoming(chat, { type: 'vcard', body: `BEGIN:VCARD\nFN:${name}\nTEL:${phone}\nEND:VCARD` }),
    seen: async () => whatsapp.sent.filter((message) => message.chat === chat).map(toSeen),
  };
}

function toSeen(message: WireMessage): Seen {
  const { type, body, caption, lat, lng, loc, directPath } = message;
  if (type === 'chat') return { is: 'text', text: String(body), choices: [] };
  if (type === 'location') {
    return {
      is: 'place',
      latitude: Number(lat),
      longitude: Number(lng),
      ...(typeof loc === 'string' && loc !== '' ? { name: loc } : {}),
    };
  }
  if (type === 'vcard') {
    const card = String(body);
    const line = (pattern: RegExp) => pattern.exec(card)?.[1] ?? '';
    return { is: 'card', name: line(/^FN:(.*)$/m), phone: line(/^TEL.*:(.*)$/m) };
  }
  const kind = kinds.get(type);
  if (!kind) throw new Error(`a message of an unknown kind: ${type}`);
  const bytes = whatsapp.files.get(String(directPath))?.bytes ?? Buffer.alloc(0);
  return { is: 'file', kind, bytes, ...(typeof caption === 'string' && caption !== '' ? { caption } : {}) };
}
