import multipart, { type MultipartFile } from '@fastify/multipart';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppError } from '../../domain/errors.ts';
import type { ConversationId } from '../../domain/ids.ts';
import type { Address, FileLimits, InboundMedia } from '../../domain/message.ts';
import type { Intake } from '../../ports/channel.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Broadcast } from '../../ports/queue.ts';
import type { Repositories } from '../../ports/repositories.ts';
import { eventIdOf } from '../../runtime/intake.ts';
import type { App } from '../app.ts';
import { bearerTokenOf } from '../bearer-token.ts';
import { fileIdOf, goneOf } from '../web-chat/chat-line.ts';
import { answerTooMany, defaultChatLimits, limitRequests, type ChatLimits } from '../web-chat/limits.ts';
import { fileRemoved, sendFile, type ServedFile } from '../send-file.ts';
import { caption, languageTag, messageBody, messageId, toInboundMessage } from '../web-chat/message-body.ts';
import { createChatSessions, type ChatSession } from '../web-chat/sessions.ts';
import { createChatStreams, type StreamLimits } from '../web-chat/streams.ts';

const bodyLimitBytes = 32 * 1024;
const addressRetrySeconds = 30;

/** What the routes need of the channel: where a chat is, and its files. */
interface WebChatChannel {
  readonly uploads: { readonly limits: FileLimits };
  addressOf(chat: string): Address;
  receiveFile(
    upload: { readonly conversationId: ConversationId; readonly id: string; readonly fileName?: string },
    bytes: AsyncIterable<Uint8Array>,
  ): Promise<
    { readonly media: InboundMedia } | { readonly refused: 'empty' | 'too-large' | 'unknown-type' | 'type-not-allowed' }
  >;
  openFile(id: string): Promise<ServedFile | null>;
}

export interface WebChatDependencies {
  readonly channel: WebChatChannel;
  readonly intake: Intake;
  readonly repositories: Pick<Repositories, 'ids' | 'messages'>;
  readonly broadcast: Broadcast;
  readonly clock: Clock;
  readonly log: Log;
  /** Derived from the installation's secret; every process of an installation needs the same. */
  readonly sessionKey: Buffer;
  readonly limits?: ChatLimits;
  readonly streamLimits?: StreamLimits;
}

/**
 * The website chat under `/api/chat`: sessions, messages, files and the event stream. Everything but making a session needs its
 * token as `Authorization: Bearer`; a token never stands in a URL.
 */
