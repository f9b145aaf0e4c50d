import type { MediaKind, OutboundContent } from '../../domain/message.ts';
import { whatsappWebCapabilities } from './capabilities.ts';
import type { Order } from './protocol.ts';

/** The one order that sends a content which `splitContent` has made to fit. */
export function encodeContent(content: OutboundContent, chat: string): Order {
  switch (content.type) {
    case 'text':
      return { is: 'text', chat, text: content.text };
    case 'media':
      return {
        is: 'file',
        chat,
        kind: content.kind,
        fileName: (content.fileName ?? defaultNames[content.kind]).slice(0, 200).toWellFormed(),
        maxBytes: whatsappWebCapabilities.media[content.kind]?.maxBytes ?? 0,
        ...(content.caption !== undefined && { caption: content.caption }),
      };
    case 'location': {
      const { latitude, longitude, name } = content;
      return { is: 'place', chat, latitude, longitude, ...(name && { name: name.slice(0, 200).toWellFormed() }) };
    }
    case 'contact':
      return { is: 'card', chat, vcard: toCard(content.name, content.phone) };
  }
}

const defaultNames: Readonly<Record<MediaKind, string>> = {
  photo: 'photo.jpg',
  document: 'document',
  voice: 'voice.ogg',
  audio: 'audio.mp3',
  video: 'video.mp4',
  sticker: 'sticker.webp',
};

/** A card (RFC 2426) with the number WhatsApp opens a chat with (`waid`). */
function toCard(name: string, phone: string): string {
  const plain = name.replace(/[\r\n]+/g, ' ').slice(0, 200);
  const escaped = plain.replace(/[\\,;]/g, '\\$&').toWellFormed();
  const number = phone.replace(/[^\d+]/g, '');
  const waid = number.replace(/\D/g, '');
  return [
    'BEGIN:VCARD',
    'VERSION:3.0',
    `N:;${escaped};;;`,
    `FN:${escaped}`,
    `TEL;type=CELL;waid=${waid}:${number}`,
    'END:VCARD',
  ].join('\n');
}
