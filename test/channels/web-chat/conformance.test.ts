import { createWebChatAdapter } from '../../../src/channels/web-chat/adapter.ts';
import type { Choice } from '../../../src/domain/message.ts';
import { webChatRoutes } from '../../../src/http/routes/web-chat.ts';
import { createChatSessions } from '../../../src/http/web-chat/sessions.ts';
import { channelContract, type Person, type Seen } from '../../contract/channel.contract.ts';
import { createPage, type PageLine } from '../../support/chat-page-person.ts';
import { generousLimits } from '../../support/chat-site.ts';
import { silentLog } from '../../support/world.ts';

const sessionKey = Buffer.alloc(32, 'k');
const noPlatform =
  'a message is sent by being in the store, where the page reads it: nothing stands between that could fail';
const fewUploads = 'the page takes pictures, PDF and sound';

let url = '';
let sessions: ReturnType<typeof createChatSessions>;
let pages: ReturnType<typeof createPage>[] = [];

channelContract({
  channel: 'web-chat',
  cannot: {
    ...{ throttle: noPlatform, refuse: noPlatform, 'lose answers': noPlatform, 'lose people': noPlatform },
    ...{ 'receive video': fewUploads, 'receive sticker': fewUploads, 'receive cards': 'the page offers no contacts' },
    'receive anything': 'the page is told at once (routes/web-chat.test.ts)',
  },
  crowd: 200,
  longestText: 4_000,
  async open() {
    pages = [];
  },
  close: async () => {},
  connect({ repositories, broadcast, clock }) {
    const adapter = createWebChatAdapter({ account: 'main', ...repositories, broadcast, log: silentLog });
    sessions = createChatSessions({ sessionKey, clock });
    return {
      adapter,
      routes: ({ intake }) => [
        webChatRoutes({
          ...{ channel: adapter, intake, repositories, broadcast, clock, log: silentLog, sessionKey },
          limits: generousLimits,
          // Everybody here has one address.
          streamLimits: { perConversation: 3, perAddress: 1_000, total: 1_000, bufferBytes: 256 * 1024 },
        }),
      ],
    };
  },
  async joined(process) {
    url = process.url;
  },
  person: () => openPage(),
  attempts: () => [],
  async givesAllAgain() {
    await Promise.all(pages.map((page) => page.repeat()));
  },
  throttles: () => 0,
  refuses() {},
  losesAnswer() {},
  leaves() {},
});

/** A browser with the chat open. */
function openPage(): Person {
  const { token } = sessions.issue();
  const page = createPage({ url: () => url, token });
  pages.push(page);
  const files = new Map<string, Buffer>();

  async function toSeen(line: PageLine): Promise<Seen> {
    const { content } = line;
    switch (content.type) {
      case 'text':
        return { is: 'text', text: content.text, choices: (content.choices ?? []).map(({ label }) => label) };
      case 'media': {
        const { kind, caption } = content;
        const bytes = files.get(line.id) ?? (await page.open(line));
        files.set(line.id, bytes);
        return { is: 'file', kind, bytes, ...(caption && { caption }) };
      }
      case 'location': {
        const { type: _type, ...place } = content;
        return { is: 'place', ...place };
      }
      case 'contact':
        return { is: 'card', name: content.name, phone: content.phone };
    }
  }

  const choicesSeen = (): readonly Choice[] =>
    page.lines.flatMap(({ content }) => (content.type === 'text' && content.choices ? [content.choices] : [])).at(-1) ??
    [];

  return {
    chat: sessions.verify(token)?.chat ?? '',
    writes: async (text) => page.say({ type: 'text', text }),
    async taps(label) {
      const choice = choicesSeen().find((one) => one.label === label);
      if (!choice) throw new Error(`there is no "${label}"`);
      page.say({ type: 'choice', choiceId: choice.id, label });
    },
    sendsFile: async (file) => page.upload(file),
    sendsPlace: async (place) => page.say({ type: 'location', ...place }),
    sendsCard: () => Promise.reject(new Error('the page offers no contacts')),
    async seen() {
      await page.look();
      return Promise.all(page.lines.filter(({ from }) => from !== 'me').map(toSeen));
    },
  };
}
