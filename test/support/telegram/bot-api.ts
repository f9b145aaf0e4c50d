import type { InlineKeyboardMarkup, Message } from 'grammy/types';
import { BotApiError, badRequest } from './bot-api-error.ts';
import type { Payload } from './read-request.ts';
import { SendingMeter, type SendingLimits } from './sending-limits.ts';
import type { UpdateFeed } from './update-feed.ts';
import type { Barrier, TelegramWorld } from './world.ts';

const downloadLimitBytes = 20 * 1024 * 1024;
const uploadLimitBytes = { photo: 10 * 1024 * 1024, other: 50 * 1024 * 1024 };

const barrierDescriptions: Readonly<Record<Barrier, string>> = {
  blocked: 'Forbidden: bot was blocked by the user',
  deactivated: 'Forbidden: user is deactivated',
  kicked: 'Forbidden: bot was kicked from the supergroup chat',
};

/** The methods of the Bot API (getUpdates apart): checks what Telegram checks, changes the world, answers what Telegram answers. */
export class BotApi {
  limits: SendingLimits | null = null;
  /** The time by which the limits count. */
  now: () => number = () => Date.now();
  readonly #world: TelegramWorld;
  readonly #feed: UpdateFeed;
  readonly #meter = new SendingMeter();

  constructor(world: TelegramWorld, feed: UpdateFeed) {
    this.#world = world;
    this.#feed = feed;
  }

