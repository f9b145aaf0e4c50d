import type { Effect, Json } from './effect.ts';
import type { CaseId, ConversationId, EffectId, EventId, MessageId, OfficerId, PersonId } from './ids.ts';
import type { Address, Attachment, DeliveryStatus, OutboundContent, InboundContent } from './message.ts';
import type { EventOutcome } from './event.ts';
import type { CaseStatus, CaseUrgency } from './case.ts';

/** Who answers now. While an officer owns a conversation the engine only records and relays. */
export type Owner = 'bot' | 'queue' | 'officer';

/** One thing a commit decided that has to be carried out: an engine's effect, or one of the runtime's own. */
export interface OutboxEntry {
  readonly id: EffectId;
  readonly effect: Effect | RuntimeEffect;
}

/** Effects the runtime itself decides. */
export type RuntimeEffect =
  | { readonly type: 'send-as-officer'; readonly officerId: OfficerId; readonly content: OutboundContent }
  /** The transcript line of a consumed message. Its content stays in the mailbox until the same batch has written the line. */
  | { readonly type: 'record-inbound'; readonly eventId: EventId }
  | { readonly type: 'record-note'; readonly officerId: OfficerId; readonly text: string }
  | { readonly type: 'change-case'; readonly caseId: CaseId; readonly status: CaseStatus }
  | { readonly type: 'requeue-message'; readonly messageId: MessageId }
  /** Looks once more, now that the conversation has passed to `to`, whether the link may hold. */
  | {
      readonly type: 'settle-link';
      readonly key: string;
      readonly from: PersonId;
      readonly to: PersonId;
      readonly knownId: ConversationId;
    }
  /** The cases opened in this conversation go to whoever stands behind it now. */
  | { readonly type: 'move-cases' }
  /** Writes down that this conversation was linked or unlinked, and tells the person's other ones. */
  | {
      readonly type: 'announce-link';
      readonly is: 'linked' | 'unlinked';
      /** Who has the other conversations. */
      readonly personId: PersonId;
      readonly by: { readonly conversationId: ConversationId } | { readonly officerId: OfficerId };
    };

/** A run of the engine in a conversation; opaque to everyone but `src/flow`, plain JSON. */
export type SessionState = { readonly [key: string]: Json };

/** The one document a commit writes. Everything in it stays small however long the history. */
export interface Conversation {
  readonly id: ConversationId;
  readonly version: number;
  readonly address: Address;
  readonly personId: PersonId;
  readonly language: string;
  /** The name the platform gives the person, for officers. */
  readonly personName?: string;
  readonly owner: Owner;
  readonly officer?: { readonly id: OfficerId; readonly name: string };
  readonly handoff?: {
    readonly since: number;
    readonly reason: string;
    readonly urgency: CaseUrgency;
    readonly summary?: string;
  };
  readonly consent?: 'given' | 'withdrawn';
  readonly session: SessionState | null;
  /** What this version decided, and slow effects of earlier ones that are not done. */
  readonly outbox: readonly OutboxEntry[];
  /** Events this version consumed; their mailbox entries are marked last of all that follows the commit. */
  readonly consumed: readonly { readonly id: EventId; readonly outcome: EventOutcome }[];
  /** Passed to another person a moment ago, and whom it came from should the link not hold; the key is the asking effect's. */
  readonly linking?: { readonly key: string; readonly from: PersonId };
  /** The person asked to be forgotten; their key is destroyed once the farewell has been sent. */
  readonly erasing?: boolean;
  /** Set while something outlives the commit (a slow effect, an erasure), so that the sweep finds it after a crash. */
  readonly busySince?: number;
  readonly createdAt: number;
  readonly lastInboundAt: number;
  readonly updatedAt: number;
}

export type Author =
  | { readonly is: 'person' }
  | { readonly is: 'bot' }
  | { readonly is: 'officer'; readonly officerId: OfficerId }
  | { readonly is: 'system' };

/** One line of a transcript. */
export interface TranscriptLine {
  readonly id: string;
  readonly conversationId: ConversationId;
  /** Sorts a conversation's lines by the commit that decided them, so that no clock can reorder them; see `toLineOrder`. */
  readonly order: string;
  readonly direction: 'in' | 'out' | 'note';
  readonly author: Author;
  readonly content: InboundContent | OutboundContent;
  readonly attachment?: Attachment;
  readonly at: number;
  readonly edited?: boolean;
}

/** An outbound line on its way. */
export interface OutboundMessage extends TranscriptLine {
  readonly version: number;
  readonly direction: 'out';
  readonly content: OutboundContent;
  readonly address: Address;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  /** Milliseconds since the epoch before which it must not be tried (again). */
  readonly dueAt: number;
  readonly claim?: { readonly holder: string; readonly until: number };
  readonly platformMessageId?: string;
  /** The stable code of the last failure. */
  readonly failure?: string;
}

/** The `order` of the `index`-th line that version `version` of a conversation wrote. */
export function toLineOrder(version: number, index: number): string {
  return `${String(version).padStart(10, '0')}-${String(index).padStart(6, '0')}`;
}
