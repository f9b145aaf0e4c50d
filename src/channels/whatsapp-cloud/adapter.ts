import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { SendError } from '../../domain/errors.ts';
import type { Address, InboundMessage } from '../../domain/message.ts';
import type { ChannelAdapter } from '../../ports/channel.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Bucket } from '../../ports/queue.ts';
import { defaultMediaRules } from '../shared/check-media.ts';
import { encodeContent, whatsappCloudCapabilities } from './encode.ts';
import { createGraphClient } from './graph-client.ts';
import { openCloudMedia } from './open-media.ts';
import { uploadFile } from './send-file.ts';
import { createTemplateList } from './templates.ts';
import { answerWebhook } from './webhook.ts';

export interface WhatsappCloudOptions {
  readonly account: string;
  readonly phoneNumberId: string;
  readonly accessToken: string;
  readonly appSecret: string;
  readonly verifyToken: string;
  /** Whose templates the number sends; asked of the platform when absent. */
  readonly businessAccountId?: string;
  /** Without a version; Meta's own by default. */
  readonly apiRoot?: string;
  /** Files people send that are larger are not fetched. */
  readonly maxMediaBytes?: number;
  /** The accounts whose webhooks come to the same addresses, since they are of one Meta app; this one alone when absent. */
  readonly siblings?: () => readonly Pick<WhatsappCloudAdapter, 'account' | 'phoneNumberId' | 'markRead'>[];
  readonly onClose?: () => void;
  readonly clock: Clock;
  readonly log: Log;
}

export interface WhatsappCloudAdapter extends ChannelAdapter {
  readonly phoneNumberId: string;
  /** Serves what comes for the siblings, too; other numbers are ignored. */
  handleWebhook: NonNullable<ChannelAdapter['handleWebhook']>;
  /** Shows people that their messages were read; best effort. */
  markRead(messages: readonly InboundMessage[]): void;
  showTyping(address: Address): Promise<void>;
  /** Gives up the courtesies (marks of reading) under way. */
  stop(): Promise<void>;
}

const courtesyLimit = 64;
const courtesyLimitMs = 5_000;
/** People whose last message is remembered, to show them that an answer is being written. */
const rememberedChats = 10_000;

/**
 * 80 messages a second for a number, in whatever second they are counted: a full bucket and what fills it meanwhile stay below.
 * One person gets one in six seconds, after 45 at once; some of them are left for what was on its way when the counting began.
 */
const numberBucket = { capacity: 6, refillPerSecond: 70, reserve: 2 };
const pairBucket = { capacity: 40, refillPerSecond: 1 / 6 };

const sentSchema = z.object({ messages: z.array(z.object({ id: z.string().min(1) })).min(1) });

/** One number of the WhatsApp Business Platform. `send` makes one message, so give it what `splitContent` made. */
export function createWhatsappCloudAdapter(options: WhatsappCloudOptions): WhatsappCloudAdapter {
  const { account, phoneNumberId, accessToken, appSecret, verifyToken, clock, log } = options;
  const apiRoot = (options.apiRoot ?? 'https://graph.facebook.com').replace(/\/+$/, '');
  const maxBytes = options.maxMediaBytes ?? defaultMediaRules.maxBytes;
  const graph = createGraphClient({ apiRoot, phoneNumberId, accessToken });
  const lastMessages = new Map<string, string>();
  const underWay = new Set<Promise<void>>();
  const stopping = new AbortController();

  /** Best effort: nothing is lost when it fails. */
  async function attempt(body: object): Promise<void> {
    if (underWay.size >= courtesyLimit || stopping.signal.aborted) return;
    const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(courtesyLimitMs)]);
    const running = graph
      .postMessage({ messaging_product: 'whatsapp', status: 'read', ...body }, signal)
      .then(
        () => {},
        () => log.debug({ channel: 'whatsapp-cloud', account }, 'a mark of reading or typing could not be set'),
      )
      .finally(() => underWay.delete(running));
    underWay.add(running);
    await running;
  }

  /** Reading the last message of a chat reads those before it. */
  function markRead(messages: readonly InboundMessage[]): void {
    const last = new Map(messages.map((message) => [message.address.chat, message.platformMessageId]));
    for (const [chat, messageId] of last) {
      remember(chat, messageId);
      void attempt({ message_id: messageId });
    }
  }

  function remember(chat: string, messageId: string): void {
    lastMessages.delete(chat);
    lastMessages.set(chat, messageId);
    const [oldest] = lastMessages.keys();
    if (lastMessages.size > rememberedChats && oldest !== undefined) lastMessages.delete(oldest);
  }

  const self = { account, phoneNumberId, markRead };

  return {
    channel: 'whatsapp-cloud',
    ...self,
    capabilities: whatsappCloudCapabilities,

    async send(sending) {
      if (sending.signal.aborted) throw new SendError({ is: 'retryable', reason: 'aborted' });
      const call = encodeContent(sending.content, sending.address.chat);
      const payload = call.is === 'file' ? await uploadFile(graph, call, sending) : call.payload;
      const sent = sentSchema.safeParse(await graph.postMessage(payload, sending.signal));
      const [message] = sent.data?.messages ?? [];
      if (!message) throw new SendError({ is: 'retryable', reason: 'answer-unreadable', uncertain: true });
      return { platformMessageId: message.id };
    },

    listTemplates: createTemplateList({ graph, businessAccountId: options.businessAccountId, clock }),

    openMedia: ({ fileId }, signal) => openCloudMedia({ graph, apiRoot, accessToken, maxBytes }, fileId, signal),

    budget: ({ chat }): readonly Bucket[] => [
      { key: `whatsapp-cloud ${phoneNumberId}`, ...numberBucket },
      { key: `whatsapp-cloud ${phoneNumberId} ${toBucketName(chat, appSecret)}`, ...pairBucket },
    ],

    async showTyping({ chat }) {
      const messageId = lastMessages.get(chat);
      // It is shown beside a message of the person; without one there is no conversation to show it in.
      if (messageId !== undefined) await attempt({ message_id: messageId, typing_indicator: { type: 'text' } });
    },

    handleWebhook(request, intake, onReceipts) {
      const siblings = options.siblings?.() ?? [self];
      const accounts = new Map(siblings.map((one) => [one.phoneNumberId, one.account]));
      return answerWebhook(request, {
        ...{ appSecret, verifyToken, accounts, log },
        now: () => clock.now(),
        async receive({ messages, receipts }) {
          if (messages.length > 0) await intake.accept(messages);
          if (receipts.length > 0) await onReceipts(receipts);
          for (const one of siblings) one.markRead(messages.filter(({ address }) => address.account === one.account));
        },
      });
    },

    async stop() {
      options.onClose?.();
      stopping.abort();
      await Promise.all(underWay);
    },
  };
}

/** A bucket's key leaves this process; a phone number does not. */
function toBucketName(chat: string, appSecret: string): string {
  return createHmac('sha256', appSecret).update(chat).digest('base64url').slice(0, 22);
}
