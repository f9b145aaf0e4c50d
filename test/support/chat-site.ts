import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MediaRules } from '../../src/channels/shared/check-media.ts';
import { createWebChatAdapter } from '../../src/channels/web-chat/adapter.ts';
import {
  toLineOrder,
  type Conversation,
  type OutboundMessage,
  type TranscriptLine,
} from '../../src/domain/conversation.ts';
import type { StoredEvent } from '../../src/domain/event.ts';
import { toEffectId, toId, type ConversationId } from '../../src/domain/ids.ts';
import type { Address, InboundContent, OutboundContent } from '../../src/domain/message.ts';
import { createApp } from '../../src/http/app.ts';
import { webChatRoutes, type WebChatDependencies } from '../../src/http/routes/web-chat.ts';
import { chatPageRoutes } from '../../src/http/routes/chat-page.ts';
import { systemClock } from '../../src/ports/clock.ts';
import { silentMeter } from '../../src/ports/meter.ts';
import type { Log } from '../../src/ports/log.ts';
import { createInProcessBroadcast } from '../../src/queue/in-process/broadcast.ts';
import { createInProcessQueue } from '../../src/queue/in-process/queue.ts';
import { createArrivalOrder } from '../../src/runtime/arrival-order.ts';
import { attachmentIdOf } from '../../src/runtime/decide.ts';
import { createIntake } from '../../src/runtime/intake.ts';
import { collections } from '../../src/store/collections.ts';
import { openRepositories } from '../../src/store/repositories.ts';
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts';

const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** Limits no test meets by chance. */
const generous = { max: 100_000, windowMs: 60_000 };
export const generousLimits: NonNullable<WebChatDependencies['limits']> = {
  sessionsPerAddress: generous,
  messagesPerSession: generous,
  burstPerSession: generous,
  messagesPerAddress: generous,
  filesPerSession: generous,
  filesPerAddress: generous,
  eventsPerAddress: generous,
};

export type Bot = (content: InboundContent, language: string | undefined) => readonly OutboundContent[];

/**
 * The website chat as it is served: real Fastify on a real socket, the real SQLite store, intake and queue. In the engine's
 * place stands a bot that answers each message by a function, written as the runtime writes: line, answers, then consumed.
 */