  /** @throws BotApiError */
  call(method: string, payload: Payload): unknown {
    switch (method) {
      case 'getMe':
        return { ...this.#world.bot, can_join_groups: true, can_read_all_group_messages: false };
      case 'setWebhook':
        return this.#setWebhook(payload);
      case 'deleteWebhook':
        this.#feed.webhook = null;
        return true;
      case 'getWebhookInfo':
        return { url: this.#feed.webhook?.url ?? '', pending_update_count: this.#feed.pendingCount };
      case 'sendMessage':
        return this.#send(payload, { text: readText(payload.text, 4096, 'message') });
      case 'sendPhoto':
      case 'sendDocument':
      case 'sendVoice':
      case 'sendAudio':
      case 'sendVideo':
      case 'sendSticker':
        return this.#sendFile(payload, method.slice('send'.length).toLowerCase());
      case 'sendLocation':
        return this.#send(payload, { location: readLocation(payload) });
      case 'sendVenue':
        return this.#send(payload, {
          location: readLocation(payload),
          venue: {
            location: readLocation(payload),
            title: readText(payload.title, 256, 'venue title'),
            address: readText(payload.address, 256, 'venue address'),
          },
        });
      case 'sendContact':
        return this.#send(payload, {
          contact: {
            phone_number: readText(payload.phone_number, 64, 'phone number'),
            first_name: readText(payload.first_name, 64, 'first name'),
          },
        });
      case 'sendChatAction':
        this.#world.chatActions.push({ chatId: this.#target(payload), action: String(payload.action) });
        return true;
      case 'editMessageText':
        return this.#edit(payload);
      case 'answerCallbackQuery':
        return this.#answerTap(payload);
      case 'getFile':
        return this.#file(payload);
      case 'leaveChat':
        this.#world.leftChats.push(this.#target(payload));
        this.#world.barriers.set(Number(payload.chat_id), 'kicked');
        return true;
      case 'setMyCommands':
        return true;
      default:
        throw new BotApiError(404, 'Not Found: method not found');
    }
  }

  #setWebhook(payload: Payload): boolean {
    if (typeof payload.url !== 'string' || !/^https?:/.test(payload.url))
      throw badRequest('invalid webhook URL specified');
    this.#feed.setWebhook({
      url: payload.url,
      ...(typeof payload.secret_token === 'string' && { secretToken: payload.secret_token }),
    });
    return true;
  }

  /** The chat a call is for. @throws BotApiError when the bot cannot write there */
  #target(payload: Payload): number {
    const id = Number(payload.chat_id);
    if (payload.chat_id === undefined || !Number.isFinite(id)) throw badRequest('chat_id is empty');
    if (!this.#world.chats.has(id)) throw badRequest('chat not found');
    const barrier = this.#world.barriers.get(id);
    if (barrier) throw new BotApiError(403, barrierDescriptions[barrier]);
    return id;
  }

  #send(payload: Payload, content: object): Message {
    const chatId = this.#target(payload);
    const markup = readKeyboard(payload.reply_markup);
    if (this.limits) this.#meter.count(this.limits, chatId, this.now());
    return this.#world.add(chatId, this.#world.bot, { ...content, ...(markup && { reply_markup: markup }) });
  }

  #sendFile(payload: Payload, kind: string): Message {
    const id = payload[kind];
    const file = typeof id === 'string' ? this.#world.files.get(id) : undefined;
    if (!file) throw badRequest('wrong file identifier/HTTP URL specified');
    if (file.bytes.length === 0) throw badRequest('file must be non-empty');
    if (file.bytes.length > (kind === 'photo' ? uploadLimitBytes.photo : uploadLimitBytes.other)) {
      throw new BotApiError(413, 'Request Entity Too Large');
    }
    const described = { file_id: id, file_unique_id: `u${String(id)}`, file_size: file.bytes.length };
    const caption =
      payload.caption === undefined ? {} : { caption: readText(payload.caption, 1024, 'message caption') };
    if (kind === 'photo') return this.#send(payload, { photo: [{ ...described, width: 90, height: 90 }], ...caption });
    return this.#send(payload, {
      [kind]: { ...described, file_name: file.fileName, mime_type: file.mimeType },
      ...caption,
    });
  }

  #edit(payload: Payload): Message {
    const message = this.#world.find(this.#target(payload), Number(payload.message_id));
    if (!message) throw badRequest('message to edit not found');
    if (!message.from?.is_bot) throw badRequest("message can't be edited");
    const text = readText(payload.text, 4096, 'message');
    const markup = readKeyboard(payload.reply_markup);
    if (text === message.text && JSON.stringify(markup) === JSON.stringify(message.reply_markup)) {
      throw badRequest('message is not modified');
    }
    return Object.assign(message, { text, edit_date: Math.floor(Date.now() / 1000), reply_markup: markup });
  }

  #answerTap(payload: Payload): boolean {
    const id = String(payload.callback_query_id);
    if (!this.#world.waitingTaps.delete(id)) {
      throw badRequest('query is too old and response timeout expired or query ID is invalid');
    }
    this.#world.answeredTaps.push(id);
    return true;
  }

  #file(payload: Payload): object {
    const id = String(payload.file_id);
    const file = this.#world.files.get(id);
    if (!file) throw badRequest('invalid file_id');
    const size = file.sizeBytes ?? file.bytes.length;
    if (size > downloadLimitBytes) throw badRequest('file is too big');
    return { file_id: id, file_unique_id: `u${id}`, file_size: size, file_path: file.path ?? 'documents/expired' };
  }
}

function readText(value: unknown, most: number, what: string): string {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  if (text.trim() === '') throw badRequest(`${what} text is empty`);
  if (text.length > most) throw badRequest(`${what} is too long`);
  return text;
}

function readLocation(payload: Payload): { latitude: number; longitude: number } {
  const [latitude, longitude] = [Number(payload.latitude), Number(payload.longitude)];
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) throw badRequest('wrong coordinates specified');
  return { latitude, longitude };
}

function readKeyboard(markup: unknown): InlineKeyboardMarkup | undefined {
  if (markup === undefined) return undefined;
  const { inline_keyboard } = markup as InlineKeyboardMarkup; // The only markup the product sends.
  for (const button of inline_keyboard.flat()) {
    if (button.text.trim() === '') throw badRequest("can't parse inline keyboard button: Text is empty");
    const bytes = 'callback_data' in button ? Buffer.byteLength(button.callback_data) : 0;
    if (bytes < 1 || bytes > 64) throw badRequest('BUTTON_DATA_INVALID');
  }
  if (inline_keyboard.flat().length > 100) throw badRequest('BUTTONS_TOO_MUCH');
  return { inline_keyboard };
}
