import type { OutboundMessage } from '../domain/conversation.ts';
import { VersionConflict } from '../domain/errors.ts';
import { deliveryRank, outsideWindow } from '../domain/message.ts';
import type { Receipt } from '../ports/channel.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Meter } from '../ports/meter.ts';
import type { Broadcast } from '../ports/queue.ts';
import type { KeptReceipt, MessageChange } from '../ports/message-repositories.ts';
import type { Repositories } from '../ports/repositories.ts';
import type { Window } from './window.ts';

/** A receipt of a message that is still not known was of one that somebody else sent. */
const keepMs = 3_600_000;
const firstPauseMs = 1_000;
const longestPauseMs = 600_000;
const atOnce = 16;
const keptAtOnce = 500;
const maxTries = 5;

/** What a receipt changes of a message; null when the message is past it, or is on its way anew and the receipt tells of an earlier send. */
export function toReceiptChange(
  { status: before }: Pick<OutboundMessage, 'status'>,
  { status, failure }: Pick<Receipt, 'status' | 'failure'>,
): MessageChange | null {
  if (deliveryRank[before] < deliveryRank.sent || deliveryRank[status] <= deliveryRank[before]) return null;
  if (status !== 'failed') return { status, failure: null };
  const reason = failure ?? 'refused';
  return reason === outsideWindow ? { status: 'held', failure: reason } : { status: 'failed', failure: reason };
}

export interface ReceiptDependencies {
  readonly repositories: Pick<Repositories, 'messages' | 'receipts'>;
  readonly window: Pick<Window, 'hold'>;
  readonly broadcast: Broadcast;
  readonly meter: Pick<Meter, 'failed'>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * What platforms say of messages that were sent. One that comes before its send's answer is kept in the store, and tried again by
 * the sweep until the message is known by the platform's id.
 */
export function createReceipts({ repositories, window, broadcast, meter, clock, log }: ReceiptDependencies) {
  const { messages, receipts: kept } = repositories;

  async function acceptOne(receipt: Receipt): Promise<void> {
    const isSettled = await apply(receipt, () => messages.findByPlatformId(receipt, receipt.platformMessageId));
    const now = clock.now();
    if (!isSettled) await kept.keep(receipt, { keptAt: now, dueAt: now + firstPauseMs });
  }

  async function retry(receipt: KeptReceipt): Promise<void> {
    const isSettled = await apply(receipt, () => messages.findByReceipt(receipt));
    const now = clock.now();
    if (isSettled || now - receipt.keptAt >= keepMs) await kept.remove(receipt);
    else await kept.postpone(receipt, now + Math.min(firstPauseMs * 2 ** Math.min(receipt.tries, 20), longestPauseMs));
  }

  /** False when there is no such message (yet), or it changed under our hands too often. */
  async function apply(
    receipt: Pick<Receipt, 'status' | 'failure'>,
    find: () => Promise<OutboundMessage | null>,
  ): Promise<boolean> {
    for (let tries = 0; tries < maxTries; tries += 1) {
      const message = await find();
      if (!message) return false;
      const change = toReceiptChange(message, receipt);
      if (!change) return true;
      try {
        if (change.status === 'held') await window.hold(message, message.at);
        else await messages.update(message, change);
      } catch (error) {
        if (error instanceof VersionConflict) continue;
        throw error;
      }
      if (change.status === 'failed') meter.failed(message.address);
      if (change.failure) tell(message, change.failure);
      return true;
    }
    return false;
  }

  function tell({ id: messageId, conversationId }: OutboundMessage, reason: string): void {
    log.info({ messageId, conversationId, reason }, 'the platform could not deliver a message');
    broadcast
      .publish('conversations', { conversationId })
      .catch((error: unknown) => log.debug({ error }, 'news could not be shared'));
  }

  return {
    /** Resolves when all are durable; only then may the platform be told. Accepting one again changes nothing. @throws StoreUnavailable */
    async accept(receipts: readonly Receipt[]): Promise<void> {
      await inGroups(highestOfEach(receipts), acceptOne);
    },
    /** Tries what is kept and due; for the sweep. */
    async retryDue(): Promise<void> {
      await inGroups(await kept.due(clock.now(), keptAtOnce), retry);
    },
  };
}

export type Receipts = ReturnType<typeof createReceipts>;

/** Of several about one message in one batch, only the last that can count. */
function highestOfEach(receipts: readonly Receipt[]): Receipt[] {
  const highest = new Map<string, Receipt>();
  for (const receipt of receipts) {
    const key = JSON.stringify([receipt.channel, receipt.account, receipt.platformMessageId]);
    const before = highest.get(key);
    if (!before || deliveryRank[receipt.status] > deliveryRank[before.status]) highest.set(key, receipt);
  }
  return [...highest.values()];
}

async function inGroups<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += atOnce) await Promise.all(items.slice(at, at + atOnce).map(work));
}
