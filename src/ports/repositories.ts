import type { Conversation, OutboundMessage, TranscriptLine } from '../domain/conversation.ts';
import type { Case, CaseStatus } from '../domain/case.ts';
import type { EventOutcome, StoredEvent } from '../domain/event.ts';
import type { ConversationId, EffectId, EventId, MessageId, OfficerId, PersonId } from '../domain/ids.ts';
import type { Address, Attachment, DeliveryStatus } from '../domain/message.ts';
import type { FaqEntry, Lexicon, Phrasings } from '../domain/faq.ts';
import type { Organisation } from '../domain/organisation.ts';
import type { Json } from '../domain/effect.ts';
import type { AccountName, AccountSettings } from './accounts.ts';
import type { Receipt } from './channel.ts';

/** Derives ids that tell nothing of what they stand for (keyed hashes under SECRET_KEY). Pure and synchronous. */
export interface IdDerivation {
  conversation(address: Address): ConversationId;
  /** From what makes the event unique: `address`, platform message id, kind and edit time for a message; a cause's id otherwise. */
  event(parts: readonly (string | number)[]): EventId;
  /** A number from 0 to 2^48 that depends on the parts only; references are made from it. */
  number(parts: readonly (string | number)[]): number;
}

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

/** What the charity learns from conversations: survey answers, questions without an answer, recorded failures. */
export interface LearningRecord {
  readonly id: string;
  readonly kind: 'survey' | 'question' | 'failure';
  readonly conversationId: ConversationId;
  readonly at: number;
  readonly body: Readonly<Record<string, Json>>;
}

export interface FollowUpRepository {
  apply(followUp: FollowUp): Promise<void>;
}

export interface MessageRepository {
  /** A page of the transcript, newest first; `before` is the `order` of the last line seen. */
  page(
    conversationId: ConversationId,
    options: { limit: number; before?: string },
  ): Promise<(TranscriptLine | OutboundMessage)[]>;
  get(id: string): Promise<TranscriptLine | OutboundMessage | null>;
  /** Unsent messages of a conversation in sending order (queued or sending; held ones have left the lane). */
  lane(conversationId: ConversationId, limit: number): Promise<OutboundMessage[]>;
  /** Writes a message's new status, claim, attempts, due time ... @throws VersionConflict when somebody else did first. Returns it with its new version. */
  update(message: OutboundMessage, change: MessageChange): Promise<OutboundMessage>;
  /** The message a receipt speaks of. */
  findByPlatformId(
    account: { channel: string; account: string },
    platformMessageId: string,
  ): Promise<OutboundMessage | null>;
  /** The message a kept receipt speaks of. */
  findByReceipt(receipt: KeptReceipt): Promise<OutboundMessage | null>;
  /** Messages of a conversation that are held, in sending order. */
  held(conversationId: ConversationId, limit: number): Promise<OutboundMessage[]>;
  /** Conversations with held messages, each once. */
  conversationsWithHeld(): AsyncIterable<ConversationId>;
  /**
   * Conversations with an unsent message (an officer's, or anybody's) that is due, or whose claim ran out, before `now`: those of the
   * `limit` such messages that are due for longest, or of those that follow `after`.
   */
  strandedLanes(
    now: number,
    options: { readonly of: 'officer' | 'anybody'; readonly limit: number; readonly after?: StrandedMark },
  ): Promise<{
    readonly lanes: readonly ConversationId[];
    /** Where the next page begins; null when this was the last. */
    readonly next: StrandedMark | null;
  }>;
  /** A pending one may say when it is to be fetched again. Does nothing when the line is gone. */
  setAttachment(id: string, attachment: Attachment, dueAt?: number): Promise<void>;
  /** Puts off a pending attachment that is due, for whoever fetches it now. False when somebody else did first. */
  claimAttachment(id: string, now: number, until: number): Promise<boolean>;
  /** Lines whose attachment is pending and due. */
  pendingAttachments(now: number, limit: number): Promise<TranscriptLine[]>;
}

/** The last message of a page of stranded lanes. */
export interface StrandedMark {
  readonly id: string;
  readonly dueAt: number;
}

export type MessageChange = Partial<Pick<OutboundMessage, 'attempts' | 'dueAt' | 'platformMessageId' | 'at'>> & {
  readonly status?: DeliveryStatus;
  /** Null takes the claim away. */
  readonly claim?: OutboundMessage['claim'] | null;
  readonly failure?: string | null;
};

