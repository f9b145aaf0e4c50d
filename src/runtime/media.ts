import { SendError } from '../domain/errors.ts';
import type { TranscriptLine } from '../domain/conversation.ts';
import { toId, type BlobId } from '../domain/ids.ts';
import type { Address, Attachment, FileLimits, FileRefusal } from '../domain/message.ts';
import type { OpenAccounts } from '../ports/accounts.ts';
import type { ChannelAdapter } from '../ports/channel.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Repositories } from '../ports/repositories.ts';
import { toAbsence } from './absence.ts';
import type { Door } from './intake.ts';

/** A platform's file id lives about an hour; after this long the person is asked again. */
const giveUpAfterMs = 3_600_000;
const fetchLimitMs = 120_000;
/** While a file is fetched nobody else begins it, and a fetch that dies with its process is begun anew after this. */
const claimMs = fetchLimitMs + 5_000;
const shortestPauseMs = 2_000;
const longestPauseMs = 300_000;
const atOnce = 4;
const tooLarge = 'too-large';
const megabyte = 1024 * 1024;

/** How long a file that could not be fetched rests: half as long as it has waited, so that tries grow rare without being counted. */
export function pauseBeforeNextFetch(waitedMs: number): number {
  return Math.min(Math.max(waitedMs / 2, shortestPauseMs), longestPauseMs);
}

export interface ScreenMedia {
  /** What is larger is not kept. */
  readonly maxBytes: number;
  /** What a person whose file is not kept is told of what is. */
  readonly limits: FileLimits;
  /**
   * Says by a file's own first bytes what it is, and gives all of them again; or why it is not kept. The bytes throw a final SendError
   * `too-large` past the limit.
   */
  screen(
    bytes: AsyncIterable<Uint8Array>,
  ): Promise<{ readonly refused: string } | { readonly mimeType: string; readonly bytes: AsyncIterable<Uint8Array> }>;
}

export interface MediaDependencies {
  readonly repositories: Repositories;
  readonly door: Door;
  readonly accounts: Pick<OpenAccounts, 'of' | 'absenceOf'>;
  readonly screening: ScreenMedia;
  readonly clock: Clock;
  readonly log: Log;
}

