import type { InboundContent, InboundMedia, InboundMessage } from '../../domain/message.ts';
import {
  memberSchema,
  messageSchema,
  tapSchema,
  updateSchema,
  type TelegramChat,
  type TelegramFile,
  type TelegramMessage,
  type TelegramSender,
} from './update-schema.ts';

/** What one update means for the assistant. */
export type DecodedUpdate =
  /** `tapId` is set for a tapped button, which Telegram wants answered. */
  | { readonly is: 'message'; readonly updateId: number; readonly message: InboundMessage; readonly tapId?: string }
  /** Somebody wrote in a group or added the bot to one: personal matters do not belong there. */
  | { readonly is: 'group'; readonly updateId: number; readonly chatId: number; readonly tapId?: string }
  | { readonly is: 'ignored'; readonly updateId: number; readonly reason: IgnoredReason; readonly tapId?: string }
  /** No update at all: it has no number, so it cannot even be confirmed. */
  | { readonly is: 'unreadable' };

type IgnoredReason =
  | 'malformed'
  /** Somebody blocked or unblocked the bot. */
  | 'membership'
  /** A message without content, such as a pinned message or a changed timer. */
  | 'service-message'
  | 'channel'
  /** A kind of update that was not asked for. */
  | 'kind';

interface Context {
  readonly account: string;
  /** When the update came, milliseconds since the epoch; a tap carries no time of its own. */
  readonly receivedAt: number;
}

/** Reads an update of the Bot API. Never throws, whatever it is given. */
export function decodeUpdate(update: unknown, context: Context): DecodedUpdate {
  const envelope = updateSchema.safeParse(update);
  if (!envelope.success) return { is: 'unreadable' };
  const {
    update_id: updateId,
    message,
    edited_message: edit,
    callback_query: tap,
    my_chat_member: member,
  } = envelope.data;
  if (message !== undefined) return decodeMessage(message, 'message', updateId, context);
  if (edit !== undefined) return decodeMessage(edit, 'edit', updateId, context);
  if (tap !== undefined) return decodeTap(tap, updateId, context);
  if (member !== undefined) return decodeMember(member, updateId);
  return { is: 'ignored', updateId, reason: 'kind' };
}

function decodeMessage(raw: unknown, kind: 'message' | 'edit', updateId: number, context: Context): DecodedUpdate {
  const parsed = messageSchema.safeParse(raw);
  if (!parsed.success) return { is: 'ignored', updateId, reason: 'malformed' };
  const message = parsed.data;
  if (isGroup(message.chat)) {
    // The bot's own leaving is told as a message too, when nothing can be written any more.
    return 'left_chat_member' in message
      ? { is: 'ignored', updateId, reason: 'membership' }
      : { is: 'group', updateId, chatId: message.chat.id };
  }
  if (message.chat.type === 'channel') return { is: 'ignored', updateId, reason: 'channel' };
  const content = toContent(message);
  if (content === null) return { is: 'ignored', updateId, reason: 'service-message' };
  return {
    is: 'message',
    updateId,
    message: {
      address: { channel: 'telegram', account: context.account, chat: String(message.chat.id) },
      platformMessageId: String(message.message_id),
      kind,
      ...(kind === 'edit' && { editedAt: (message.edit_date ?? message.date) * 1000 }),
      sentAt: message.date * 1000,
      sender: toSender(message.from, message.contact),
      content,
    },
  };
}

function decodeTap(raw: unknown, updateId: number, context: Context): DecodedUpdate {
  const parsed = tapSchema.safeParse(raw);
  if (!parsed.success) return { is: 'ignored', updateId, reason: 'malformed' };
  const { id: tapId, from, data, message } = parsed.data;
  // Taps on inline results and games carry no message or data; the bot sends neither.
  if (data === undefined || message === undefined) return { is: 'ignored', updateId, reason: 'kind', tapId };
  if (isGroup(message.chat)) return { is: 'group', updateId, chatId: message.chat.id, tapId };
  const buttons = message.reply_markup?.inline_keyboard.flat() ?? [];
  const label = buttons.find((button) => button.callback_data === data)?.text;
  return {
    is: 'message',
    updateId,
    tapId,
    message: {
      address: { channel: 'telegram', account: context.account, chat: String(message.chat.id) },
      platformMessageId: tapId,
      kind: 'choice',
      sentAt: context.receivedAt,
      sender: toSender(from),
      content: { type: 'choice', choiceId: data, ...(label !== undefined && { label }) },
    },
  };
}

