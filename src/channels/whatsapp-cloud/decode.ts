import type { InboundContent, InboundMedia, InboundMessage } from '../../domain/message.ts';
import type { Receipt } from '../../ports/channel.ts';
import { failureOfCode } from './graph-errors.ts';
import {
  changeSchema,
  messageSchema,
  profileSchema,
  statusSchema,
  webhookSchema,
  type CloudContent,
  type CloudFile,
  type CloudMessage,
  type CloudProfile,
} from './webhook-schema.ts';

/** What one webhook means for the assistant. */
export type DecodedWebhook =
  | {
      readonly is: 'read';
      /** In the order given. */
      readonly messages: readonly InboundMessage[];
      readonly receipts: readonly Receipt[];
      /** What was left out, and why. */
      readonly ignored: readonly IgnoredReason[];
    }
  /** No webhook of WhatsApp, or nothing in it could be read: it is refused. */
  | { readonly is: 'unreadable' };

type IgnoredReason =
  | 'malformed'
  /** Of a number that is not ours to answer for. */
  | 'foreign-number'
  /** Something other than messages: a template's review, an account's limits. */
  | 'field'
  /** Older than the platform's own tries: a replay. */
  | 'stale'
  | 'group'
  | 'reaction'
  /** A changed number, a changed identity, a message taken back. */
  | 'system'
  /** A status that tells nothing of a delivery. */
  | 'status';

interface Context {
  /** The accounts of this installation by their numbers' ids. */
  readonly accounts: ReadonlyMap<string, string>;
  /** When the webhook came, milliseconds since the epoch. */
  readonly receivedAt: number;
}

/** WhatsApp tries for seven days; what is older was recorded and sent again. Consumed events are remembered longer than this. */
const longestRetryMs = 8 * 86_400_000;

/** Reads a webhook of the Cloud API. Never throws, whatever it is given. */
export function decodeWebhook(body: unknown, context: Context): DecodedWebhook {
  const envelope = webhookSchema.safeParse(body);
  if (!envelope.success) return { is: 'unreadable' };
  const items = envelope.data.entry.flatMap(({ changes }) => changes.flatMap((change) => readChange(change, context)));
  const ignored = items.flatMap((item) => (item.is === 'ignored' ? [item.reason] : []));
  const isRefused = items.length > 0 && ignored.length === items.length && ignored.every(isForger);
  if (isRefused) return { is: 'unreadable' };
  return {
    is: 'read',
    messages: items.flatMap((item) => (item.is === 'message' ? [item.message] : [])),
    receipts: items.flatMap((item) => (item.is === 'receipt' ? [item.receipt] : [])),
    ignored,
  };
}

type Item =
  | { readonly is: 'message'; readonly message: InboundMessage }
  | { readonly is: 'receipt'; readonly receipt: Receipt }
  | { readonly is: 'ignored'; readonly reason: IgnoredReason };

const ignore = (reason: IgnoredReason): Item => ({ is: 'ignored', reason });

/** What the platform itself never sends. */
function isForger(reason: IgnoredReason): boolean {
  return reason === 'malformed' || reason === 'stale';
}

function readChange({ field, value }: { field: string; value: unknown }, context: Context): Item[] {
  if (field !== 'messages') return [ignore('field')];
  const change = changeSchema.safeParse(value);
  if (!change.success) return [ignore('malformed')];
  const { metadata, contacts = [], messages = [], statuses = [] } = change.data;
  const account = context.accounts.get(metadata.phone_number_id);
  if (account === undefined) return [ignore('foreign-number')];
  const profiles = contacts.flatMap((contact) => profileSchema.safeParse(contact).data ?? []);
  return [
    ...messages.map((message) => readMessage(message, account, profiles, context)),
    ...statuses.map((status) => readStatus(status, account, context)),
  ];
}

