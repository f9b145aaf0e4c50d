import { join } from 'node:path';
import { loadProgramSource } from '../../src/content/load-program.ts';
import type { Conversation } from '../../src/domain/conversation.ts';
import type { ConversationId } from '../../src/domain/ids.ts';
import type { Address } from '../../src/domain/message.ts';
import { stripDirection } from '../../src/flow/isolate.ts';
import { createProgram } from '../../src/flow/program.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Store } from '../../src/ports/store.ts';
import { createRecordingChannel, type Sent } from './recording-channel.ts';
import { createWorld, settled } from './world.ts';

const root = join(import.meta.dirname, '../..');
const program = createProgram(
  await loadProgramSource({
    flowsDir: join(root, 'flows'),
    localesDir: join(root, 'locales'),
    matcher: 'none',
    defaultLanguage: 'en',
  }),
);

/** The channels of the world; a chat is named `channel:chat`, such as `telegram:7`. */
const channels = ['telegram', 'whatsapp-web', 'web-chat'] as const;

function addressOfChat(chat: string): Address {
  const [channel = '', name = ''] = chat.split(':');
  return { channel, account: 'main', chat: name };
}

/** One worker with the charity's own flows and several channels; several of them may share a store and what was sent. */
export async function startLinkWorld(options: {
  readonly store: Store;
  readonly sent: Sent[];
  readonly clock: Clock;
  readonly isSoleWorker?: boolean;
}) {
  const { store, sent, clock, isSoleWorker = true } = options;
  const adapters = channels.map((channel) => ({ ...createRecordingChannel({ sent }), channel }));
  const world = await createWorld({ store, adapters, clock, program, isSoleWorker });
  await world.runtime.startWorker();
  const { runtime, repositories } = world;
  const idOf = (chat: string): ConversationId => repositories.ids.conversation(addressOfChat(chat));

  /** What the bot has said in a chat so far, by its transcript: oldest first. */
  async function said(chat: string): Promise<string[]> {
    const lines = await repositories.messages.page(idOf(chat), { limit: 100 });
    return lines
      .filter(({ direction }) => direction === 'out')
      .reverse()
      .map(({ content }) => (content.type === 'text' ? stripDirection(content.text) : content.type));
  }

  return {
    ...world,
    idOf,
    said,
    async conversation(chat: string): Promise<Conversation> {
      const found = await repositories.conversations.get(idOf(chat));
      if (!found || 'erased' in found) throw new Error(`${chat} is not there`);
      return found;
    },
    /** Writes as the person; giving the same message again under the same id changes nothing. */
    async write(chat: string, text: string, messageId: string): Promise<void> {
      await runtime.intake.accept([
        {
          ...{ address: addressOfChat(chat), platformMessageId: messageId, kind: 'message', sentAt: 0 },
          ...{ sender: { name: 'Amal', language: 'en' }, content: { type: 'text', text } },
        },
      ]);
    },
    /** Waits until the bot has said this in a chat, among what it said from line `from` on. */
    async hears(chat: string, wanted: RegExp, from = 0): Promise<string> {
      const until = Date.now() + 10_000;
      for (;;) {
        const heard = (await said(chat)).slice(from).find((text) => wanted.test(text));
        if (heard !== undefined) return heard;
        if (Date.now() > until)
          throw new Error(`${chat}: expected ${wanted}, heard ${JSON.stringify(await said(chat))}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    idle: (...chats: string[]) => settled(repositories, chats.map(idOf)),
  };
}

export type LinkWorld = Awaited<ReturnType<typeof startLinkWorld>>;