function decodeMember(raw: unknown, updateId: number): DecodedUpdate {
  const parsed = memberSchema.safeParse(raw);
  if (!parsed.success) return { is: 'ignored', updateId, reason: 'malformed' };
  const { chat, new_chat_member: member } = parsed.data;
  const isInside = member.status === 'member' || member.status === 'administrator';
  return isGroup(chat) && isInside
    ? { is: 'group', updateId, chatId: chat.id }
    : { is: 'ignored', updateId, reason: 'membership' };
}

function isGroup(chat: TelegramChat): boolean {
  return chat.type === 'group' || chat.type === 'supergroup';
}

/** Null for a message without content. */
function toContent(message: TelegramMessage): InboundContent | null {
  if (message.text) return { type: 'text', text: withoutBotName(message.text) };
  const media = toMedia(message);
  if (media) {
    return {
      type: 'media',
      media,
      ...(message.caption && { caption: message.caption }),
      ...(message.media_group_id && { albumId: message.media_group_id }),
    };
  }
  // A venue comes with its location beside it, so it is asked for first.
  if (message.venue) return { type: 'location', ...message.venue.location, name: message.venue.title };
  if (message.location) return { type: 'location', ...message.location };
  if (message.contact) {
    const { phone_number: phone, first_name: first, last_name: last } = message.contact;
    return { type: 'contact', name: toName(first, last) ?? '', phone };
  }
  const what = unreadKinds.find((kind) => message[kind] !== undefined);
  return what === undefined ? null : { type: 'unsupported', what };
}

/** What a person may send that is not read; all else without content is a service message. */
const unreadKinds = ['poll', 'dice', 'game', 'story', 'invoice', 'paid_media', 'checklist', 'giveaway'] as const;

function toMedia(message: TelegramMessage): InboundMedia | null {
  const photo = message.photo?.at(-1);
  if (photo) return { kind: 'photo', ...describeFile(photo) };
  // An animation comes with a document beside it, for old clients.
  const video = message.video ?? message.animation ?? message.video_note;
  if (video) return { kind: 'video', ...describeFile(video) };
  for (const kind of ['document', 'voice', 'audio', 'sticker'] as const) {
    const file = message[kind];
    if (file) return { kind, ...describeFile(file) };
  }
  return null;
}

function describeFile(file: TelegramFile): Omit<InboundMedia, 'kind'> {
  return {
    fileId: file.file_id,
    ...(file.file_name !== undefined && { fileName: file.file_name }),
    ...(file.mime_type !== undefined && { mimeType: file.mime_type }),
    ...(file.file_size !== undefined && { sizeBytes: file.file_size }),
    ...(file.duration !== undefined && { durationSeconds: file.duration }),
  };
}

function toSender(from: TelegramSender | undefined, contact?: TelegramMessage['contact']): InboundMessage['sender'] {
  const name = toName(from?.first_name, from?.last_name);
  const isOwnContact = contact !== undefined && from !== undefined && contact.user_id === from.id;
  return {
    ...(name !== undefined && { name }),
    ...(from?.language_code && { language: from.language_code }),
    // Telegram knows the person's own number in full and gives it with or without the plus sign.
    ...(isOwnContact && { phone: contact.phone_number.replace(/^(?=\d)/, '+') }),
  };
}

function toName(first: string | undefined, last: string | undefined): string | undefined {
  return [first, last].filter(Boolean).join(' ') || undefined;
}

/** `/start@some_bot now` is `/start now`. */
function withoutBotName(text: string): string {
  return text.replace(/^(\/\w{1,32})@\w{1,64}(?!\S)/, '$1');
}
