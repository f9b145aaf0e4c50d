import type { Case, CaseStatus } from '../domain/case.ts';
import type { ConversationId, EffectId, MessageId, OfficerId, PersonId } from '../domain/ids.ts';

export interface CaseRepository {
  /** A reference no other case has, the same one at each call for the same effect. */
  reserveReference(effectId: EffectId): Promise<string>;
  /** Exact match of a normalised reference. */
  findByReference(reference: string): Promise<Case | null>;
  ofPerson(personId: PersonId, limit: number): Promise<Case[]>;
  /** All that were opened in a conversation. */
  ofConversation(conversationId: ConversationId): Promise<Case[]>;
  get(id: string): Promise<Case | null>;
  /** Newest first. */
  list(options: { status?: CaseStatus; limit: number; after?: Case }): Promise<Case[]>;
  /** `change.version` is one more than what was read. @throws VersionConflict */
  update(change: Case): Promise<void>;
  /** Gives the cases opened in a conversation to the person who stands behind it now. Idempotent. */
  moveWithConversation(conversationId: ConversationId): Promise<void>;
}

/** A link code as it is kept: found by its keyed hash, which is also its id; the digits themselves are kept nowhere. */
export interface LinkCode {
  readonly id: string;
  readonly version: number;
  /** Whose person whoever types it is linked with. */
  readonly conversationId: ConversationId;
  /** The only conversation that may type it; any, when absent. */
  readonly onlyFor?: ConversationId;
  readonly expiresAt: number;
  /** Who typed it: it is good once. */
  readonly used?: { readonly by: EffectId; readonly in: ConversationId; readonly at: number };
}

export interface LinkRepository {
  /** A code nobody else has, as its digits; the same one at each call for the same effect. */
  makeCode(code: {
    readonly effectId: EffectId;
    readonly conversationId: ConversationId;
    readonly onlyFor?: ConversationId;
    readonly expiresAt: number;
  }): Promise<string>;
  findCode(digits: string): Promise<LinkCode | null>;
  getCode(id: string): Promise<LinkCode | null>;
  /** @throws VersionConflict when somebody else used it first */
  useCode(code: LinkCode, used: NonNullable<LinkCode['used']>): Promise<void>;
  /**
   * Counts one use of what may be done `most` times in `withinMs`, before it is done; false when that is over. The same effect counts once,
   * however often it is begun. All processes count together.
   */
  count(limit: LinkLimit, effectId: EffectId, now: number): Promise<boolean>;
  /** Takes an effect's use back. */
  uncount(limit: LinkLimit, effectId: EffectId): Promise<void>;
  /** Forgets codes and counts of before `time`. */
  removeBefore(time: number, limit: number): Promise<void>;
}

export interface LinkLimit {
  readonly name: string;
  readonly most: number;
  readonly withinMs: number;
}

export interface PersonRepository {
  /** The conversations of a person (one for each linked address). */
  conversations(personId: PersonId): Promise<ConversationId[]>;
  /**
   * Destroys the data keys of the conversations the person has as it begins, so that nothing sealed with them ever opens again, and leaves
   * of each what `ErasedConversation` says. Idempotent. The person's waiting events, timers, blobs and look-up tokens are removed.
   */
  erase(personId: PersonId): Promise<void>;
  /** Whether an erasure of the person has begun and has not ended: nobody may join them any more. */
  isErasing(personId: PersonId): Promise<boolean>;
  /** Finishes erasures that a crash or an unavailable store interrupted; for the sweep. Returns how many there were. */
  resumeErasures(limit: number): Promise<number>;
}

/** Who saw or did what: officer, action, ids; never content. Append-only. */
export interface AuditRepository {
  /** `cause` makes recording the same again change nothing. */
  record(
    entry: {
      at: number;
      /** Absent when the person of the conversation did it. */
      officerId?: OfficerId;
      action: string;
      conversationId?: ConversationId;
      messageId?: MessageId;
      /** Entries of the FAQ, questions reviewed, accounts of channels, or other conversations. */
      subjectIds?: readonly string[];
    },
    cause?: string,
  ): Promise<void>;
  list(options: {
    limit: number;
    before?: number;
  }): Promise<Omit<Parameters<AuditRepository['record']>[0], 'messageId'>[]>;
}
