import type { InboundContent, InboundMessage, MediaKind } from '../../domain/message.ts';
import type { RawMessage } from './protocol.ts';

/** Reads a message of WhatsApp Web; null for what is no message to the assistant (a changed key, a deletion, a call). Never throws. */
export function decodeMessage(raw: RawMessage, account: string): InboundMessage | null {
  const content = toContent(raw);
  if (content === null) return null;
  const phone = /^(\d{6,15})@c\.us$/.exec(raw.chat)?.[1];
  return {
    address: { channel: 'whatsapp-web', account, chat: raw.chat },
    platformMessageId: raw.id,
    kind: raw.editedAt === undefined ? 'message' : 'edit',
    ...(raw.editedAt !== undefined && { editedAt: raw.editedAt }),
    sentAt: Math.round(raw.sentAt * 1000),
    sender: { ...(raw.name && { name: raw.name }), ...(phone && { phone: `+${phone}` }) },
    content,
  };
}

/** WhatsApp Web's words (MessageTypes of whatsapp-web.js). */
const mediaKinds: Readonly<Record<string, MediaKind>> = {
  image: 'photo',
  video: 'video',
  ptt: 'voice',
  audio: 'audio',
  document: 'document',
  sticker: 'sticker',
};

const textTypes = new Set(['chat', 'buttons_response', 'list_response', 'template_button_reply', 'interactive']);

/** What people send that is not read; all else tells of the chat itself. */
const unreadTypes = new Set([
  'poll_creation',
  'event_creation',
  'order',
  'product',
  'payment',
  'groups_v4_invite',
  'multi_vcard',
  'vcard',
  'location',
  ...Object.keys(mediaKinds),
]);

function toContent(raw: RawMessage): InboundContent | null {
  const { type, text, place, file } = raw;
  const kind = mediaKinds[type];
  if (textTypes.has(type)) return text ? { type: 'text', text } : null;
  if (kind && file) {
    return {
      type: 'media',
      media: {
        kind,
        fileId: raw.key,
        ...(file.name && { fileName: file.name }),
        ...(file.mimeType && { mimeType: file.mimeType }),
        ...(file.sizeBytes !== undefined && { sizeBytes: file.sizeBytes }),
        ...(file.durationSeconds !== undefined && { durationSeconds: file.durationSeconds }),
      },
      ...(text && { caption: text }),
    };
  }
  if (type === 'location' && place) {
    const { name, ...where } = place;
    return { type: 'location', ...where, ...(name && { name }) };
  }
  const contact = raw.vcards?.length === 1 ? readCard(raw.vcards[0] ?? '') : null;
  if (contact) return { type: 'contact', ...contact };
  return unreadTypes.has(type) ? { type: 'unsupported', what: type } : null;
}

/** Name and first number of a card (RFC 2426); null without a number. */
function readCard(card: string): { name: string; phone: string } | null {
  const lines = card.replace(/\r?\n[ \t]/g, '').split(/\r?\n/);
  const value = (property: string) => {
    const line = lines.find((one) => new RegExp(`^(item\\d+\\.)?${property}[;:]`, 'i').test(one));
    return line?.slice(line.indexOf(':') + 1).trim();
  };
  const phone = value('TEL');
  if (!phone) return null;
  return { name: (value('FN') ?? '').replace(/\\([,;\\])/g, '$1'), phone };
}