/** Fetches the files people sent into the blob store, retried by the sweep until they are there or lost. */
export function createMediaFetcher(dependencies: MediaDependencies) {
  const { repositories, door, accounts, screening, clock, log } = dependencies;
  const { messages } = repositories;
  const running = new Map<string, Promise<void>>();
  const closing = new AbortController();

  async function fetchOne(line: TranscriptLine): Promise<void> {
    const { attachment } = line;
    if (attachment?.state.is !== 'pending') return;
    const conversation = await repositories.conversations.get(line.conversationId);
    if (!conversation || 'erased' in conversation) return;
    const adapter = accounts.of(conversation.address);
    if (!(await messages.claimAttachment(line.id, clock.now(), clock.now() + claimMs))) return;
    try {
      if (!adapter) {
        const { isForGood, reason } = toAbsence(await accounts.absenceOf(conversation.address));
        throw new SendError({ is: isForGood ? 'final' : 'retryable', reason });
      }
      // Nothing is downloaded that says itself that it is too large; what says less than it is ends where the limit is.
      if ((attachment.sizeBytes ?? 0) > screening.maxBytes) throw new SendError({ is: 'final', reason: tooLarge });
      closing.signal.throwIfAborted();
      const signal = AbortSignal.any([AbortSignal.timeout(fetchLimitMs), closing.signal]);
      const stopped = rejectionOf(signal);
      const bytes = await Promise.race([adapter.openMedia({ fileId: attachment.state.fileId }, signal), stopped]);
      const screened = await screening.screen(stoppable(bytes, stopped));
      if ('refused' in screened) {
        await giveUp(line, attachment, adapter, conversation.address, { is: 'refused', reason: screened.refused });
        return;
      }
      const { mimeType } = screened;
      const { sizeBytes } = await repositories.files.put(line.conversationId, attachment.id, screened.bytes);
      const blobId: BlobId = toId(attachment.id); // A blob is named by its attachment.
      await messages.setAttachment(line.id, { ...attachment, mimeType, sizeBytes, state: { is: 'stored', blobId } });
    } catch (error) {
      const isFinal = error instanceof SendError && error.failure.is === 'final';
      const now = clock.now();
      const waitedMs = now - line.at;
      // Officers pause an account for as long as they want; a platform may give the file after that.
      const isAccountAway = adapter === null && !isFinal;
      if (!isFinal && (waitedMs < giveUpAfterMs || isAccountAway || closing.signal.aborted)) {
        const pauseMs = closing.signal.aborted ? 0 : pauseBeforeNextFetch(waitedMs);
        log.info({ messageId: line.id, pauseMs, error }, 'a file is fetched again later');
        await messages.setAttachment(line.id, attachment, now + pauseMs);
        return;
      }
      const isTooLarge = error instanceof SendError && error.failure.reason === tooLarge;
      const state = isTooLarge ? ({ is: 'refused', reason: tooLarge } as const) : ({ is: 'lost' } as const);
      await giveUp(line, attachment, adapter, conversation.address, state);
    }
  }

  /** The person is asked for the file again, or told what is kept; a sticker that cannot be kept (Telegram's animated ones) is missed by nobody. */
  async function giveUp(
    line: TranscriptLine,
    attachment: Attachment,
    adapter: ChannelAdapter | null,
    address: Address,
    state: Attachment['state'] & { readonly is: 'lost' | 'refused' },
  ): Promise<void> {
    log.warn({ messageId: line.id, ...state }, 'a file is not kept');
    const refusal = state.is === 'refused' ? toRefusal(state.reason, screening.limits, adapter) : null;
    const event = { type: 'media-lost', attachmentId: attachment.id, ...(refusal && { refusal }) } as const;
    if (attachment.kind !== 'sticker') await door.post(address, event, ['media-lost', line.id]);
    await messages.setAttachment(line.id, { ...attachment, state });
  }

  return {
    /** Begins what is due and not running yet. */
    async fetchDue(): Promise<void> {
      if (running.size >= atOnce) return;
      for (const line of await messages.pendingAttachments(clock.now(), atOnce * 2)) {
        if (running.size >= atOnce || running.has(line.id)) continue;
        const work = fetchOne(line)
          .catch((error: unknown) => log.warn({ messageId: line.id, error }, 'a file could not be fetched'))
          .finally(() => running.delete(line.id));
        running.set(line.id, work);
      }
    },
    /** Breaks off what is under way; it is due at once for whoever looks next. */
    async close(): Promise<void> {
      closing.abort();
      await Promise.all(running.values());
    },
  };
}

/** Null for a file that may be sent once more as it is: an empty one lost its bytes on the way. */
function toRefusal(reason: string, limits: FileLimits, adapter: ChannelAdapter | null): FileRefusal | null {
  if (reason === 'empty') return null;
  const fetched = adapter?.capabilities.fetches?.maxBytes ?? Infinity;
  const maxMegabytes = Math.min(limits.maxMegabytes, Math.floor(fetched / megabyte));
  return { reason: reason === tooLarge ? 'too-large' : 'type', limits: { ...limits, maxMegabytes } };
}

export type MediaFetcher = ReturnType<typeof createMediaFetcher>;

/** Rejects when the signal says to stop, also for what answers nothing any more. */
function rejectionOf(signal: AbortSignal): Promise<never> {
  const rejection = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('a fetch was broken off')), { once: true });
  });
  rejection.catch(() => {}); // It may come when nobody waits.
  return rejection;
}

async function* stoppable(bytes: AsyncIterable<Uint8Array>, stopped: Promise<never>): AsyncGenerator<Uint8Array> {
  const reader = bytes[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next: IteratorResult<Uint8Array, unknown> = await Promise.race([reader.next(), stopped]);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // Not waited for: a stream that hangs would hang here too.
    void reader.return?.().catch(() => {});
  }
}
