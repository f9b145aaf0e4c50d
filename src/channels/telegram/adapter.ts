import { createHmac } from 'node:crypto';
import { Api, InputFile } from 'grammy';
import { SendError } from '../../domain/errors.ts';
import type { ChannelAdapter, Intake, Sending } from '../../ports/channel.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { allowedUpdates } from './allowed-updates.ts';
import { toApiSignal } from './api-signal.ts';
import { encodeContent, telegramCapabilities, type TelegramCall } from './encode.ts';
import { limitBytes } from '../shared/limit-bytes.ts';
import { openTelegramMedia } from './open-media.ts';
import { pause } from './pause.ts';
import { pollUpdates } from './poll-updates.ts';
import { createReceiver } from './receive-updates.ts';
import { toSendError } from './to-send-error.ts';
import { answerWebhook } from './webhook.ts';

export interface TelegramOptions {
  readonly account: string;
  readonly token: string;
  /** Without a trailing slash; Telegram's own by default. */
  readonly apiRoot?: string;
  readonly mode: 'polling' | 'webhook';
  /** What Telegram sends with every webhook call; without it every call is refused. */
  readonly webhookSecret?: string;
  /** Where Telegram reaches this installation; `start` announces it in webhook mode. */
  readonly webhookUrl?: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly random?: () => number;
}

export interface TelegramAdapter extends ChannelAdapter {
  handleWebhook: NonNullable<ChannelAdapter['handleWebhook']>;
  start(intake: Intake): Promise<void>;
  stop(): Promise<void>;
}

const pollHoldSeconds = 25;

/**
 * About 30 messages a second for a bot, in whatever second they are counted and a sixth of a second late or early on their way, and
 * one a second for a chat after a short burst (core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this). Groups are
 * not written to, but for a farewell.
 */
const botBucket = { capacity: 4, refillPerSecond: 22, reserve: 1 };
const chatBucket = { capacity: 3, refillPerSecond: 0.9 };

/** One Telegram bot. `send` makes exactly one call of the Bot API, so give it what `splitContent` made. */
export function createTelegramAdapter(options: TelegramOptions): TelegramAdapter {
  const { account, token, mode, clock, log, webhookSecret, webhookUrl, random = Math.random } = options;
  const [botId = ''] = token.split(':');
  const apiRoot = (options.apiRoot ?? 'https://api.telegram.org').replace(/\/+$/, '');
  // A send is ended by its own signal; this is the limit of calls that have none.
  const api = new Api(token, { apiRoot, timeoutSeconds: 60 });
  const receiver = createReceiver({ api, account, clock, log });
  const toLimit = createLimitGuess(clock);
  let running: { readonly stopping: AbortController; readonly done: Promise<void> } | null = null;

  function receiveBy(intake: Intake, signal: AbortSignal): Promise<void> {
    if (mode === 'webhook') return announceWebhook(signal);
    const store = async (updates: readonly unknown[]) => void (await receiver.receive(updates, intake));
    return pollUpdates({ api, store, clock, log, account, random, holdSeconds: pollHoldSeconds }, signal);
  }

  async function announceWebhook(signal: AbortSignal): Promise<void> {
    if (webhookUrl === undefined || webhookSecret === undefined) return;
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        await api.raw.setWebhook(
          { url: webhookUrl, secret_token: webhookSecret, allowed_updates: allowedUpdates },
          toApiSignal(signal),
        );
        return;
      } catch (error) {
        if (signal.aborted) return;
        const { failure } = toSendError(error);
        log.warn(
          { channel: 'telegram', account, reason: failure.reason },
          'the webhook could not be set; trying again',
        );
        await pause(clock, Math.min(60_000, 1000 * 2 ** Math.min(failures, 6)), signal);
      }
    }
  }

  return {
    channel: 'telegram',
    account,
    capabilities: telegramCapabilities,

    async send(sending) {
      if (sending.signal.aborted) throw new SendError({ is: 'retryable', reason: 'aborted' });
      try {
        const message = await perform(api, encodeContent(sending.content, sending.address.chat), sending);
        return { platformMessageId: String(message.message_id) };
      } catch (error) {
        throw toLimit(toSendError(error), sending.address.chat);
      }
    },

    budget: ({ chat }) => [
      { key: `telegram ${botId}`, ...botBucket },
      { key: `telegram ${botId} ${toBucketName(chat, token)}`, ...chatBucket },
    ],

    openMedia: ({ fileId }, signal) => openTelegramMedia({ api, apiRoot, token }, fileId, signal),

    async showTyping({ chat }) {
      await api.raw
        .sendChatAction({ chat_id: chat, action: 'typing' }, toApiSignal(AbortSignal.timeout(5_000)))
        .catch(() => {
          log.debug({ channel: 'telegram', account }, 'typing could not be shown');
        });
    },

    async handleWebhook(request, intake) {
      if (request.method !== 'POST') return { status: 405 };
      if (webhookSecret === undefined) return { status: 401 };
      return answerWebhook(request, { secret: webhookSecret, receiver, intake, log });
    },

    async start(intake) {
      if (running) return;
      const stopping = new AbortController();
      running = { stopping, done: receiveBy(intake, stopping.signal) };
    },

    async stop() {
      running?.stopping.abort();
      await running?.done;
      running = null;
      await receiver.stop();
    },
  };
}

