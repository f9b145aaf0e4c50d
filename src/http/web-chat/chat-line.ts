import type { OutboundMessage, TranscriptLine } from '../../domain/conversation.ts';
import type { Attachment, DeliveryStatus, InboundContent, MediaKind, OutboundContent } from '../../domain/message.ts';

/** A transcript line as the person at the page sees it: no officer's id, no delivery details, no platform's file id. */
export interface ChatLine {
  readonly id: string;
  /** Sorts the lines; also the stream's event id. */
  readonly order: string;
  readonly from: 'me' | 'bot' | 'officer';
  readonly at: number;
  readonly content: ChatContent;
}

type ChatContent =
  | Exclude<OutboundContent, { type: 'media' }>
  | Extract<InboundContent, { type: 'choice' | 'unsupported' }>
  | {
      readonly type: 'media';
      readonly kind: MediaKind;
      readonly fileName?: string;
      readonly caption?: string;
      /** The file cannot be had any more. */
      readonly isLost?: boolean;
    };

const hidden: ReadonlySet<DeliveryStatus> = new Set(['queued', 'held', 'failed']);

/** Null for what the person must not see: officers' notes, and messages that were not (or not yet) sent. */
export function toChatLine(line: TranscriptLine | OutboundMessage): ChatLine | null {
  if (line.direction === 'note') return null;
  if ('status' in line && hidden.has(line.status)) return null;
  const { id, order, at } = line;
  const from = line.direction === 'in' ? 'me' : line.author.is === 'officer' ? 'officer' : 'bot';
  return { id, order, from, at, content: toChatContent(line) };
}

/** The blob of a line's file; null when it has none. A person's own upload can be read before the runtime has fetched it. */
export function fileIdOf(line: TranscriptLine | OutboundMessage): string | null {
  if (!toChatLine(line) || line.content.type !== 'media') return null;
  if ('blobId' in line.content) return line.content.blobId;
  return line.attachment && !isGone(line.attachment) ? line.attachment.id : null;
}

function toChatContent({ content, attachment }: TranscriptLine | OutboundMessage): ChatContent {
  if (content.type !== 'media') return content;
  const fileName = 'media' in content ? content.media.fileName : content.fileName;
  return {
    type: 'media',
    kind: 'media' in content ? content.media.kind : content.kind,
    ...(fileName === undefined ? {} : { fileName }),
    ...(content.caption === undefined ? {} : { caption: content.caption }),
    ...(attachment && isGone(attachment) ? { isLost: true } : {}),
  };
}

function isGone({ state }: Attachment): boolean {
  return state.is === 'lost' || state.is === 'refused';
}
