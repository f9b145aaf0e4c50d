import type { Capabilities } from '../../ports/channel.ts';

const megabyte = 1024 * 1024;

/**
 * What whatsapp-web.js can send: no buttons or lists (WhatsApp took them away from it), so choices become numbered lists. Text is
 * cut earlier than WhatsApp would, for nobody reads 65,536 characters in one piece. Pictures, sounds and videos up to 16 MB
 * (faq.whatsapp.com, "media file sizes"); documents may be larger there, but the library holds a file in memory twice.
 */
export const whatsappWebCapabilities: Capabilities = {
  buttons: null,
  lists: null,
  textLength: 4096,
  captionLength: 1024,
  media: {
    photo: { maxBytes: 16 * megabyte },
    document: { maxBytes: 32 * megabyte },
    voice: { maxBytes: 16 * megabyte, caption: 'refused' },
    audio: { maxBytes: 16 * megabyte, caption: 'refused' },
    video: { maxBytes: 16 * megabyte },
    sticker: { maxBytes: megabyte },
  },
  edits: true,
  typing: true,
};

/** The largest file a person sends that is fetched. */
export const inboundFileBytes = 32 * megabyte;
