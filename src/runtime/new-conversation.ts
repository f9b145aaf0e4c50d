import type { Conversation } from '../domain/conversation.ts';
import type { StoredEvent } from '../domain/event.ts';
import { toId } from '../domain/ids.ts';

/** Whether an event may be the first of a conversation; all others belong to one that is there, or was. */
export function isBeginning({ event }: StoredEvent): boolean {
  return event.type === 'message-received' || event.type === 'flow-requested';
}

/**
 * A conversation before its first commit.
 *
 * @param version Of what an erasure left (0: there was nothing), so that ids made from it are never made twice.
 */
export function newConversation(event: StoredEvent, version: number, language: string): Conversation {
  const sender = senderOf(event);
  return {
    id: event.conversationId,
    version,
    address: event.address,
    personId: toId<'person'>(`p${version}-${event.conversationId}`),
    language,
    ...(sender.name ? { personName: sender.name } : {}),
    owner: 'bot',
    session: null,
    outbox: [],
    consumed: [],
    createdAt: event.receivedAt,
    lastInboundAt: event.receivedAt,
    updatedAt: event.receivedAt,
  };
}

/** What the platform says of who wrote; nothing when nobody did. */
export function senderOf({ event }: StoredEvent): { readonly name?: string; readonly language?: string } {
  return event.type === 'message-received' ? event.message.sender : {};
}