/** A receipt whose message is not known (yet). It names neither a person nor the platform's id. */
export interface KeptReceipt {
  readonly id: string;
  readonly version: number;
  readonly messageToken: string;
  readonly status: Receipt['status'];
  readonly at: number;
  readonly failure?: string;
  readonly keptAt: number;
  readonly dueAt: number;
  readonly tries: number;
}

export interface ReceiptRepository {
  /** Durable when it resolves; keeping one again changes nothing. */
  keep(receipt: Receipt, times: { readonly keptAt: number; readonly dueAt: number }): Promise<void>;
  /** Those to be tried (again), the longest due first. */
  due(now: number, limit: number): Promise<KeptReceipt[]>;
  /** Counts a try; does nothing when somebody else has. */
  postpone(receipt: KeptReceipt, dueAt: number): Promise<void>;
  remove(receipt: KeptReceipt): Promise<void>;
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

export interface LearningRepository {
  list(kind: LearningRecord['kind'], options: { limit: number; before?: number }): Promise<LearningRecord[]>;
}

/** A right to run something only one process may run (a polling loop, a phone session). */
export interface LeaseRepository {
  /** True when `holder` now holds it until `until`; held by another until it runs out. */
  take(name: string, holder: string, now: number, until: number): Promise<boolean>;
  release(name: string, holder: string): Promise<void>;
}

export interface SettingsRepository {
  organisation(): Promise<Organisation | null>;
  saveOrganisation(organisation: Organisation): Promise<void>;
  /** Small durable values of the installation (a polling offset, the seeded content's hash). */
  get(name: string): Promise<Json | null>;
  set(name: string, value: Json): Promise<void>;
}

/** Published versions of flows; sessions stay pinned to theirs. */
export interface FlowRepository {
  /** Newest published version of every flow. */
  current(): Promise<{ id: string; version: number; source: Json }[]>;
  get(id: string, version: number): Promise<{ id: string; version: number; source: Json } | null>;
  publish(flow: { id: string; version: number; source: Json }): Promise<void>;
}

/** An entry of the FAQ as it is kept. What officers approved stands beside it, so that approving is no edit and the files may still update it. */
export interface StoredFaqEntry {
  /** As the files or an admin wrote it. */
  readonly entry: FaqEntry;
  /** Phrasings approved from what people typed. */
  readonly learned: Phrasings;
  /** What the files gave last, as a hash; absent when an admin created it. */
  readonly seed?: string;
  /** An admin changed, created or removed it: the files leave it as it is. */
  readonly edited?: true;
  /** It is no longer part of the FAQ, because an admin or an upgrade removed it. */
  readonly removed?: 'by-admin' | 'with-files';
  readonly version: number;
  readonly changedAt: number;
}

/** What the FAQ has besides entries. `seed` is as in {@link StoredFaqEntry}; `edited` is about the lexicon. */
export interface StoredFaqWords {
  /** What no entry answers, as the files give it. */
  readonly none: readonly string[];
  /** The same, from admins. */
  readonly addedNone: readonly string[];
  /** Lines of the files that admins took out: they stay out at upgrades. */
  readonly removedNone?: readonly string[];
  readonly lexicon: Lexicon;
  /** Of the lexicon alone, which two admins must not edit over each other; 1 when absent. */
  readonly lexiconVersion?: number;
  readonly seed?: string;
  readonly edited?: true;
  readonly version: number;
  readonly changedAt: number;
}

/** A row of the FAQ as it is now. */
export type FaqChange =
  | { readonly kind: 'entry'; readonly stored: StoredFaqEntry }
  | { readonly kind: 'words'; readonly stored: StoredFaqWords };

/** The FAQ. It is the charity's own text and not sealed: what officers approve must not tell who asked. */
export interface FaqRepository {
  /** All entries by id, removed ones too. */
  entries(): Promise<StoredFaqEntry[]>;
  entry(id: string): Promise<StoredFaqEntry | null>;
  /** `version` is one more than what was read (1: it must not exist). Says when it was written. @throws Duplicate, VersionConflict */
  saveEntry(entry: Omit<StoredFaqEntry, 'changedAt'>): Promise<StoredFaqEntry>;
  words(): Promise<StoredFaqWords | null>;
  /** As `saveEntry`. */
  saveWords(words: Omit<StoredFaqWords, 'changedAt'>): Promise<StoredFaqWords>;
  /** Differs whenever entries or words differ; cheap enough to be asked every second. */
  revision(): Promise<string>;
  /** All rows, the one changed last first, a few at a time. */
  changes(): AsyncIterable<readonly FaqChange[]>;
  /** Remembers that somebody has decided about questions, by ids that tell nothing of them. */
  markReviewed(ids: readonly string[], at: number): Promise<void>;
  /** Those of the ids that somebody has decided about. */
  reviewed(ids: readonly string[]): Promise<ReadonlySet<string>>;
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

/** An account that officers added. */
export interface StoredAccount extends AccountName {
  readonly version: number;
  /** What officers call it. */
  readonly title: string;
  readonly isPaused: boolean;
  readonly settings: AccountSettings;
}

/** A removed account leaves its name, which is never given again: conversations of two numbers must not become one. */
export interface RemovedAccount extends AccountName {
  readonly version: number;
  /** Nothing of it is left to be cleaned up. */
  readonly isSettled: boolean;
}

/** Accounts that officers added. Title and settings are sealed with a key of the account's own, which goes with it. */
export interface AccountRepository {
  /** All there are; at most some hundreds. */
  list(): Promise<{ readonly accounts: readonly StoredAccount[]; readonly removed: readonly RemovedAccount[] }>;
  get(name: AccountName): Promise<StoredAccount | RemovedAccount | null>;
  /**
   * `account.version` is one more than what was read (1: the name was never used). `identity` is found again only by its keyed hash.
   * @throws Duplicate when the name was used or another account has the identity, VersionConflict
   */
  save(account: StoredAccount, identity: string | null): Promise<void>;
  /** Destroys its key and leaves its name. Idempotent. */
  remove(name: AccountName): Promise<void>;
  /** Remembers that nothing is left to be cleaned up. */
  settle(removed: RemovedAccount): Promise<void>;
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

/** All of them, as `openRepositories` makes them over one `Store`. */
export interface Repositories {
  readonly ids: IdDerivation;
  readonly events: EventRepository;
  readonly conversations: ConversationRepository;
  readonly followUps: FollowUpRepository;
  readonly messages: MessageRepository;
  readonly receipts: ReceiptRepository;
  readonly timers: TimerRepository;
  readonly cases: CaseRepository;
  readonly learning: LearningRepository;
  readonly leases: LeaseRepository;
  readonly settings: SettingsRepository;
  readonly flows: FlowRepository;
  readonly faq: FaqRepository;
  readonly people: PersonRepository;
  readonly accounts: AccountRepository;
  readonly links: LinkRepository;
  readonly audit: AuditRepository;
  /** Sealed files: what is put is encrypted with the conversation's person's key before it reaches the `Blobs` port. */
  readonly files: FileRepository;
}

/** A file whose time may be over. */
export interface AgedFile {
  /** Also the id of its attachment and of its line in the transcript. */
  readonly id: string;
  readonly version: number;
  readonly conversationId: ConversationId;
  /** When its time began. */
  readonly ageFrom: number;
}

export interface FileRepository {
  /** `id` is that of the transcript's line it belongs to: a file whose line does not come within a day or so is removed as an orphan. */
  put(
    conversationId: ConversationId,
    id: string,
    bytes: AsyncIterable<Uint8Array>,
  ): Promise<{ readonly sizeBytes: number }>;
  open(id: string): Promise<AsyncIterable<Uint8Array> | null>;
  remove(id: string): Promise<void>;
  /** Files whose time began before `before`, oldest first, by an index: those of `limit`, or of those that follow `after`. */
  aged(before: number, options: { readonly limit: number; readonly after?: AgedFile }): Promise<AgedFile[]>;
  /** Begins a file's time anew; does nothing when somebody else wrote it first. */
  keepFrom(file: AgedFile, ageFrom: number): Promise<void>;
  /**
   * Looks at the next `limit` files and the next `limit` blobs, round after round, and removes what is older than `before` and of no use: files without
   * their bytes or without a line, bytes that no file names, uploads that were never finished. Dates files of older versions. Says how much went.
   */
  removeOrphans(before: number, limit: number): Promise<number>;
}
