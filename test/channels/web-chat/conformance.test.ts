import { randomUUID } from 'node:crypto';
import { createWebChatAdapter } from '../../../src/channels/web-chat/adapter.ts';
import type { Choice, OutboundContent } from '../../../src/domain/message.ts';
import { webChatRoutes } from '../../../src/http/routes/web-chat.ts';
import { createChatSessions } from '../../../src/http/web-chat/sessions.ts';
import { channelContract, type Person, type Seen } from '../../contract/channel.contract.ts';
import { readEvents } from '../../support/chat-events.ts';
import { generousLimits } from '../../support/chat-site.ts';
import { silentLog } from '../../support/world.ts';

const sessionKey = Buffer.alloc(32, 'k');
const noPlatform =
  'a message is sent by being in the store, where the page reads it: nothing stands between that could fail';
const fewUploads = 'the page takes pictures, PDF and sound';

let url = '';
let sessions: ReturnType<typeof createChatSessions>;
/** What pages have sent, for those that send it again. */
let posts: (() => Promise<void>)[] = [];

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
    posts = [];
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
    await Promise.all(posts.map((post) => post()));
  },
  throttles: () => 0,
  refuses() {},
  losesAnswer() {},
  leaves() {},
});

/** A line as the page reads it. */
interface Line {
  readonly id: string;
  readonly order: string;
  readonly from: 'me' | 'bot' | 'officer';
  readonly content: OutboundContent;
}

/** A browser with the chat open: what is written goes out one after another, each until it is taken. */
function openPage(): Person {
  const { token } = sessions.issue();
  const authorization = `Bearer ${token}`;
  const lines: Line[] = [];
  const files = new Map<string, Buffer>();
  let outbox: Promise<void> = Promise.resolve();

  function send(path: string, toBody: () => { body: string | FormData; type?: string }): void {
    const post = async () => {
      for (;;) {
        const { body, type } = toBody();
        const headers = { authorization, ...(type && { 'content-type': type }) };
        const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body }).catch(() => null);
        await answer?.arrayBuffer().catch(() => {});
        if (answer?.status === 202) return;
        if (answer && answer.status < 500) throw new Error(`the chat refused a message with ${answer.status}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    posts.push(post);
    outbox = outbox.then(post);
  }

  function say(content: object): void {
    const body = JSON.stringify({ id: randomUUID(), language: 'ar', content });
    send('/api/chat/messages', () => ({ body, type: 'application/json' }));
  }

  async function look(): Promise<void> {
    const last = lines.at(-1)?.order;
    const headers = { authorization, ...(last && { 'last-event-id': last }) };
    const leaving = new AbortController();
    const answer = await fetch(`${url}/api/chat/events`, { headers, signal: leaving.signal });
    if (!answer.ok) throw new Error(`the chat's events answered ${answer.status}`);
    for await (const { event, data } of readEvents(answer)) {
      if (event === 'line') lines.push(data as Line); // As `toChatLine` makes it.
      if (event === 'ready') break;
    }
    leaving.abort();
  }

  async function open({ id }: Line): Promise<Buffer> {
    const known = files.get(id);
    if (known) return known;
    const answer = await fetch(`${url}/api/chat/files/${id}`, { headers: { authorization } });
    const bytes = Buffer.from(await answer.arrayBuffer());
    files.set(id, bytes);
    return bytes;
  }

  async function toSeen(line: Line): Promise<Seen> {
    const { content } = line;
    switch (content.type) {
      case 'text':
        return { is: 'text', text: content.text, choices: (content.choices ?? []).map(({ label }) => label) };
      case 'media': {
        const { kind, caption } = content;
        return { is: 'file', kind, bytes: await open(line), ...(caption && { caption }) };
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
    lines.flatMap(({ content }) => (content.type === 'text' && content.choices ? [content.choices] : [])).at(-1) ?? [];

  return {
    chat: sessions.verify(token)?.chat ?? '',
    writes: async (text) => say({ type: 'text', text }),
    async taps(label) {
      const choice = choicesSeen().find((one) => one.label === label);
      if (!choice) throw new Error(`there is no "${label}"`);
      say({ type: 'choice', choiceId: choice.id, label });
    },
    async sendsFile({ bytes, fileName, mimeType }) {
      const id = randomUUID();
      send('/api/chat/files', () => {
        const form = new FormData();
        form.set('id', id);
        form.set('language', 'ar');
        form.set('file', new Blob([new Uint8Array(bytes)], { type: mimeType }), fileName);
        return { body: form };
      });
    },
    sendsPlace: async (place) => say({ type: 'location', ...place }),
    sendsCard: () => Promise.reject(new Error('the page offers no contacts')),
    async seen() {
      await look();
      return Promise.all(lines.filter(({ from }) => from !== 'me').map(toSeen));
    },
  };
}
