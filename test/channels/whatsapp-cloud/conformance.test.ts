import { createWhatsappCloudAdapter } from '../../../src/channels/whatsapp-cloud/adapter.ts';
import type { MediaKind } from '../../../src/domain/message.ts';
import { webhookRoutes } from '../../../src/http/routes/webhooks.ts';
import { channelContract, type Person, type Seen } from '../../contract/channel.contract.ts';
import { WhatsappCloudEmulator, type Payload } from '../../support/whatsapp-cloud-emulator.ts';
import { silentLog } from '../../support/world.ts';

let cloud: WhatsappCloudEmulator;

channelContract({
  channel: 'whatsapp-cloud',
  cannot: {},
  crowd: 200,
  longestText: 4_096,
  async open() {
    cloud = await new WhatsappCloudEmulator().start();
    cloud.receipts = { statuses: ['sent', 'delivered', 'read'], come: 'after' };
  },
  close: () => cloud.stop(),
  connect({ clock }) {
    const adapter = createWhatsappCloudAdapter({
      ...{
        account: 'main',
        phoneNumberId: cloud.phoneNumberId,
        accessToken: cloud.accessToken,
        apiRoot: cloud.apiRoot,
      },
      ...{ appSecret: cloud.feed.appSecret, verifyToken: cloud.feed.verifyToken, clock, log: silentLog },
    });
    return {
      adapter,
      routes: ({ intake, receipts }) => [
        webhookRoutes(
          new Map([['whatsapp-cloud/main', (request) => adapter.handleWebhook(request, intake, receipts.accept)]]),
        ),
      ],
    };
  },
  async joined({ url }) {
    cloud.feed.url = `${url}/webhooks/whatsapp-cloud/main`;
  },
  person: (number) => personOf(`9665${String(number).padStart(8, '0')}`),
  attempts: ({ chat }) => cloud.callsOf('send').filter(({ payload }) => payload.to === chat),
  givesAllAgain: () => cloud.feed.repeat(),
  throttles() {
    cloud.failNext('send', { is: 'error', status: 429, code: 130429 });
    return 1_000;
  },
  refuses: () => cloud.failNext('send', { is: 'error', status: 500, code: 131000 }, 2),
  losesAnswer: () => cloud.failNext('send', { is: 'no-answer' }),
  leaves: ({ chat }) => void cloud.strangers.add(chat),
});

function personOf(chat: string): Person {
  return {
    chat,
    // Not waited for: the platform has it, and gives it until it is heard.
    writes: async (text) => void cloud.userWrites(chat, text),
    async taps(label) {
      const question = cloud.sentTo(chat).findLast(({ payload }) => payload.type === 'interactive');
      if (!question) throw new Error('there is nothing to tap');
      void cloud.userTaps(question, label);
    },
    async sendsFile({ kind, fileName, ...file }) {
      const type = kind === 'photo' ? 'image' : kind === 'voice' ? 'audio' : kind;
      const extra = kind === 'voice' ? { voice: true } : kind === 'document' ? { filename: fileName } : {};
      void cloud.userSendsFile(chat, type, { ...file, fileName }, extra);
    },
    sendsPlace: async (location) => void cloud.userSends(chat, { type: 'location', location }),
    async sendsCard({ name, phone }) {
      const contact = { name: { formatted_name: name, first_name: name }, phones: [{ phone }] };
      void cloud.userSends(chat, { type: 'contacts', contacts: [contact] });
    },
    seen: async () => cloud.sentTo(chat).map(({ payload }) => toSeen(payload)),
  };
}

const kindOf: Readonly<Record<string, MediaKind>> = {
  ...{ image: 'photo', document: 'document', audio: 'audio', video: 'video', sticker: 'sticker' },
};

/** The emulator has checked that a payload has this shape. */
interface SentPayload {
  readonly type: string;
  readonly text?: { readonly body: string };
  readonly interactive?: {
    readonly body: { readonly text: string };
    readonly action: {
      readonly buttons?: readonly { readonly reply: { readonly title: string } }[];
      readonly sections?: readonly { readonly rows: readonly { readonly title: string }[] }[];
    };
  };
  readonly location?: { readonly latitude: number; readonly longitude: number; readonly name?: string };
  readonly contacts?: readonly {
    readonly name: { readonly formatted_name: string };
    readonly phones: readonly { readonly phone: string }[];
  }[];
}

function toSeen(sent: Payload): Seen {
  const payload = sent as unknown as SentPayload;
  const { type, text, interactive, location, contacts } = payload;
  if (text) return { is: 'text', text: text.body, choices: [] };
  if (interactive) {
    const { buttons = [], sections = [] } = interactive.action;
    const choices = [...buttons.map(({ reply }) => reply), ...sections.flatMap(({ rows }) => rows)];
    return { is: 'text', text: interactive.body.text, choices: choices.map(({ title }) => title) };
  }
  if (location) return { is: 'place', ...location };
  const [card] = contacts ?? [];
  if (card) return { is: 'card', name: card.name.formatted_name, phone: card.phones[0]?.phone ?? '' };
  const kind = kindOf[type];
  if (!kind) throw new Error(`a message of an unknown kind: ${type}`);
  const file = sent[type] as { id: string; caption?: string; voice?: boolean };
  const bytes = cloud.media.get(file.id)?.bytes ?? Buffer.alloc(0);
  return { is: 'file', kind: file.voice ? 'voice' : kind, bytes, ...(file.caption && { caption: file.caption }) };
}
