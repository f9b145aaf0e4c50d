import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { AppError } from '../../domain/errors.ts';
import type { Conversation, OutboundMessage, TranscriptLine } from '../../domain/conversation.ts';
import { toId } from '../../domain/ids.ts';
import type { LinkedChannel } from '../../domain/link.ts';
import type { Attachment } from '../../domain/message.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Repositories } from '../../ports/repositories.ts';
import type { Handoff, OfficerAct } from '../../runtime/handoff.ts';
import { officerOf } from '../acting-officer.ts';
import { answerAct, unknownConversation } from '../answer-act.ts';
import type { App } from '../app.ts';
import { requireBearerToken } from '../bearer-token.ts';
import { fileRemoved, sendFile, type ServedFile } from '../send-file.ts';

const pageSize = z.coerce.number().int().min(1).max(100).default(50);
/** As the ids of conversations, events and effects are made. */
const id = z.string().regex(/^[\w-]{1,200}$/, 'expected letters, digits, _ and -');
const conversationParams = z.object({ id });
const officerName = z.string().trim().min(1).max(80);
/** Repeating a request with the same id is the same act. */
const requestId = z.string().min(8).max(80);
const actBody = z.object({ requestId });
const textBody = z.object({ requestId, text: z.string().trim().min(1).max(16_000) });
const messageParams = conversationParams.extend({ messageId: id });

/**
 * The officers' side: `/api/conversations`. Acts answer 200 when accepted, 409 with the reason when refused, 202 when they are
 * stored but not decided yet. Every look at a transcript or file, and every act that was not refused, is audited.
 */
