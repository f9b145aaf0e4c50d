import type { Buffer } from 'node:buffer';
import { setTimeout as pause } from 'node:timers/promises';
import WhatsApp from 'whatsapp-web.js';
import { sniffMedia } from '../../shared/sniff-media.ts';
import type { Order } from '../protocol.ts';
import { CallFailure } from './call-failure.ts';

/** How long a person takes for a letter, about. */
const typingMsPerCharacter = 25;
/** The page may grade a message a moment after the server took it. */
const gradeTries = 20;
const gradePauseMs = 100;

export interface OrderContext {
  readonly client: WhatsApp.Client;
  /** The bytes of the file that the order is about. @throws CallFailure */
  readonly readFile: (maxBytes: number) => Promise<Buffer>;
  /** The most that a pause before a text may take. */
  readonly typingMs: number;
}

/**
 * Sends one message and resolves with its id when WhatsApp's server has it. `sendMessage` alone resolves before that, and on a
 * refusal too, with the grade -1 (seen in 1.34.7). @throws CallFailure
 */
export async function sendOrder(order: Order, { client, readFile, typingMs }: OrderContext): Promise<string> {
  // No previews: the page would fetch what a person wrote. No cards out of text that looks like one.
  const options = { waitUntilMsgSent: true, linkPreview: false, parseVCards: false };
  let message: WhatsApp.Message | undefined;
  try {
    switch (order.is) {
      case 'text':
        await typeAWhile(client, order.chat, Math.min(typingMs, order.text.length * typingMsPerCharacter));
        message = await client.sendMessage(order.chat, order.text, options);
        break;
      case 'card':
        message = await client.sendMessage(order.chat, order.vcard, { ...options, parseVCards: true });
        break;
      case 'place': {
        const { latitude, longitude, name } = order;
        const place = new WhatsApp.Location(latitude, longitude, name === undefined ? {} : { name });
        message = await client.sendMessage(order.chat, place, options);
        break;
      }
      case 'file': {
        const bytes = await readFile(order.maxBytes);
        const mimeType = toMimeType(order.kind, sniffMedia(bytes)?.mimeType);
        const media = new WhatsApp.MessageMedia(mimeType, bytes.toString('base64'), order.fileName, bytes.length);
        message = await client.sendMessage(order.chat, media, {
          ...options,
          ...(order.caption !== undefined && { caption: order.caption }),
          sendMediaAsDocument: order.kind === 'document',
          sendAudioAsVoice: order.kind === 'voice',
          sendMediaAsSticker: order.kind === 'sticker',
        });
        break;
      }
    }
  } catch (error) {
    throw toCallFailure(error);
  }
  // The library's types leave out that it may give nothing.
  if (!message) throw new CallFailure('no-such-person');
  await graded(client, message);
  return message.id.id;
}

/** Shows that somebody writes; best effort. */
export async function showTyping(client: WhatsApp.Client, chat: string): Promise<void> {
  await client
    .getChatById(chat)
    .then((found) => found.sendStateTyping())
    .catch(() => {});
}

async function typeAWhile(client: WhatsApp.Client, chat: string, longestMs: number): Promise<void> {
  if (longestMs < 1) return;
  await showTyping(client, chat);
  await pause(longestMs * (0.6 + 0.4 * Math.random()));
}

async function graded(client: WhatsApp.Client, message: WhatsApp.Message): Promise<void> {
  let { ack: grade } = message;
  for (let tries = 0; grade === WhatsApp.MessageAck.ACK_PENDING && tries < gradeTries; tries += 1) {
    await pause(gradePauseMs);
    const again = await client.getMessageById(message.id._serialized).catch(() => null);
    grade = again?.ack ?? grade;
  }
  if (grade === WhatsApp.MessageAck.ACK_ERROR) throw new CallFailure('refused');
  if (grade === WhatsApp.MessageAck.ACK_PENDING) throw new CallFailure('unanswered');
}

/** Voice notes must say how they are packed; only what the bytes show to be one is a picture. */
function toMimeType(kind: (Order & { is: 'file' })['kind'], sniffed: string | undefined): string {
  if (kind === 'voice' && (sniffed === 'audio/ogg' || sniffed === undefined)) return 'audio/ogg; codecs=opus';
  return sniffed ?? 'application/octet-stream';
}

/** What the page's own words mean; nothing else of them is kept, for they may repeat what was sent. */
function toCallFailure(error: unknown): CallFailure {
  if (error instanceof CallFailure) return error;
  const words = error instanceof Error ? error.message : String(error);
  if (/No LID for user|wid error|invalid wid/i.test(words)) return new CallFailure('no-such-person');
  if (/upload failed|media-fault/i.test(words)) return new CallFailure('upload-failed');
  return new CallFailure('page-failed');
}
