import type { OutboundMessage, TranscriptLine } from '../domain/conversation.ts';
import type { ConversationId } from '../domain/ids.ts';
import type { Attachment, DeliveryStatus } from '../domain/message.ts';
import type { Receipt } from './channel.ts';

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
