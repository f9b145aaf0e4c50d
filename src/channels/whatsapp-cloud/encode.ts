import type { BlobId } from '../../domain/ids.ts';
import type { Choice, MediaKind, OutboundContent, Template } from '../../domain/message.ts';
import type { Capabilities } from '../../ports/channel.ts';

const megabyte = 1024 * 1024;
const buttonLimits = { max: 3, labelLength: 20 };
const listLimits = { max: 10, labelLength: 24, descriptionLength: 72 };

/**
 * Limits of the Cloud API: developers.facebook.com/docs/whatsapp/cloud-api, "Messages" (texts, buttons, lists), "Media" (sizes)
 * and "Conversations" (the 24 hours in which anything may be written).
 */
export const whatsappCloudCapabilities: Capabilities = {
  buttons: buttonLimits,
  lists: listLimits,
  textLength: 4096,
  choiceTextLength: 1024,
  captionLength: 1024,
  media: {
    photo: { maxBytes: 5 * megabyte },
    document: { maxBytes: 100 * megabyte },
    voice: { maxBytes: 16 * megabyte, caption: 'refused' },
    audio: { maxBytes: 16 * megabyte, caption: 'refused' },
    video: { maxBytes: 16 * megabyte },
    sticker: { maxBytes: megabyte / 2 },
  },
  edits: false,
  typing: true,
  templates: true,
  window: { ms: 24 * 3_600_000 },
};

/** The body of one call to `/messages`. */
export type CloudPayload = Readonly<Record<string, unknown>>;

/** One call, or one upload and the call that names it. */
export type CloudCall =
  | { readonly is: 'message'; readonly payload: CloudPayload }
  | {
      readonly is: 'file';
      readonly kind: MediaKind;
      readonly blobId: BlobId;
      readonly fileName?: string;
      readonly caption?: string;
    };

/** The call that sends a content which `splitContent` has made to fit. Links get no previews. */
export function encodeContent(content: OutboundContent, chat: string): CloudCall {
  switch (content.type) {
    case 'text': {
      const { text, choices = [], template } = content;
      if (template) return toCall(chat, 'template', toTemplate(template, choices));
      if (choices.length > 0) return toCall(chat, 'interactive', toInteractive(text, choices));
      return toCall(chat, 'text', { body: text, preview_url: false });
    }
    case 'media': {
      const { kind, blobId, fileName, caption } = content;
      return { is: 'file', kind, blobId, ...(fileName && { fileName }), ...(caption && { caption }) };
    }
    case 'location': {
      const { latitude, longitude, name } = content;
      return toCall(chat, 'location', { latitude, longitude, ...(name && { name }) });
    }
    case 'contact': {
      const { name, phone } = content;
      const contact = { name: { formatted_name: name, first_name: name }, phones: [{ phone, type: 'WORK' }] };
      return toCall(chat, 'contacts', [contact]);
    }
  }
}

/** The types under which WhatsApp shows a file; anything else goes as a document. Images, sounds and videos of other formats are refused. */
export type CloudFileType = 'image' | 'document' | 'audio' | 'video' | 'sticker';

/** How a file of this kind and (sniffed) format is shown. */
export function toFileType(kind: MediaKind, mimeType: string): CloudFileType {
  switch (kind) {
    case 'photo':
      return mimeType === 'image/jpeg' || mimeType === 'image/png' ? 'image' : 'document';
    case 'sticker':
      return mimeType === 'image/webp' ? 'sticker' : 'document';
    case 'video':
      return mimeType === 'video/mp4' ? 'video' : 'document';
    case 'voice':
    case 'audio':
      return /^audio\/(ogg|mpeg|mp4|aac|amr)$/.test(mimeType) ? 'audio' : 'document';
    case 'document':
      return 'document';
  }
}

/** The message that shows an uploaded file. */
export function toFilePayload(
  chat: string,
  type: CloudFileType,
  file: {
    readonly mediaId: string;
    readonly fileName?: string;
    readonly caption?: string;
    /** Shown with its waveform; it has to be Ogg with Opus. */
    readonly voice?: boolean;
  },
): CloudPayload {
  const { mediaId, fileName, caption, voice } = file;
  const isCaptioned = type === 'image' || type === 'video' || type === 'document';
  return toPayload(chat, type, {
    id: mediaId,
    ...(caption !== undefined && isCaptioned && { caption }),
    ...(fileName !== undefined && type === 'document' && { filename: fileName }),
    ...(voice === true && type === 'audio' && { voice: true }),
  });
}

/** A phone number goes by `to`; the id of a person who hides theirs (it has letters) goes by `recipient`. */
function toPayload(chat: string, type: string, body: unknown): CloudPayload {
  const address = /^\d+$/.test(chat) ? { to: chat } : { recipient: chat };
  return { messaging_product: 'whatsapp', recipient_type: 'individual', ...address, type, [type]: body };
}

function toCall(chat: string, type: string, body: unknown): CloudCall {
  return { is: 'message', payload: toPayload(chat, type, body) };
}

function toInteractive(text: string, choices: readonly Choice[]): object {
  return isButtons(choices)
    ? {
        type: 'button',
        body: { text },
        action: { buttons: choices.map(({ id, label }) => ({ type: 'reply', reply: { id, title: label } })) },
      }
    : {
        type: 'list',
        body: { text },
        action: {
          button: listOpener(text, choices),
          sections: [
            {
              rows: choices.map(({ id, label, description }) => ({
                id,
                title: label,
                ...(description && description.length <= listLimits.descriptionLength && { description }),
              })),
            },
          ],
        },
      };
}

/** Buttons have no room for descriptions, and WhatsApp refuses two of one name. */
function isButtons(choices: readonly Choice[]): boolean {
  const labels = new Set(choices.map((choice) => choice.label));
  const isList = choices.some((choice) => choice.description) && choices.every(fitsRow);
  return (
    !isList &&
    choices.length <= buttonLimits.max &&
    labels.size === choices.length &&
    choices.every((choice) => choice.label.length <= buttonLimits.labelLength)
  );
}

function fitsRow({ label, description }: Choice): boolean {
  return label.length <= listLimits.labelLength && (description?.length ?? 0) <= listLimits.descriptionLength;
}

/** The button that opens a list speaks the script of what stands above it. */
function listOpener(text: string, choices: readonly Choice[]): string {
  const isArabic = /\p{Script=Arabic}/u.test(text + choices.map((choice) => choice.label).join(''));
  return isArabic ? 'اختر من القائمة' : 'Choose';
}

function toTemplate({ name, language, parameters }: Template, choices: readonly Choice[]): object {
  const components = [
    ...(parameters.length > 0
      ? [{ type: 'body', parameters: parameters.map((text) => ({ type: 'text', text: toParameter(text) })) }]
      : []),
    ...choices.map(({ id }, index) => ({
      type: 'button',
      sub_type: 'quick_reply',
      index: String(index),
      parameters: [{ type: 'payload', payload: id }],
    })),
  ];
  return { name, language: { code: language }, ...(components.length > 0 && { components }) };
}

/** A parameter may hold no line breaks, tabs or more than four spaces in a row, and not be empty. */
function toParameter(text: string): string {
  return text.replace(/\s+/g, ' ').trim() || '-';
}
