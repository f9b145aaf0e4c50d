import type { CaseStatus } from './case.ts';
import type { Json } from './effect.ts';
import type { AttachmentId, CaseId, ConversationId, EventId, MessageId, OfficerId, PersonId } from './ids.ts';
import type { LinkRefusal } from './link.ts';
import type { Address, FileRefusal, InboundMessage, OutboundContent } from './message.ts';

/**
 * Everything that may happen to a conversation. All of it enters by the one mailbox, in arrival order, so that the bot and an
 * officer cannot talk over each other.
 */
export type ConversationEvent =
  | { readonly type: 'message-received'; readonly message: InboundMessage }
  | { readonly type: 'timer-fired'; readonly name: string }
  | { readonly type: 'effect-completed'; readonly key: string; readonly result: Json }
  /** A file the person sent cannot be kept: the platform no longer has it, after all tries, or it is of a kind that is refused. */
  /** A file could not be kept. Without a refusal it was only lost on its way, and may be sent once more. */
  | { readonly type: 'media-lost'; readonly attachmentId: AttachmentId; readonly refusal?: FileRefusal }
  | { readonly type: 'flow-requested'; readonly flowId: string; readonly parameters: Readonly<Record<string, Json>> }
  | { readonly type: 'officer-claimed'; readonly officerId: OfficerId; readonly officerName: string }
  | { readonly type: 'officer-replied'; readonly officerId: OfficerId; readonly content: OutboundContent }
  | { readonly type: 'officer-noted'; readonly officerId: OfficerId; readonly text: string }
  | { readonly type: 'officer-released'; readonly officerId: OfficerId }
  | { readonly type: 'officer-closed'; readonly officerId: OfficerId }
  /** What became of a case; the person is told, and asked how it was once it is done. */
  | {
      readonly type: 'case-changed';
      readonly officerId: OfficerId;
      readonly caseId: CaseId;
      readonly reference: string;
      readonly status: CaseStatus;
    }
  | { readonly type: 'resend-requested'; readonly officerId: OfficerId; readonly messageId: MessageId }
  /** A conversation of another channel, which knows a case's reference, wants to be linked with this one. */
  | { readonly type: 'link-code-asked'; readonly code: string; readonly channel: string }
  /** The person typed the code of `knownId` and agreed: this conversation is to pass from one person to the other. */
  | {
      readonly type: 'link-agreed';
      readonly key: string;
      readonly from: PersonId;
      readonly to: PersonId;
      readonly knownId: ConversationId;
    }
  /** Whether the link holds; if not, this conversation goes back to whom it came from. */
  | { readonly type: 'link-settled'; readonly key: string; readonly is: 'linked' | LinkRefusal }
  /** Another conversation of the person was linked, or is no longer. */
  | { readonly type: 'channel-linked' | 'channel-unlinked'; readonly channel: string; readonly at: number }
  /** The person, in the conversation `askedIn`, wants this one to be on its own again. */
  | { readonly type: 'unlink-agreed'; readonly from: PersonId; readonly askedIn: ConversationId }
  | { readonly type: 'officer-unlinked'; readonly officerId: OfficerId };

/** What became of an event, stored with it; an HTTP request answers with it. */
export type EventOutcome =
  | { readonly is: 'accepted' }
  | { readonly is: 'refused'; readonly code: OutcomeCode }
  /** It failed three times and was set aside; the person was offered a human. */
  | { readonly is: 'parked' };

export type OutcomeCode =
  'owned-by-another' | 'not-owned' | 'not-queued' | 'not-failed' | 'not-found' | 'not-linked' | 'erased';

/** An event as the mailbox holds it. `order` sorts by arrival: received time, then a counter of the process, then its name. */
export interface StoredEvent {
  readonly id: EventId;
  readonly version: number;
  readonly conversationId: ConversationId;
  readonly address: Address;
  readonly order: string;
  readonly receivedAt: number;
  /** Tries counted in the store before they began. */
  readonly tries: number;
  readonly event: ConversationEvent;
}
