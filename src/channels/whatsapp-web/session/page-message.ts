import { z } from 'zod';
import { textLimit, type RawMessage } from '../protocol.ts';

const lenient = <Schema extends z.ZodType>(schema: Schema) => schema.optional().catch(undefined);
const wid = z.union([z.string(), z.object({ _serialized: z.string() }).transform((value) => value._serialized)]);

/** The parts of the page's own message model that are read; all but its id and chat may be missing or odd. */
const pageMessageSchema = z.object({
  id: z.object({ id: z.string().min(1), _serialized: z.string().min(1), fromMe: lenient(z.boolean()), remote: wid }),
  type: z.string(),
  t: lenient(z.number()),
  body: lenient(z.string()),
  caption: lenient(z.string()),
  notifyName: lenient(z.string()),
  latestEditSenderTimestampMs: lenient(z.number()),
  directPath: lenient(z.string()),
  mimetype: lenient(z.string()),
  filename: lenient(z.string()),
  size: lenient(z.number()),
  duration: lenient(z.coerce.number()),
  lat: lenient(z.number()),
  lng: lenient(z.number()),
  loc: lenient(z.string()),
  vcardList: lenient(z.array(z.object({ vcard: z.string() }))),
});

export type PageMessage = z.infer<typeof pageMessageSchema>;

/** Reads a message of the page; null when it is none, is this account's own, or stands in no person's chat. */
export function readPageMessage(model: unknown): PageMessage | null {
  const parsed = pageMessageSchema.safeParse(model);
  if (!parsed.success) return null;
  const message = parsed.data;
  return message.id.fromMe || !isPersonsChat(message.id.remote) ? null : message;
}

/** Groups, status updates, channels and broadcast lists are none. */
export function isPersonsChat(chat: string): boolean {
  return /^\d+(:\d+)?@(c\.us|lid)$/.test(chat);
}

/** Cuts a message down to what the parent reads. `chat` is its chat's lasting name. */
export function toRawMessage(message: PageMessage, chat: string, editedAt?: number): RawMessage {
  const { id, body, caption, notifyName: name, mimetype, filename, size, duration, lat, lng, loc } = message;
  const isFile = message.directPath !== undefined;
  // A location's body is its picture, a card's body is the card.
  const text = isFile ? caption : message.type === 'location' || message.type === 'vcard' ? undefined : body;
  const vcards = message.vcardList?.map((card) => card.vcard) ?? (message.type === 'vcard' && body ? [body] : []);
  return {
    id: cut(id.id),
    key: cut(id._serialized),
    chat,
    type: cut(message.type),
    sentAt: Math.max(0, message.t ?? Date.now() / 1000),
    ...(editedAt !== undefined && { editedAt }),
    ...(text && { text: text.slice(0, textLimit).toWellFormed() }),
    ...(name && { name: cut(name) }),
    ...(isFile && {
      file: {
        ...(mimetype && { mimeType: cut(mimetype) }),
        ...(filename && { name: cut(filename) }),
        ...(size !== undefined && size >= 0 && { sizeBytes: size }),
        ...(duration !== undefined && duration >= 0 && { durationSeconds: duration }),
      },
    }),
    ...(lat !== undefined &&
      lng !== undefined && {
        place: { latitude: lat, longitude: lng, ...(loc && { name: cut(loc.split('\n')[0] ?? '') }) },
      }),
    ...(vcards.length > 0 && { vcards: vcards.slice(0, 10).filter((card) => card.length <= 10_000) }),
  };
}

function cut(text: string): string {
  return text.slice(0, 1_000).toWellFormed();
}
