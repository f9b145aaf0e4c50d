import type { OutboundMessage, TranscriptLine } from '../domain/conversation.ts';
import type { ConversationId } from '../domain/ids.ts';
import { urgencyOf } from '../domain/urgency.ts';
import { platformToken, type Derivation } from './ids.ts';
import type { Sealed, SealedRow } from './sealing.ts';

/** The sealed part of a line. The platform's id of a message is in it: WhatsApp's tell the phone number. */
export type SealedLine = Pick<TranscriptLine, 'content' | 'attachment'> &
  Partial<Pick<OutboundMessage, 'address' | 'platformMessageId'>>;

type PlainLine = Omit<TranscriptLine, 'content' | 'attachment'>;
type PlainDelivery = Pick<OutboundMessage, 'status' | 'attempts' | 'dueAt' | 'claim' | 'failure'>;

/** A line of a transcript, sent by anyone. */
export interface MessageRow extends SealedRow, PlainLine, Partial<PlainDelivery> {
  readonly id: string;
  /** The conversation, while the message waits to be sent. */
  readonly lane?: ConversationId;
  /** When the head of the lane can be tried, or its claim has run out. */
  readonly laneDueAt?: number;
  /** The same, of an officer's message. */
  readonly urgentDueAt?: number;
  /** The conversation, while the message is held outside the lane. */
  readonly heldLane?: ConversationId;
  readonly platformToken?: string;
  /** When the file of the line should be fetched (again). */
  readonly attachmentDueAt?: number;
}

/** The part of a line that is sealed; what is undefined in it is left out by the JSON it becomes. */
export function toSealedLine(line: TranscriptLine | OutboundMessage): object {
  const { content, attachment } = line;
  if (!('status' in line)) return { content, attachment };
  const { address, platformMessageId } = line;
  return { content, attachment, address, platformMessageId };
}

/** @param attachmentDueAt When a pending file is to be fetched; at once by default. */
export function toMessageRow(
  line: TranscriptLine | OutboundMessage,
  version: number,
  { keyId, sealed }: Sealed,
  ids: Derivation,
  attachmentDueAt: number = line.at,
): MessageRow {
  return {
    id: line.id,
    version,
    conversationId: line.conversationId,
    order: line.order,
    direction: line.direction,
    author: line.author,
    at: line.at,
    ...(line.edited ? { edited: true } : {}),
    ...(line.attachment?.state.is === 'pending' ? { attachmentDueAt } : {}),
    ...('status' in line ? deliveryFields(line, ids) : {}),
    keyId,
    sealed,
  };
}

function deliveryFields(message: OutboundMessage, ids: Derivation) {
  const { conversationId, address, status, attempts, dueAt, claim, failure, platformMessageId } = message;
  const isUnsent = status === 'queued' || status === 'sending';
  const laneDueAt = status === 'sending' && claim ? claim.until : dueAt;
  return {
    status,
    attempts,
    dueAt,
    ...(claim ? { claim } : {}),
    ...(failure ? { failure } : {}),
    ...(isUnsent ? { lane: conversationId, laneDueAt } : {}),
    ...(isUnsent && urgencyOf(message) === 'officer' ? { urgentDueAt: laneDueAt } : {}),
    ...(status === 'held' ? { heldLane: conversationId } : {}),
    ...(platformMessageId === undefined ? {} : { platformToken: platformToken(ids, address, platformMessageId) }),
  };
}

/** The line a row and its opened part stand for. */
export function toLine(row: MessageRow, fields: SealedLine): TranscriptLine | OutboundMessage {
  const line: TranscriptLine = {
    id: row.id,
    conversationId: row.conversationId,
    order: row.order,
    direction: row.direction,
    author: row.author,
    content: fields.content,
    at: row.at,
    ...(fields.attachment ? { attachment: fields.attachment } : {}),
    ...(row.edited ? { edited: true } : {}),
  };
  const { status, attempts = 0, dueAt = 0, claim, failure } = row;
  if (status === undefined || !fields.address) return line;
  const message: OutboundMessage = {
    ...line,
    direction: 'out',
    content: fields.content as OutboundMessage['content'], // Whatever has a delivery status was written as an `OutboundMessage`.
    version: row.version,
    address: fields.address,
    status,
    attempts,
    dueAt,
    ...(claim ? { claim } : {}),
    ...(failure ? { failure } : {}),
    ...(fields.platformMessageId === undefined ? {} : { platformMessageId: fields.platformMessageId }),
  };
  return message;
}
