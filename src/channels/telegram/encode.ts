import type { Opts } from 'grammy/types';
import type { Choice, MediaKind, OutboundContent } from '../../domain/message.ts';
import type { Capabilities } from '../../ports/channel.ts';
import { downloadLimitBytes } from './open-media.ts';

const megabyte = 1024 * 1024;

/**
 * Limits of the Bot API: text, caption, callback data and keyboards from core.telegram.org/bots/api, uploads from #sending-files.
 * Button labels have none there; past 60 units phones cut them off, and a numbered list reads better.
 */
export const telegramCapabilities: Capabilities = {
  buttons: { max: 100, labelLength: 60 },
  lists: null,
  textLength: 4096,
  captionLength: 1024,
  media: {
    photo: { maxBytes: 10 * megabyte },
    document: { maxBytes: 50 * megabyte },
    voice: { maxBytes: 50 * megabyte },
    audio: { maxBytes: 50 * megabyte },
    video: { maxBytes: 50 * megabyte },
    sticker: { maxBytes: megabyte / 2 },
  },
  fetches: { maxBytes: downloadLimitBytes },
  edits: true,
  typing: true,
};

/** One call of the Bot API. */
export type TelegramCall =
  | { readonly method: 'sendMessage'; readonly payload: Opts<'sendMessage'> }
  | { readonly method: 'sendLocation'; readonly payload: Opts<'sendLocation'> }
  | { readonly method: 'sendVenue'; readonly payload: Opts<'sendVenue'> }
  | { readonly method: 'sendContact'; readonly payload: Opts<'sendContact'> }
  | {
      readonly method: 'sendFile';
      readonly kind: MediaKind;
      readonly blobId: string;
      readonly fileName: string;
      readonly payload: { readonly chat_id: string; readonly caption?: string };
    };

/**
 * The one call that sends a content which `splitContent` has made to fit. Plain text (no parse_mode, so nothing a person typed is
 * read as markup) and without link previews.
 */
export function encodeContent(content: OutboundContent, chat: string): TelegramCall {
  switch (content.type) {
    case 'text':
      return {
        method: 'sendMessage',
        payload: {
          chat_id: chat,
          text: content.text,
          link_preview_options: { is_disabled: true },
          ...(content.choices?.length && { reply_markup: { inline_keyboard: toKeyboard(content.choices) } }),
        },
      };
    case 'media':
      return {
        method: 'sendFile',
        kind: content.kind,
        blobId: content.blobId,
        fileName: toHeaderName(content.fileName ?? defaultNames[content.kind]),
        payload: { chat_id: chat, ...(content.caption !== undefined && { caption: content.caption }) },
      };
    case 'location': {
      const { latitude, longitude, name } = content;
      const place = { chat_id: chat, latitude, longitude };
      // A venue must have an address; the coordinates are the one we have.
      return name
        ? { method: 'sendVenue', payload: { ...place, title: name, address: `${latitude}, ${longitude}` } }
        : { method: 'sendLocation', payload: place };
    }
    case 'contact':
      return {
        method: 'sendContact',
        payload: { chat_id: chat, phone_number: content.phone, first_name: content.name },
      };
  }
}

/** Two buttons fit beside each other on a phone when both labels are short. */
const shortLabel = 16;

function toKeyboard(choices: readonly Choice[]): { text: string; callback_data: string }[][] {
  const buttons = choices.map((choice) => ({ text: choice.label, callback_data: choice.id }));
  const perRow = choices.every((choice) => choice.label.length <= shortLabel) ? 2 : 1;
  return Array.from({ length: Math.ceil(buttons.length / perRow) }, (_, row) =>
    buttons.slice(row * perRow, (row + 1) * perRow),
  );
}

const defaultNames: Readonly<Record<MediaKind, string>> = {
  photo: 'photo.jpg',
  document: 'document',
  voice: 'voice.ogg',
  audio: 'audio.mp3',
  video: 'video.mp4',
  sticker: 'sticker.webp',
};

/** grammY writes a file's name into the multipart header as it is, without quotes (1.46.0, core/payload), so they are put here. */
function toHeaderName(name: string): string {
  return `"${name.replace(/["\\\p{Cc}\p{Surrogate}]/gu, '_')}"`;
}
