import { z } from 'zod';
import type { Address, InboundContent, InboundMedia, InboundMessage } from '../../domain/message.ts';

const maxTextLength = 4_000;

/** What no screen and no store should get: control characters other than line breaks and tabs, and halves of characters. */
const clean = (text: string): string =>
  text
    .toWellFormed()
    .replace(/\r\n?/g, '\n')
    .replace(/[\u0000-\u0008\u000B-\u001F\u007F]/g, '')
    .trim();

const text = (max: number) => z.string().max(max).transform(clean);
const written = (max: number) => text(max).refine((value) => value !== '', 'expected a text that is not blank');

/** The page makes it once for each message and repeats it with each try. */
export const messageId = z.uuid();
export const languageTag = z
  .string()
  .regex(/^[a-z]{2,3}(-[a-z0-9]{1,8}){0,3}$/i)
  .max(35);
export const caption = text(1_000);

/** `POST /api/chat/messages`: `{ "id": "<uuid>", "content": { "type": "text", "text": "السلام عليكم" }, "language": "ar" }` */
export const messageBody = z.object({
  id: messageId,
  language: languageTag.optional(),
  content: z.discriminatedUnion('type', [
    z.object({ type: z.literal('text'), text: written(maxTextLength) }),
    z.object({ type: z.literal('choice'), choiceId: written(64), label: text(200).optional() }),
    z.object({
      type: z.literal('location'),
      latitude: z.number().min(-90).max(90),
      longitude: z.number().min(-180).max(180),
    }),
  ]),
});

export type MessageBody = z.infer<typeof messageBody>;

/** What a request says, in the domain's words. */
export function toInboundMessage(
  sent: {
    readonly id: string;
    readonly language?: string | undefined;
    readonly content:
      MessageBody['content'] | { readonly type: 'media'; readonly media: InboundMedia; readonly caption?: string };
  },
  address: Address,
  sentAt: number,
): InboundMessage {
  return {
    address,
    platformMessageId: sent.id.toLowerCase(),
    kind: sent.content.type === 'choice' ? 'choice' : 'message',
    sentAt,
    sender: sent.language === undefined ? {} : { language: sent.language },
    content: toContent(sent.content),
  };
}

function toContent(content: Parameters<typeof toInboundMessage>[0]['content']): InboundContent {
  if (content.type !== 'choice') return content;
  const { choiceId, label } = content;
  return { type: 'choice', choiceId, ...(label ? { label } : {}) };
}