export function officerRoutes({
  handoff,
  repositories,
  openFile,
  clock,
  token,
}: {
  handoff: Handoff;
  repositories: Repositories;
  /** Opens a stored file and says what its bytes are. */
  openFile: (blobId: string) => Promise<ServedFile | null>;
  clock: Clock;
  token: string;
}) {
  async function find(id: string): Promise<Conversation> {
    const conversation = await repositories.conversations.get(toId<'conversation'>(id));
    if (!conversation || 'erased' in conversation) throw unknownConversation();
    return conversation;
  }

  /** The person's conversations on other channels; each transcript is read, and audited, by itself. */
  async function linkedWith({ id, personId }: Conversation): Promise<LinkedChannel[]> {
    const others = (await repositories.people.conversations(personId)).filter((other) => other !== id);
    const found = await Promise.all(others.map((other) => repositories.conversations.get(other)));
    return found.flatMap((other) =>
      !other || 'erased' in other ? [] : [{ conversationId: other.id, channel: other.address.channel }],
    );
  }

  return (root: App): void => {
    void root.register(async (scope) => {
      const app = scope as unknown as App; // The type provider is that of the root.
      app.addHook('onRequest', requireBearerToken(token));

      app.get(
        '/api/conversations',
        {
          schema: { querystring: z.object({ owner: z.enum(['queue', 'officer']).default('queue'), limit: pageSize }) },
        },
        async (request) => {
          const { owner, limit } = request.query;
          const conversations = await handoff.list(owner, { limit });
          return { conversations: conversations.map(toListed) };
        },
      );

      app.get('/api/conversations/:id', { schema: { params: conversationParams } }, async (request) => {
        const conversation = await find(request.params.id);
        return { conversation: toListed(conversation), linked: await linkedWith(conversation) };
      });

      app.get(
        '/api/conversations/:id/messages',
        {
          schema: {
            params: conversationParams,
            querystring: z.object({ before: z.string().max(40).optional(), limit: pageSize }),
          },
        },
        async (request) => {
          const conversation = await find(request.params.id);
          const { id } = conversation;
          const { before, limit } = request.query;
          const lines = await repositories.messages.page(id, { limit, ...(before ? { before } : {}) });
          await repositories.audit.record({
            at: clock.now(),
            officerId: officerOf(request),
            action: 'transcript-read',
            conversationId: id,
          });
          return { conversation: toListed(conversation), messages: lines.map(toShownLine) };
        },
      );

      app.get(
        '/api/conversations/:id/messages/:messageId/file',
        { schema: { params: messageParams } },
        async (request, reply) => {
          const { id, messageId } = request.params;
          const line = await repositories.messages.get(messageId);
          const state = line?.conversationId === id ? line.attachment?.state : undefined;
          if (state?.is === 'removed') throw fileRemoved();
          const file = state?.is === 'stored' ? await openFile(state.blobId) : null;
          if (!file) throw new AppError('not-found', 'There is no such file.');
          await repositories.audit.record({
            at: clock.now(),
            officerId: officerOf(request),
            action: 'file-read',
            conversationId: toId<'conversation'>(id),
            messageId: toId<'message'>(messageId),
          });
          return sendFile(reply, file);
        },
      );

      const submit = async (request: ActRequest, reply: FastifyReply, act: OfficerAct) => {
        const conversationId = toId<'conversation'>(request.params.id);
        const outcome = await handoff.act(conversationId, act, request.body.requestId);
        if (outcome && outcome.is !== 'refused') {
          const message = 'messageId' in act ? { messageId: act.messageId } : {};
          const entry = { at: clock.now(), officerId: act.officerId, action: act.type, conversationId, ...message };
          await repositories.audit.record(entry);
        }
        return answerAct(reply, outcome);
      };

      app.post(
        '/api/conversations/:id/claim',
        { schema: { params: conversationParams, body: actBody.extend({ officerName }) } },
        (request, reply) =>
          submit(request, reply, {
            type: 'officer-claimed',
            officerId: officerOf(request),
            officerName: request.body.officerName,
          }),
      );
      app.post(
        '/api/conversations/:id/reply',
        { schema: { params: conversationParams, body: textBody } },
        (request, reply) =>
          submit(request, reply, {
            type: 'officer-replied',
            officerId: officerOf(request),
            content: { type: 'text', text: request.body.text },
          }),
      );
      app.post(
        '/api/conversations/:id/notes',
        { schema: { params: conversationParams, body: textBody } },
        (request, reply) =>
          submit(request, reply, { type: 'officer-noted', officerId: officerOf(request), text: request.body.text }),
      );
      for (const [path, type] of [
        ['release', 'officer-released'],
        ['close', 'officer-closed'],
        ['unlink', 'officer-unlinked'],
      ] as const) {
        app.post(
          `/api/conversations/:id/${path}`,
          { schema: { params: conversationParams, body: actBody } },
          (request, reply) => submit(request, reply, { type, officerId: officerOf(request) }),
        );
      }
      app.post(
        '/api/conversations/:id/messages/:messageId/resend',
        { schema: { params: messageParams, body: actBody } },
        (request, reply) =>
          submit(request, reply, {
            type: 'resend-requested',
            officerId: officerOf(request),
            messageId: toId(request.params.messageId),
          }),
      );
    });
  };
}

interface ActRequest {
  readonly params: { readonly id: string };
  readonly body: { readonly requestId: string };
}

function toListed(conversation: Conversation) {
  const { id, owner, language, personName, officer, handoff, lastInboundAt, address } = conversation;
  return { id, channel: address.channel, owner, language, personName, officer, handoff, lastInboundAt };
}

function toShownLine(line: TranscriptLine | OutboundMessage) {
  const { id, order, direction, author, content, attachment, at, edited } = line;
  const delivery = 'status' in line ? { status: line.status, failure: line.failure } : {};
  return {
    id,
    order,
    direction,
    author,
    content,
    attachment: attachment && toShownAttachment(attachment),
    at,
    edited,
    ...delivery,
  };
}

/** The platform's file id opens the file to whoever has the bot's token: it stays inside. */
function toShownAttachment({ id, kind, fileName, mimeType, sizeBytes, state }: Attachment) {
  return { id, kind, fileName, mimeType, sizeBytes, state: state.is };
}
