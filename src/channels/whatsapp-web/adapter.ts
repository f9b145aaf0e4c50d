import { createHmac, randomBytes } from 'node:crypto';
import { AppError, SendError } from '../../domain/errors.ts';
import type { ChannelAdapter, ChannelStatus, Intake, PhoneSession, Receipt } from '../../ports/channel.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Bucket } from '../../ports/queue.ts';
import { inboundFileBytes, whatsappWebCapabilities } from './capabilities.ts';
import { encodeContent } from './encode.ts';
import { openInboundFile } from './open-file.ts';
import { createSendQueue } from './send-queue.ts';
import { openSessionMemory, type Memory } from './session-memory.ts';
import { profilesDirOf, startSession, type Session } from './session.ts';
import { defaultLimits, type SupervisorLimits } from './supervisor-state.ts';
import { notReady, toSendError } from './to-send-error.ts';

export interface WhatsappWebOptions {
  /** Letters, digits, - and _; names the profile's folder. */
  readonly account: string;
  /** What links the browser to the phone is kept in `whatsapp-web/` in it. Who has it, has the account. */
  readonly dataDir: string;
  readonly chromiumPath: string;
  readonly chromiumArgs: readonly string[];
  /** What the session must know after a restart. */
  readonly memory: Memory;
  /** The most that is sent in a minute, in all conversations together. */
  readonly messagesPerMinute: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly onReceipt?: (receipt: Receipt) => void;
  readonly limits?: Partial<SupervisorLimits>;
  readonly pulseMs?: number;
  readonly typingMs?: number;
}

export interface WhatsappWebAdapter extends ChannelAdapter, PhoneSession {
  readonly phone: PhoneSession;
  start(intake: Intake): Promise<void>;
  /** Resolves when the session has ended, also when it was told to before. */
  stop(): Promise<void>;
}

/** Longer than a delivery waits: an answer that comes until then is kept for the retry. */
const hungSendMs = 60_000;
/** A person answers one person a few times in a row, then takes a breath. */
const personBurst = 5;
const personPerSecond = 0.5;
const minuteBurst = 5;
const minuteReserve = 1;

/** One phone linked through whatsapp-web.js, which is unofficial: WhatsApp may block the number. `send` makes one platform message. */
export function createWhatsappWebAdapter(options: WhatsappWebOptions): WhatsappWebAdapter {
  const { account, clock, log, messagesPerMinute } = options;
  const listeners = new Set<(status: ChannelStatus) => void>();
  const stoppedSince = clock.now();
  const accountBucket = toAccountBucket(messagesPerMinute);
  // A bucket's key leaves this process; a phone number does not. Only the holder of the session sends, so nobody else need know the name.
  const bucketKey = randomBytes(32);
  const toBucketName = (chat: string) => createHmac('sha256', bucketKey).update(chat).digest('base64url').slice(0, 22);
  let session: Session | null = null;
  let ended: Promise<void> = Promise.resolve();
  /** Counts what begins and ends sessions, so that a start which was slow finds out that it is over. */
  let turn = 0;
  const queue = createSendQueue({
    clock,
    hungMs: hungSendMs,
    onHung: () => session?.tell({ is: 'fault', reason: 'send-hung' }),
  });

  function changed(status: ChannelStatus): void {
    if (status.is !== 'ready') queue.refuseWaiting();
    for (const listener of listeners) listener(status);
  }

  function onGrade(messageId: string, grade: number): void {
    const status = receiptOf(grade);
    if (status) {
      options.onReceipt?.({
        ...{ channel: 'whatsapp-web', account, platformMessageId: messageId, status, at: clock.now() },
      });
    }
  }

  const phone: PhoneSession = {
    state: () => session?.status() ?? { is: 'unpaired', since: stoppedSince },

    onStateChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    async requestPairingCode(phone) {
      const child = session?.child();
      if (!session || !child || session.status().is !== 'pairing') {
        session?.tell({ is: 'wake' });
        throw new AppError('version-conflict', 'WhatsApp shows no pairing at this moment: ask again in a few seconds');
      }
      try {
        const code = await child.requestPairingCode(phone.replace(/\D/g, ''));
        session.tell({ is: 'code', code });
        return code;
      } catch (cause) {
        throw new AppError('version-conflict', 'WhatsApp gave no pairing code: ask again in a few seconds', { cause });
      }
    },

    wake: () => session?.tell({ is: 'wake' }),
  };

  return {
    channel: 'whatsapp-web',
    account,
    capabilities: whatsappWebCapabilities,
    budget: ({ chat }) => [
      { key: `whatsapp-web|${account}`, ...accountBucket },
      { key: `whatsapp-web|${account}|${toBucketName(chat)}`, capacity: personBurst, refillPerSecond: personPerSecond },
    ],
    placeToSend: () => (session === null ? 'elsewhere' : session.readyChild() ? 'here' : 'later'),

    async send({ address, content, messageId, openBlob, signal }) {
      const begin = async () => {
        const child = session?.readyChild();
        if (!child) throw notReady();
        return await child.send(encodeContent(content, address.chat), async () =>
          content.type === 'media' ? openBlob(content.blobId) : null,
        );
      };
      try {
        return { platformMessageId: await queue.send(messageId, begin, signal) };
      } catch (error) {
        throw toSendError(error);
      }
    },

    async openMedia({ fileId }, signal) {
      const child = session?.readyChild();
      if (!child) throw new SendError({ is: 'retryable', reason: 'session-not-ready' });
      return openInboundFile(child, fileId, inboundFileBytes, signal);
    },

    async showTyping({ chat }) {
      session?.readyChild()?.tell({ is: 'type', chat });
    },

    ...phone,
    phone,

    async start(intake) {
      if (session) return;
      log.warn(
        { channel: 'whatsapp-web', account },
        'WhatsApp Web is unofficial: WhatsApp may block this number at any time and without appeal. Use a number you can lose, or the Cloud API',
      );
      turn += 1;
      const begun = turn;
      const memory = await openSessionMemory(options.memory, account);
      if (turn !== begun) return;
      session = startSession({
        settings: {
          account,
          profilesDir: profilesDirOf(options.dataDir),
          chromiumPath: options.chromiumPath,
          chromiumArgs: [...options.chromiumArgs],
          pulseMs: options.pulseMs ?? 5_000,
          typingMs: options.typingMs ?? 1_500,
        },
        ...{ intake, memory, clock, log, onStatus: changed, onReceipt: onGrade },
        limits: { ...defaultLimits, ...options.limits },
      });
    },

    async stop() {
      const stopping = session;
      turn += 1;
      session = null;
      queue.refuseWaiting();
      if (stopping) ended = stopping.stop();
      await ended;
    },
  };
}

/** Burst and refill together stay within the ceiling in whatever minute they are counted; a low one allows no burst. */
function toAccountBucket(messagesPerMinute: number): Omit<Bucket, 'key'> {
  const burst = Math.max(1, Math.min(minuteBurst, Math.floor(messagesPerMinute / 4)));
  const steady = burst === 1 ? messagesPerMinute : messagesPerMinute - burst;
  return { capacity: burst, refillPerSecond: steady / 60, reserve: Math.min(minuteReserve, burst - 1) };
}

/** MessageAck of whatsapp-web.js; what the server took is told by the send itself. */
function receiptOf(grade: number): Receipt['status'] | null {
  if (grade === -1) return 'failed';
  if (grade === 2) return 'delivered';
  return grade === 3 || grade === 4 ? 'read' : null;
}