function readMessage(raw: unknown, account: string, profiles: readonly CloudProfile[], context: Context): Item {
  const parsed = messageSchema.safeParse(raw);
  if (!parsed.success) return ignore('malformed');
  const message = parsed.data;
  const sentAt = message.timestamp * 1000;
  if (context.receivedAt - sentAt > longestRetryMs) return ignore('stale');
  if (message.group_id !== undefined) return ignore('group');
  const only = profiles.length === 1 ? profiles[0] : undefined;
  const chat = message.from ?? message.from_user_id ?? only?.wa_id ?? only?.user_id;
  if (chat === undefined) return ignore('malformed');
  if (message.type === 'reaction') return ignore('reaction');
  if (message.type === 'system' || message.type === 'revoke') return ignore('system');
  const isEdit = message.type === 'edit';
  if (isEdit && message.edit === undefined) return ignore('malformed');
  const content = toContent(message.edit && isEdit ? message.edit.message : message);
  const profile = profiles.find((one) => one.wa_id === chat || one.user_id === chat) ?? only;
  return {
    is: 'message',
    message: {
      address: { channel: 'whatsapp-cloud', account, chat },
      platformMessageId: isEdit && message.edit ? message.edit.original_message_id : message.id,
      kind: isEdit ? 'edit' : content.type === 'choice' ? 'choice' : 'message',
      ...(isEdit && { editedAt: sentAt }),
      sentAt,
      sender: toSender(message, profile),
      content,
    },
  };
}

function toSender({ from }: CloudMessage, profile: CloudProfile | undefined): InboundMessage['sender'] {
  const name = profile?.profile?.name;
  return { ...(name && { name }), ...(from !== undefined && /^\d{5,15}$/.test(from) && { phone: `+${from}` }) };
}

function toContent(content: CloudContent): InboundContent {
  const { type, text, interactive, button, location, contacts } = content;
  if (type === 'text' && text?.body) return { type: 'text', text: text.body };
  const tapped = interactive?.button_reply ?? interactive?.list_reply;
  if (type === 'interactive' && tapped) return toChoice(tapped.id, tapped.title);
  if (type === 'button' && button?.payload) return toChoice(button.payload, button.text);
  const media = toMedia(content);
  if (media) return media;
  if (type === 'location' && location) {
    const { latitude, longitude, name, address } = location;
    const title = name || address;
    return { type: 'location', latitude, longitude, ...(title && { name: title }) };
  }
  const [contact] = contacts ?? [];
  const phone = contact?.phones?.find((one) => one.phone ?? one.wa_id);
  if (type === 'contacts' && phone) {
    const name = contact?.name?.formatted_name ?? contact?.name?.first_name ?? '';
    return { type: 'contact', name, phone: phone.phone ?? `+${phone.wa_id}` };
  }
  return { type: 'unsupported', what: content.unsupported?.type ?? interactive?.type ?? type };
}

function toChoice(choiceId: string, label: string | undefined): InboundContent {
  return { type: 'choice', choiceId, ...(label !== undefined && { label }) };
}

function toMedia(content: CloudContent): InboundContent | null {
  for (const type of ['image', 'document', 'audio', 'video', 'sticker'] as const) {
    const file = content[type];
    if (content.type !== type || !file) continue;
    const media = { kind: toKind(type, file), ...describeFile(file) };
    return { type: 'media', media, ...(file.caption && { caption: file.caption }) };
  }
  return null;
}

function toKind(type: 'image' | 'document' | 'audio' | 'video' | 'sticker', file: CloudFile): InboundMedia['kind'] {
  if (type === 'image') return 'photo';
  return type === 'audio' && file.voice === true ? 'voice' : type;
}

function describeFile(file: CloudFile): Omit<InboundMedia, 'kind'> {
  return {
    fileId: file.id,
    ...(file.filename !== undefined && { fileName: file.filename }),
    ...(file.mime_type !== undefined && { mimeType: file.mime_type }),
    ...(file.file_size !== undefined && { sizeBytes: file.file_size }),
  };
}

/** `played` is how WhatsApp says that a voice note was heard. */
const receiptStatuses: ReadonlyMap<string, Receipt['status']> = new Map([
  ['sent', 'sent'],
  ['delivered', 'delivered'],
  ['read', 'read'],
  ['played', 'read'],
  ['failed', 'failed'],
]);

function readStatus(raw: unknown, account: string, context: Context): Item {
  const parsed = statusSchema.safeParse(raw);
  if (!parsed.success) return ignore('malformed');
  const { id, timestamp, errors } = parsed.data;
  const at = timestamp * 1000;
  if (context.receivedAt - at > longestRetryMs) return ignore('stale');
  const status = receiptStatuses.get(parsed.data.status);
  if (status === undefined) return ignore('status');
  const receipt: Receipt = { channel: 'whatsapp-cloud', account, platformMessageId: id, status, at };
  if (status !== 'failed') return { is: 'receipt', receipt };
  const code = errors?.[0]?.code;
  const failure = code === undefined ? 'refused' : failureOfCode(code).reason;
  return { is: 'receipt', receipt: { ...receipt, failure } };
}
