import { Readable } from 'node:stream';
import type { ConversationId } from '../../domain/ids.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Broadcast } from '../../ports/queue.ts';
import type { MessageRepository } from '../../ports/message-repositories.ts';
import { readAfter, readNewest, type FeedPart } from './read-feed.ts';

/** Bounds of the open event streams of one process. */
export interface StreamLimits {
  /** The oldest stream of a conversation makes room for a new one: a phone that lost its network leaves dead ones behind. */
  readonly perConversation: number;
  /** Generous: mobile networks put many people behind one address. */
  readonly perAddress: number;
  readonly total: number;
  /** What may wait for a slow reader before its connection is dropped. */
  readonly bufferBytes: number;
}

const defaultStreamLimits: StreamLimits = {
  perConversation: 3,
  perAddress: 60,
  total: 5_000,
  bufferBytes: 256 * 1024,
};

/** How often a stream looks for itself, in case news was lost. */
const pollMs = 5_000;
const heartbeatMs = 15_000;
/** New lines a piece of news usually stands for. */
const expectedLines = 4;

interface StreamRequest {
  readonly conversationId: ConversationId;
  /** The network address of the reader. */
  readonly address: string;
  /** The `order` of the last line the reader has; null at a first visit. */
  readonly after: string | null;
  /** When the reader's right ends, milliseconds since the epoch. */
  readonly expiresAt: number;
}

export interface ChatStreams {
  /** The text of an event stream (https://html.spec.whatwg.org/multipage/server-sent-events.html), or null when there is no room. */
  open(request: StreamRequest): Readable | null;
  /** Streams that are open. */
  count(): number;
  close(): void;
}

interface Stream {
  readonly request: StreamRequest;
  readonly output: Readable;
  /** Null until the first page has been read. */
  cursor: string | null;
  isReading: boolean;
  /** News came during a read. */
  isWoken: boolean;
  wroteAt: number;
}

/**
 * Feeds transcripts to open pages: first what they have not seen, then whatever is added. The store is the truth; the broadcast
 * only says when to look. Each line goes out once on a stream and in order, its `order` as the event's id.
 */
export function createChatStreams(dependencies: {
  messages: Pick<MessageRepository, 'page'>;
  broadcast: Broadcast;
  clock: Clock;
  log: Log;
  limits?: StreamLimits;
}): ChatStreams {
  const { messages, broadcast, clock, log, limits = defaultStreamLimits } = dependencies;
  const byConversation = new Map<string, Set<Stream>>();
  const perAddress = new Map<string, number>();
  let total = 0;

  const wake = (news: Readonly<Record<string, string | number>>) => {
    for (const stream of byConversation.get(String(news['conversationId'])) ?? []) void pump(stream, expectedLines);
  };
  // `chat`: a message for the page; `conversations`: anything else, such as a line the person wrote in another tab.
  const subscriptions = [broadcast.subscribe('chat', wake), broadcast.subscribe('conversations', wake)];

  async function pump(stream: Stream, expected: number): Promise<void> {
    stream.isWoken = true;
    if (stream.isReading) return;
    stream.isReading = true;
    try {
      while (stream.isWoken && !stream.output.destroyed) {
        stream.isWoken = false;
        writePart(stream, await readPart(stream, expected));
      }
    } catch (error) {
      log.debug({ conversationId: stream.request.conversationId, error }, 'a chat stream looks again later');
    } finally {
      stream.isReading = false;
    }
  }

  function readPart({ request, cursor }: Stream, expected: number): Promise<FeedPart> {
    const { conversationId, after } = request;
    if (cursor !== null) return readAfter(messages, conversationId, cursor, expected);
    return after === null
      ? readNewest(messages, conversationId)
      : readAfter(messages, conversationId, after, expectedLines);
  }

  function writePart(stream: Stream, part: FeedPart): void {
    const isFirst = stream.cursor === null;
    stream.cursor = part.cursor;
    const events = part.lines.map((line) => `id: ${line.order}\nevent: line\ndata: ${JSON.stringify(line)}\n\n`);
    if (part.isReset) events.unshift('event: reset\ndata: {}\n\n');
    if (isFirst) events.push('event: ready\ndata: {}\n\n');
    if (events.length > 0) write(stream, events.join(''));
  }

  function write(stream: Stream, text: string): void {
    const { output } = stream;
    if (output.destroyed) return;
    output.push(text);
    stream.wroteAt = clock.now();
    // What a reader does not take waits here; it may come back and resume.
    if (output.readableLength > limits.bufferBytes) output.destroy();
  }

  function watch(stream: Stream): () => void {
    let cancel = clock.after(pollMs, tick);
    function tick(): void {
      const now = clock.now();
      if (now >= stream.request.expiresAt) return void stream.output.push(null);
      if (now - stream.wroteAt >= heartbeatMs) write(stream, ': still here\n\n');
      void pump(stream, 0);
      cancel = clock.after(pollMs, tick);
    }
    return () => cancel();
  }

  function makeRoom(conversationId: ConversationId): void {
    const streams = byConversation.get(conversationId);
    if (!streams || streams.size < limits.perConversation) return;
    const [oldest] = streams;
    if (!oldest) return;
    write(oldest, 'event: replaced\ndata: {}\n\n');
    // Its place is free at once, though a dead connection takes its time to end.
    leave(oldest);
    oldest.output.push(null);
  }

  function leave(stream: Stream): void {
    const { conversationId, address } = stream.request;
    const streams = byConversation.get(conversationId);
    if (!streams?.delete(stream)) return;
    if (streams.size === 0) byConversation.delete(conversationId);
    const left = (perAddress.get(address) ?? 1) - 1;
    if (left > 0) perAddress.set(address, left);
    else perAddress.delete(address);
    total -= 1;
  }

  return {
    open(request) {
      const { conversationId, address } = request;
      makeRoom(conversationId);
      const open = perAddress.get(address) ?? 0;
      if (open >= limits.perAddress || total >= limits.total) return null;

      const output = new Readable({ read: () => undefined });
      const stream: Stream = {
        ...{ request, output, cursor: null, isReading: false, isWoken: false, wroteAt: clock.now() },
      };
      const streams = byConversation.get(conversationId) ?? new Set();
      byConversation.set(conversationId, streams.add(stream));
      perAddress.set(address, open + 1);
      total += 1;
      const stopWatching = watch(stream);
      output.on('close', () => {
        stopWatching();
        leave(stream);
      });
      write(stream, ': welcome\n\n');
      void pump(stream, expectedLines);
      return output;
    },
    count: () => total,
    close() {
      for (const end of subscriptions) end();
      for (const streams of [...byConversation.values()]) for (const { output } of streams) output.destroy();
    },
  };
}