export function webChatRoutes(dependencies: WebChatDependencies) {
  const { channel, intake, repositories, clock, limits = defaultChatLimits, streamLimits } = dependencies;
  const { ids, messages } = repositories;
  const { limits: fileLimits } = channel.uploads;
  const sessions = createChatSessions(dependencies);
  const known = new WeakMap<FastifyRequest, ChatSession>();

  async function requireSession(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const token = bearerTokenOf(request);
    const session = token === null ? null : sessions.verify(token);
    if (!session) return reply.code(401).send({ code: 'unauthorized', message: 'Begin a chat session first.' });
    known.set(request, session);
    return undefined;
  }

  function sessionOf(request: FastifyRequest): ChatSession {
    const session = known.get(request);
    if (!session) throw new Error('this route lacks the hook requireSession');
    return session;
  }

  const chatOf = (request: FastifyRequest) => sessionOf(request).chat;
  const addressOf = (request: FastifyRequest) => channel.addressOf(chatOf(request));
  const conversationIdOf = (request: FastifyRequest) => ids.conversation(addressOf(request));

  return (root: App): void => {
    void root.register(async (scope) => {
      const app = scope as unknown as App; // The type provider is that of the root.
      await app.register(multipart, {
        limits: {
          files: 1,
          fields: 3,
          parts: 4,
          fileSize: fileLimits.maxMegabytes * 1024 * 1024 + 1,
          fieldSize: 8_000,
          headerPairs: 50,
        },
        throwFileSizeLimit: false,
      });
      const streams = createChatStreams({
        ...{ messages, clock, broadcast: dependencies.broadcast, log: dependencies.log },
        ...(streamLimits ? { limits: streamLimits } : {}),
      });
      app.addHook('onClose', async () => streams.close());

      const sessionLimit = limitRequests(app, [{ limit: limits.sessionsPerAddress, by: 'address' }]);
      const messageLimit = limitRequests(app, [
        { limit: limits.messagesPerAddress, by: 'address' },
        { limit: limits.burstPerSession, by: chatOf },
        { limit: limits.messagesPerSession, by: chatOf },
      ]);
      const fileLimit = limitRequests(app, [
        { limit: limits.filesPerAddress, by: 'address' },
        { limit: limits.filesPerSession, by: chatOf },
      ]);
      const eventLimit = limitRequests(app, [{ limit: limits.eventsPerAddress, by: 'address' }]);

      // A valid token in the request is renewed: the same chat, a later expiry.
      app.post('/api/chat/sessions', { onRequest: sessionLimit, bodyLimit: 1_024 }, async (request, reply) => {
        reply.header('cache-control', 'no-store');
        return reply.code(201).send(sessions.issue(bearerTokenOf(request) ?? undefined));
      });

      app.post(
        '/api/chat/messages',
        { onRequest: [requireSession, messageLimit], bodyLimit: bodyLimitBytes, schema: { body: messageBody } },
        async (request, reply) => {
          const message = toInboundMessage(request.body, addressOf(request), clock.now());
          await intake.accept([message]);
          return reply.code(202).send({ id: request.body.id, lineId: eventIdOf(ids, message) });
        },
      );

      app.post('/api/chat/files', { onRequest: [requireSession, fileLimit] }, async (request, reply) => {
        const { file, ...sent } = await readUpload(request);
        const toMessage = (media: InboundMedia) =>
          toInboundMessage(
            { ...sent, content: { type: 'media', media, ...(sent.caption ? { caption: sent.caption } : {}) } },
            addressOf(request),
            clock.now(),
          );
        // The file is named by the event of its message, which needs no file to be known.
        const id = eventIdOf(ids, toMessage({ kind: 'document', fileId: '' }));
        const fileName = toFileName(file.filename);
        const received = await channel.receiveFile(
          { conversationId: conversationIdOf(request), id, ...(fileName ? { fileName } : {}) },
          readable(file.file),
        );
        if ('refused' in received) throw toRefusal(received.refused, fileLimits);
        await intake.accept([toMessage(received.media)]);
        return reply.code(202).send({ id: sent.id, lineId: id });
      });

      app.get(
        '/api/chat/files/:lineId',
        { onRequest: requireSession, schema: { params: z.object({ lineId: z.string().min(1).max(200) }) } },
        async (request, reply) => {
          const line = await messages.get(request.params.lineId);
          const ownLine = line?.conversationId === conversationIdOf(request) ? line : null;
          if (ownLine && goneOf(ownLine) === 'removed') throw fileRemoved();
          const fileId = ownLine && fileIdOf(ownLine);
          const file = fileId === null ? null : await channel.openFile(fileId);
          if (!file) throw new AppError('not-found', 'There is no such file.');
          return sendFile(reply, file);
        },
      );

      app.get('/api/chat/events', { onRequest: [requireSession, eventLimit] }, async (request, reply) => {
        const stream = streams.open({
          conversationId: conversationIdOf(request),
          address: request.ip,
          after: lastEventIdOf(request),
          expiresAt: sessionOf(request).expiresAt,
        });
        if (!stream) return answerTooMany(reply, addressRetrySeconds);
        return (
          reply
            .header('content-type', 'text/event-stream; charset=utf-8')
            .header('cache-control', 'no-store')
            // Proxies such as nginx would hold the events back.
            .header('x-accel-buffering', 'no')
            .send(stream)
        );
      });
    });
  };
}

/** The `order` of a line, when that is what the reader sent. */
function lastEventIdOf(request: FastifyRequest): string | null {
  const given = request.headers['last-event-id'];
  return typeof given === 'string' && /^\d{10}-\d{6}$/.test(given) ? given : null;
}

const uploadFields = z.object({ id: messageId, language: languageTag.optional(), caption: caption.optional() });

/** The one file of a form and the fields, which stand before it. */
async function readUpload(request: FastifyRequest): Promise<z.infer<typeof uploadFields> & { file: MultipartFile }> {
  if (!request.isMultipart()) throw new AppError('payload-invalid', 'expected a multipart form with one file');
  const file = await request.file().catch(asUnreadable);
  if (!file) throw new AppError('payload-invalid', 'expected one file');
  const given = Object.entries(file.fields).flatMap(([name, part]) =>
    part && !Array.isArray(part) && part.type === 'field' ? [[name, part.value]] : [],
  );
  const fields = uploadFields.safeParse(Object.fromEntries(given));
  if (fields.success) return { ...fields.data, file };
  file.file.resume();
  throw new AppError('payload-invalid', 'expected the fields id (a UUID), language and caption before the file');
}

/** The bytes of a form's file; a form that breaks off is the sender's fault. */
async function* readable(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes;
  } catch (error) {
    asUnreadable(error);
  }
}

function asUnreadable(cause: unknown): never {
  throw new AppError('payload-invalid', 'The form cannot be read, or it broke off.', { cause });
}

/** The last part of a path, without what no file name needs. */
function toFileName(given: string | undefined): string | undefined {
  const name = (given ?? '').toWellFormed().split(/[\\/]/).at(-1)?.replace(/\p{C}/gu, '').trim().slice(0, 120);
  return name === '' ? undefined : name;
}

function toRefusal(
  why: 'empty' | 'too-large' | 'unknown-type' | 'type-not-allowed',
  { kinds, maxMegabytes }: FileLimits,
): AppError {
  if (why === 'empty') return new AppError('payload-invalid', 'The file is empty.');
  if (why === 'too-large') return new AppError('too-large', `The file is over ${maxMegabytes} MB.`);
  return new AppError('payload-invalid', `The file is none of: ${kinds.join(', ')}.`);
}