/**
 * Telegram does not say which limit a refusal is about: it is laid to the chat, and to the whole bot when another chat is refused
 * before the pause is over.
 */
function createLimitGuess(clock: Clock) {
  let last: { chat: string; until: number; limit: 'account' | 'person' } | null = null;
  return (error: SendError, chat: string): SendError => {
    const { failure } = error;
    if (failure.is !== 'retryable' || failure.limit === undefined) return error;
    const now = clock.now();
    const isWide = last !== null && now < last.until && (last.limit === 'account' || last.chat !== chat);
    last = { chat, until: now + (failure.afterMs ?? 0), limit: isWide ? 'account' : 'person' };
    return new SendError({ ...failure, limit: last.limit }, { cause: error.cause });
  };
}

/** A bucket's key leaves this process; the number of a chat does not. */
function toBucketName(chat: string, token: string): string {
  return createHmac('sha256', token).update(chat).digest('base64url').slice(0, 22);
}

async function perform(api: Api, call: TelegramCall, sending: Sending): Promise<{ readonly message_id: number }> {
  const signal = toApiSignal(sending.signal);
  switch (call.method) {
    case 'sendMessage':
      return api.raw.sendMessage(call.payload, signal);
    case 'sendLocation':
      return api.raw.sendLocation(call.payload, signal);
    case 'sendVenue':
      return api.raw.sendVenue(call.payload, signal);
    case 'sendContact':
      return api.raw.sendContact(call.payload, signal);
    case 'sendFile': {
      const bytes = await sending.openBlob(call.blobId);
      if (!bytes) throw new SendError({ is: 'final', reason: 'file-gone' });
      const maxBytes = telegramCapabilities.media[call.kind]?.maxBytes ?? 0;
      const file = new InputFile(limitBytes(bytes, maxBytes, 'file-unreadable'), call.fileName);
      return sendFile(api, call, file, signal);
    }
  }
}

function sendFile(
  api: Api,
  { kind, payload }: TelegramCall & { method: 'sendFile' },
  file: InputFile,
  signal: ReturnType<typeof toApiSignal>,
): Promise<{ readonly message_id: number }> {
  switch (kind) {
    case 'photo':
      return api.raw.sendPhoto({ ...payload, photo: file }, signal);
    case 'document':
      return api.raw.sendDocument({ ...payload, document: file }, signal);
    case 'voice':
      return api.raw.sendVoice({ ...payload, voice: file }, signal);
    case 'audio':
      return api.raw.sendAudio({ ...payload, audio: file }, signal);
    case 'video':
      return api.raw.sendVideo({ ...payload, video: file }, signal);
    case 'sticker':
      return api.raw.sendSticker({ chat_id: payload.chat_id, sticker: file }, signal);
  }
}
