import type { OutboundMessage, TranscriptLine } from '../../domain/conversation.ts';
import type { ConversationId } from '../../domain/ids.ts';
import type { MessageRepository } from '../../ports/message-repositories.ts';
import { toChatLine, type ChatLine } from './chat-line.ts';

const pageLimit = 50;
/** More than this many pages missed: the page begins anew with the newest one. */
const mostPages = 4;

export interface FeedPart {
  /** Oldest first. */
  readonly lines: readonly ChatLine[];
  /** What to read after next time; the newest line seen, shown or not. */
  readonly cursor: string;
  /** So much was missed that the reader must forget what it has: `lines` is the newest page. */
  readonly isReset: boolean;
}

/** The newest page of a transcript. */
export async function readNewest(messages: Pick<MessageRepository, 'page'>, id: ConversationId): Promise<FeedPart> {
  const page = await messages.page(id, { limit: pageLimit });
  return toPart(page, '', false);
}

/**
 * The lines after `cursor`, by indexed reads from the newest backwards, so that a long history costs nothing. `expected` is how
 * many new lines are likely; when there is none, one line is read.
 *
 * A line that is sent only after later ones were shown (an officer's resend) is not among them; it appears at the next load.
 */
export async function readAfter(
  messages: Pick<MessageRepository, 'page'>,
  id: ConversationId,
  cursor: string,
  expected: number,
): Promise<FeedPart> {
  const found: (TranscriptLine | OutboundMessage)[] = [];
  for (let pages = 0; pages <= mostPages; pages += 1) {
    const limit = pages === 0 ? expected + 1 : pageLimit;
    const before = found.at(-1)?.order;
    const page = await messages.page(id, { limit, ...(before === undefined ? {} : { before }) });
    const newer = page.filter((line) => line.order > cursor);
    found.push(...newer);
    if (newer.length < page.length || page.length < limit) return toPart(found, cursor, false);
  }
  return toPart(found.slice(0, pageLimit), cursor, true);
}

function toPart(
  newestFirst: readonly (TranscriptLine | OutboundMessage)[],
  cursor: string,
  isReset: boolean,
): FeedPart {
  const lines = newestFirst.flatMap((line) => toChatLine(line) ?? []).reverse();
  return { lines, cursor: newestFirst[0]?.order ?? cursor, isReset };
}
