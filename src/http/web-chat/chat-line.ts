import type { OutboundMessage, TranscriptLine } from '../../domain/conversation.ts';
import type { DeliveryStatus, InboundContent, MediaKind, OutboundContent } from '../../domain/message.ts';

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
      /** Why the file cannot be had any more. */
      readonly gone?: 'lost' | 'removed';
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
  if (!toChatLine(line) || line.content.type !== 'media' || goneOf(line)) return null;
  if ('blobId' in line.content) return line.content.blobId;
  return line.attachment?.id ?? null;
}

/** Why the line's file cannot be had any more; null when it can, or may come. */
export function goneOf({ attachment }: TranscriptLine | OutboundMessage): 'lost' | 'removed' | null {
  const is = attachment?.state.is;
  if (is === 'removed') return is;
  return is === 'lost' || is === 'refused' ? 'lost' : null;
}

function toChatContent(line: TranscriptLine | OutboundMessage): ChatContent {
  const { content } = line;
  const gone = goneOf(line);
  if (content.type !== 'media') return content;
  const fileName = 'media' in content ? content.media.fileName : content.fileName;
  return {
    type: 'media',
    kind: 'media' in content ? content.media.kind : content.kind,
    ...(fileName === undefined ? {} : { fileName }),
    ...(content.caption === undefined ? {} : { caption: content.caption }),
    ...(gone ? { gone } : {}),
  };
}
