import type { StoredEvent } from '../domain/event.ts';
import type { ConversationId, MessageId } from '../domain/ids.ts';
import { resendableStatuses, type DeliveryStatus } from '../domain/message.ts';
import type { Clock } from '../ports/clock.ts';
import type { MessageRepository } from '../ports/message-repositories.ts';

/** The store's side of sending a message once more: what is read before an officer's wish is decided, and what follows when it is granted. */
export function createResend({ messages, clock }: { messages: MessageRepository; clock: Clock }) {
  return {
    /** How the messages stand that these events ask for; those of other conversations are not among them. */
    async deliveriesAskedFor(
      conversationId: ConversationId,
      events: readonly StoredEvent[],
    ): Promise<ReadonlyMap<MessageId, DeliveryStatus>> {
      const deliveries = new Map<MessageId, DeliveryStatus>();
      for (const { event } of events) {
        if (event.type !== 'resend-requested') continue;
        const message = await messages.get(event.messageId);
        if (message?.conversationId === conversationId && 'status' in message)
          deliveries.set(event.messageId, message.status);
      }
      return deliveries;
    },

    /** Puts a message back into its lane; does nothing when it is on its way or has arrived meanwhile. */
    async requeue(messageId: MessageId): Promise<void> {
      const message = await messages.get(messageId);
      if (!message || !('status' in message) || !resendableStatuses.has(message.status)) return;
      const now = clock.now();
      await messages.update(message, { status: 'queued', attempts: 0, dueAt: now, claim: null, failure: null });
    },
  };
}
