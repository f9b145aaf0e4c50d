import type { Conversation, OutboundMessage } from '../domain/conversation.ts';
import { VersionConflict } from '../domain/errors.ts';
import type { ConversationId } from '../domain/ids.ts';
import { outsideWindow, type Address } from '../domain/message.ts';
import type { Capabilities } from '../ports/channel.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Meter } from '../ports/meter.ts';
import type { Queue } from '../ports/queue.ts';
import type { Repositories } from '../ports/repositories.ts';

/** Messages of one person that wait outside the window; older ones first. */
const heldPage = 100;

/** Whether the platform would refuse a message because its person has not written for too long. */
function isOutsideWindow(
  { content }: Pick<OutboundMessage, 'content'>,
  { window }: Pick<Capabilities, 'window'>,
  { lastInboundAt }: Pick<Conversation, 'lastInboundAt'>,
  now: number,
): boolean {
  if (!window || (content.type === 'text' && content.template)) return false;
  return now - lastInboundAt >= window.ms;
}

export interface WindowDependencies {
  readonly repositories: Pick<Repositories, 'messages' | 'conversations'>;
  readonly capabilitiesOf: (address: Address) => Capabilities | null;
  readonly queue: Queue;
  readonly meter: Pick<Meter, 'held'>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * The time in which a platform lets us write to a person (WhatsApp: 24 hours from their last message). A message outside it leaves
 * its lane as `held` and goes back, in its old place, when the person writes again.
 */
export function createWindow({ repositories, capabilitiesOf, queue, meter, clock, log }: WindowDependencies) {
  const { messages } = repositories;

  async function read(id: ConversationId): Promise<Conversation | null> {
    const conversation = await repositories.conversations.get(id);
    return conversation && !('erased' in conversation) ? conversation : null;
  }

  async function release(id: ConversationId): Promise<void> {
    for (const message of await messages.held(id, heldPage)) {
      if (message.failure !== outsideWindow) continue;
      const change = { status: 'queued', attempts: 0, dueAt: clock.now(), claim: null, failure: null } as const;
      await messages.update(message, change).catch((error: unknown) => {
        // Somebody else has put it back.
        if (!(error instanceof VersionConflict)) throw error;
      });
    }
  }

  return {
    /** Asked before a send; a template is never outside. */
    async isOutside(message: OutboundMessage): Promise<boolean> {
      const capabilities = capabilitiesOf(message.address);
      if (!capabilities?.window) return false;
      const conversation = await read(message.conversationId);
      return conversation !== null && isOutsideWindow(message, capabilities, conversation, clock.now());
    },

    /**
     * Takes a message out of its lane. The person may have written between the look at the window (at `since`) and this write, and
     * whoever heard them found nothing held: so it looks once more after it.
     */
    async hold(message: OutboundMessage, since: number, change: { readonly attempts?: number } = {}): Promise<void> {
      const { conversationId } = message;
      await messages.update(message, { ...change, status: 'held', failure: outsideWindow, claim: null });
      meter.held(message.address);
      const conversation = await read(conversationId);
      if (!conversation || conversation.lastInboundAt <= since) return;
      await release(conversationId);
      await queue
        .ring({ kind: 'delivery', key: conversationId })
        .catch((error: unknown) => log.debug({ conversationId, error }, 'a lane waits for the sweep'));
    },

    /** Puts back what waited for the person, who has written; the caller rings the lane. Idempotent. */
    async reopen({ id, address }: Conversation): Promise<void> {
      if (capabilitiesOf(address)?.window) await release(id);
    },
  };
}

export type Window = ReturnType<typeof createWindow>;
