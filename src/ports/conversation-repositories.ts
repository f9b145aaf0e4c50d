import type { Case } from '../domain/case.ts';
import type { Conversation, OutboundMessage, TranscriptLine } from '../domain/conversation.ts';
import type { EventOutcome, StoredEvent } from '../domain/event.ts';
import type { ConversationId, EventId, OfficerId } from '../domain/ids.ts';
import type { Address } from '../domain/message.ts';
import type { LearningRecord } from './content-repositories.ts';

/** The mailbox. Sealed with the conversation's person's key; insertion makes that key when there is none. */
export interface EventRepository {
  /** One durable insert each, in the order given. Says for each whether it was new. */
  insert(events: readonly StoredEvent[]): Promise<readonly ('inserted' | 'duplicate')[]>;
  /** All unconsumed events of a conversation in arrival order, at most `limit`. */
  waiting(conversationId: ConversationId, limit: number): Promise<StoredEvent[]>;
  /** Counts one more try before it begins. Returns the events with their new versions. */
  countTries(events: readonly StoredEvent[]): Promise<StoredEvent[]>;
  /** Null while it waits or when there is no such event. */
  outcome(id: EventId): Promise<EventOutcome | null>;
  /** Whether the event is in the mailbox or was consumed. */
  exists(id: EventId): Promise<boolean>;
  /** Conversations that have an event waiting since before `receivedBefore`, each once, oldest first. */
  stranded(receivedBefore: number, limit: number): Promise<ConversationId[]>;
  /** Forgets consumed events, oldest first; a platform that gives one of them again would be believed. Returns how many went. */
  removeConsumedBefore(time: number, limit: number): Promise<number>;
}

/** What an erasure leaves: nothing that tells of the person. */
export interface ErasedConversation {
  readonly erased: true;
  readonly id: ConversationId;
  readonly version: number;
}

export interface ConversationRepository {
  /** An erased conversation answers with what is left of it, so that versions (and the ids made from them) go on. */
  get(id: ConversationId): Promise<Conversation | ErasedConversation | null>;
  /** One conditional write; `conversation.version` is one more than what was read (1: it must not exist). @throws VersionConflict */
  commit(conversation: Conversation): Promise<void>;
  /** Conversations whose `busySince` is set and before `since`, longest first (an index on the plain field `busySince`). */
  unfinished(since: number, limit: number): Promise<ConversationId[]>;
  /** For officers: those who wait (`queue`) longest first and urgent before normal, or those an officer owns. */
  list(
    owner: 'queue' | 'officer',
    options: { officerId?: OfficerId; limit: number; after?: Conversation },
  ): Promise<Conversation[]>;
  /** How many wait, for the place in the queue. */
  countQueued(): Promise<number>;
}

/**
 * The write that follows a commit: everything a version decided, moved to where it lives, and the consumed events marked. One
 * ordered, idempotent batch, in which the events are marked LAST: an event that still waits is the sign that the batch may be
 * incomplete and has to be applied again. Messages that exist already are left as they are.
 */
export interface FollowUp {
  readonly conversation: Conversation;
  readonly lines: readonly TranscriptLine[];
  readonly messages: readonly OutboundMessage[];
  readonly timers: readonly StoredTimer[];
  readonly cancelledTimers: readonly string[];
  readonly cases: readonly Case[];
  readonly consumed: readonly { readonly event: StoredEvent; readonly outcome: EventOutcome }[];
  readonly results: readonly StoredEvent[];
  readonly records: readonly LearningRecord[];
}

export interface FollowUpRepository {
  apply(followUp: FollowUp): Promise<void>;
}

/** A due time in the store; the queue's delayed bell is only a hint. One per conversation and name. */
export interface StoredTimer {
  readonly conversationId: ConversationId;
  readonly address: Address;
  readonly name: string;
  readonly dueAt: number;
  /** The commit that set it; makes its event's id unique. */
  readonly cause: string;
}

export interface TimerRepository {
  due(now: number, limit: number): Promise<StoredTimer[]>;
  get(conversationId: ConversationId, name: string): Promise<StoredTimer | null>;
  /** Removes it if it is still the one of `cause`. */
  remove(timer: StoredTimer): Promise<void>;
}