export async function startChatSite(
  options: Partial<Pick<WebChatDependencies, 'limits' | 'streamLimits'>> & {
    bot?: Bot;
    webDir?: string;
    mediaRules?: MediaRules;
  } = {},
) {
  const folder = await mkdtemp(join(tmpdir(), 'wasl-chat-'));
  const store = await openSqliteStore({ file: join(folder, 'wasl.db'), blobsDir: join(folder, 'blobs'), collections });
  const repositories = await openRepositories({ store, secretKey: Buffer.alloc(32, 's'), processes: 'one' });
  const broadcast = createInProcessBroadcast();
  const queue = createInProcessQueue({ clock: systemClock, log: silentLog });
  const nextOrder = createArrivalOrder({ clock: systemClock, processName: 'test' });
  const intake = createIntake({ ...repositories, queue, nextOrder, meter: silentMeter, log: silentLog });
  const channel = createWebChatAdapter({
    ...{ account: 'site', ...repositories, broadcast, log: silentLog },
    ...(options.mediaRules && { mediaRules: options.mediaRules }),
  });
  const versions = new Map<string, number>();
  const bot =
    options.bot ?? ((content) => (content.type === 'text' ? [{ type: 'text', text: `> ${content.text}` }] : []));

  function nextVersion(id: ConversationId): number {
    const version = (versions.get(id) ?? 0) + 1;
    versions.set(id, version);
    return version;
  }

  async function answer(id: ConversationId): Promise<void> {
    for (const event of await repositories.events.waiting(id, 100)) {
      if (event.event.type !== 'message-received') continue;
      const { content, sender } = event.event.message;
      const version = nextVersion(id);
      const messages = bot(content, sender.language).map((each, index) =>
        message(event.address, version, index + 1, each),
      );
      await repositories.followUps.apply({
        ...emptyFollowUp(conversationOf(event.address, version)),
        lines: [inboundLine(event, toLineOrder(version, 0))],
        messages,
        consumed: [{ event, outcome: { is: 'accepted' } }],
      });
      for (const each of messages) await send(each);
      await broadcast.publish('conversations', { conversationId: id });
    }
  }

  function message(address: Address, version: number, index: number, content: OutboundContent): OutboundMessage {
    const conversationId = repositories.ids.conversation(address);
    return {
      id: toEffectId(conversationId, version, index),
      version: 1,
      conversationId,
      address,
      order: toLineOrder(version, index),
      direction: 'out',
      author: { is: 'bot' },
      content,
      at: Date.now(),
      status: 'sending',
      attempts: 1,
      dueAt: Date.now() + 20_000,
    };
  }

  async function send(each: OutboundMessage): Promise<void> {
    const { platformMessageId } = await channel.send({
      address: each.address,
      content: each.content,
      messageId: each.id,
      signal: AbortSignal.timeout(1_000),
      openBlob: (blobId) => repositories.files.open(blobId),
    });
    await repositories.messages.update(each, { status: 'sent', platformMessageId });
  }

  function conversationOf(address: Address, version: number): Conversation {
    const id = repositories.ids.conversation(address);
    return {
      ...{ id, version, address, personId: toId<'person'>(`p0-${id}`), language: 'ar', owner: 'bot', session: null },
      ...{ outbox: [], consumed: [], createdAt: 0, lastInboundAt: 0, updatedAt: Date.now() },
    };
  }

  await queue.listen('mailbox', (bell) => answer(toId(bell.key)), { concurrency: 8 });

  const { webDir, limits = generousLimits, streamLimits } = options;
  const app = await createApp({
    log: silentLog,
    routes: [
      webChatRoutes({
        ...{ channel, intake, repositories, broadcast, clock: systemClock, log: silentLog, limits },
        sessionKey: Buffer.alloc(32, 'k'),
        ...(streamLimits ? { streamLimits } : {}),
      }),
      ...(webDir === undefined ? [] : [chatPageRoutes({ webDir, uploads: channel.uploads })]),
    ],
  });
  const sockets = new Set<Socket>();
  app.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo; // It listens on TCP.
  const url = `http://127.0.0.1:${port}`;

  return {
    url,
    port,
    app,
    channel,
    repositories,
    broadcast,
    /** Where the chat of a token is. */
    async addressOf(token: string): Promise<Address> {
      const { createChatSessions } = await import('../../src/http/web-chat/sessions.ts');
      const session = createChatSessions({ sessionKey: Buffer.alloc(32, 'k'), clock: systemClock }).verify(token);
      if (!session) throw new Error('the token is not valid');
      return channel.addressOf(session.chat);
    },
    /** Writes lines of a new version of the conversation, as a commit's follow-up would, and tells nobody. */
    async write(
      address: Address,
      contents: readonly OutboundContent[],
      change: Partial<OutboundMessage> = {},
    ): Promise<OutboundMessage[]> {
      const version = nextVersion(repositories.ids.conversation(address));
      const messages = contents.map((content, index) => ({ ...message(address, version, index, content), ...change }));
      await repositories.followUps.apply({ ...emptyFollowUp(conversationOf(address, version)), messages });
      return messages;
    },
    async note(address: Address, text: string): Promise<void> {
      const conversationId = repositories.ids.conversation(address);
      const version = nextVersion(conversationId);
      const line: TranscriptLine = {
        ...{ id: randomUUID(), conversationId, order: toLineOrder(version, 0), direction: 'note', at: Date.now() },
        author: { is: 'officer', officerId: toId('officer-7') },
        content: { type: 'text', text },
      };
      await repositories.followUps.apply({ ...emptyFollowUp(conversationOf(address, version)), lines: [line] });
    },
    send,
    /** Cuts every connection without a word. */
    cutSockets(): void {
      for (const socket of sockets) socket.destroy();
    },
    async newSession(): Promise<string> {
      const response = await fetch(`${url}/api/chat/sessions`, { method: 'POST' });
      const { token } = (await response.json()) as { token: string };
      return token;
    },
    async close(): Promise<void> {
      await app.close();
      await queue.close();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type ChatSite = Awaited<ReturnType<typeof startChatSite>>;

function inboundLine(event: StoredEvent, order: string): TranscriptLine {
  if (event.event.type !== 'message-received') throw new Error('only messages have a line here');
  const { content } = event.event.message;
  const line: TranscriptLine = {
    ...{ id: event.id, conversationId: event.conversationId, order, direction: 'in', author: { is: 'person' } },
    content,
    at: event.receivedAt,
  };
  if (content.type !== 'media') return line;
  const { kind, fileId, mimeType } = content.media;
  const attachment = { id: attachmentIdOf(event.id), kind, state: { is: 'pending', fileId } } as const;
  return { ...line, attachment: { ...attachment, ...(mimeType === undefined ? {} : { mimeType }) } };
}

function emptyFollowUp(conversation: Conversation) {
  return {
    ...{ conversation, lines: [], messages: [], timers: [], cancelledTimers: [], cases: [], consumed: [] },
    ...{ results: [], records: [] },
  };
}
