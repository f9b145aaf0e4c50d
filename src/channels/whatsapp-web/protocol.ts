import { z } from 'zod';

/**
 * What a session's process and its parent say to each other over Node's IPC (structured clone, so bytes need no encoding). Both
 * sides parse what they get. Nothing here is larger than `chunkBytes` or a few batched messages: files go in chunks, each asked
 * for by the side that wants it, so that neither side's memory depends on how fast the other one is.
 */
export const chunkBytes = 256 * 1024;
export const batchLength = 20;

/** WhatsApp's longest text is 65,536 characters; the session cuts what is longer. */
export const textLimit = 65_536;

const callId = z.number().int().min(1);
const text = z.string().max(textLimit);
const short = z.string().max(1_000);
const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.byteLength <= chunkBytes);

/** A message as WhatsApp Web shows it, cut down to what is read. Absent fields are those its kind does not have. */
const rawMessageSchema = z.object({
  /** The message's own id, the same however its chat is named. */
  id: short.min(1),
  /** The name the page finds it by: direction, chat and id. */
  key: short.min(1),
  /** The chat by its phone number (`...@c.us`) where that is known, else by its hidden id (`...@lid`). */
  chat: short.min(3),
  /** WhatsApp's word: chat, image, ptt, location, vcard ... */
  type: short,
  /** Seconds since the epoch. */
  sentAt: z.number().min(0).max(8.64e12),
  /** Milliseconds since the epoch, for an edit. */
  editedAt: z.number().min(0).max(8.64e15).optional(),
  text: text.optional(),
  name: short.optional(),
  file: z
    .object({
      mimeType: short.optional(),
      name: short.optional(),
      sizeBytes: z.number().min(0).optional(),
      durationSeconds: z.number().min(0).optional(),
    })
    .optional(),
  place: z.object({ latitude: z.number(), longitude: z.number(), name: short.optional() }).optional(),
  vcards: z.array(z.string().max(10_000)).max(10).optional(),
});

/** One call of the library: what is sent, to whom. */
const orderSchema = z.discriminatedUnion('is', [
  z.object({ is: z.literal('text'), chat: short, text }),
  z.object({ is: z.literal('card'), chat: short, vcard: z.string().max(10_000) }),
  z.object({
    is: z.literal('place'),
    chat: short,
    latitude: z.number(),
    longitude: z.number(),
    name: short.optional(),
  }),
  z.object({
    is: z.literal('file'),
    chat: short,
    kind: z.enum(['photo', 'document', 'voice', 'audio', 'video', 'sticker']),
    fileName: short,
    maxBytes: z.number(),
    caption: text.optional(),
  }),
]);

const settingsSchema = z.object({
  account: z.string().regex(/^[\w-]+$/),
  profilesDir: z.string(),
  chromiumPath: z.string(),
  chromiumArgs: z.array(z.string()),
  /** How often the page is asked whether it is alive, and how long it may take to answer. */
  pulseMs: z.number(),
  /** The most that a pause before a send may take. */
  typingMs: z.number(),
});

/** What the parent says. */
export const commandSchema = z.discriminatedUnion('is', [
  z.object({ is: z.literal('open'), settings: settingsSchema }),
  /** Closes the browser gracefully, then ends. */
  z.object({ is: z.literal('close') }),
  /** Tells the page once more that it has synchronised: the library may have missed it. */
  z.object({ is: z.literal('nudge') }),
  z.object({ is: z.literal('send'), id: callId, order: orderSchema }),
  z.object({ is: z.literal('type'), chat: short }),
  z.object({ is: z.literal('pairing-code'), id: callId, phone: z.string().regex(/^\d{6,15}$/) }),
  /** Reads every chat since a time (seconds since the epoch) and gives its messages in batches. */
  z.object({ is: z.literal('catch-up'), id: callId, since: z.number() }),
  /** A batch is durable: the next one may come. */
  z.object({ is: z.literal('stored') }),
  z.object({ is: z.literal('open-file'), id: callId, key: short, maxBytes: z.number() }),
  z.object({ is: z.literal('next-chunk'), id: callId }),
  z.object({ is: z.literal('drop-file'), id: callId }),
  /** A piece of the file a send asked for; null at its end. */
  z.object({ is: z.literal('chunk'), id: callId, bytes: bytes.nullable() }),
  z.object({ is: z.literal('no-file'), id: callId, reason: short }),
]);

/** What a session's process says. */
export const reportSchema = z.discriminatedUnion('is', [
  z.object({ is: z.literal('browser'), pid: z.number().int() }),
  z.object({ is: z.literal('qr'), qr: short }),
  z.object({ is: z.literal('pulse'), state: short.nullable(), hasSynced: z.boolean() }),
  z.object({ is: z.literal('ready'), phone: short }),
  z.object({ is: z.literal('logged-out') }),
  /** The library let go of the session; WhatsApp's word for why. */
  z.object({ is: z.literal('disconnected'), state: short }),
  z.object({ is: z.literal('fault'), reason: short }),
  z.object({ is: z.literal('messages'), messages: z.array(rawMessageSchema).max(batchLength) }),
  /** More came than could be held: a catch-up is needed. */
  z.object({ is: z.literal('behind') }),
  /** WhatsApp's grade of a message that was sent: 2 delivered, 3 read, 4 played, -1 failed. */
  z.object({ is: z.literal('grade'), messageId: short, grade: z.number().int() }),
  /** The answer to a call. */
  z.object({ is: z.literal('done'), id: callId, value: short.nullable() }),
  z.object({ is: z.literal('failed'), id: callId, reason: short }),
  z.object({ is: z.literal('chunk'), id: callId, bytes: bytes.nullable() }),
  z.object({ is: z.literal('next-chunk'), id: callId }),
]);

export type Command = z.infer<typeof commandSchema>;
export type Report = z.infer<typeof reportSchema>;
export type RawMessage = z.infer<typeof rawMessageSchema>;
export type Order = z.infer<typeof orderSchema>;
export type SessionSettings = z.infer<typeof settingsSchema>;
