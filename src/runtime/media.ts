import { SendError } from '../domain/errors.ts';
import type { TranscriptLine } from '../domain/conversation.ts';
import type { Address } from '../domain/message.ts';
import type { ChannelAdapter } from '../ports/channel.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Repositories } from '../ports/repositories.ts';
import type { Door } from './intake.ts';

/** A platform's file id lives about an hour; after this long the person is asked again. */
const giveUpAfterMs = 3_600_000;
const fetchLimitMs = 120_000;
const atOnce = 4;

export interface MediaDependencies {
  readonly repositories: Repositories;
  readonly door: Door;
  readonly adapterOf: (address: Address) => ChannelAdapter | null;
  readonly clock: Clock;
  readonly log: Log;
}

/** Fetches the files people sent into the blob store, retried by the sweep until they are there or lost. */
export function createMediaFetcher(dependencies: MediaDependencies) {
  const { repositories, door, clock, log } = dependencies;
  const running = new Map<string, Promise<void>>();

  async function fetchOne(line: TranscriptLine): Promise<void> {
    const { attachment } = line;
    if (attachment?.state.is !== 'pending') return;
    const conversation = await repositories.conversations.get(line.conversationId);
    if (!conversation || 'erased' in conversation) return;
    const adapter = dependencies.adapterOf(conversation.address);
    try {
      if (!adapter) throw new SendError({ is: 'final', reason: 'no-such-channel' });
      const signal = AbortSignal.timeout(fetchLimitMs);
      const bytes = await adapter.openMedia({ fileId: attachment.state.fileId }, signal);
      const { sizeBytes } = await repositories.files.put(line.conversationId, attachment.id, bytes);
      await repositories.messages.setAttachment(line.id, {
        ...attachment,
        sizeBytes,
        state: { is: 'stored', blobId: attachment.id as string as never }, // A blob is named by its attachment.
      });
    } catch (error) {
      const isFinal = error instanceof SendError && error.failure.is === 'final';
      if (!isFinal && clock.now() - line.at < giveUpAfterMs) {
        log.info({ messageId: line.id, error }, 'a file is fetched again later');
        return;
      }
      log.warn({ messageId: line.id }, 'a file is lost; the person is asked again');
      const event = { type: 'media-lost', attachmentId: attachment.id } as const;
      await door.post(conversation.address, event, ['media-lost', line.id]);
      await repositories.messages.setAttachment(line.id, { ...attachment, state: { is: 'lost' } });
    }
  }

  return {
    /** Begins what is due and not running yet. */
    async fetchDue(): Promise<void> {
      if (running.size >= atOnce) return;
      for (const line of await repositories.messages.pendingAttachments(clock.now(), atOnce * 2)) {
        if (running.size >= atOnce || running.has(line.id)) continue;
        const work = fetchOne(line)
          .catch((error: unknown) => log.warn({ messageId: line.id, error }, 'a file could not be fetched'))
          .finally(() => running.delete(line.id));
        running.set(line.id, work);
      }
    },
    async close(): Promise<void> {
      await Promise.all(running.values());
    },
  };
}

export type MediaFetcher = ReturnType<typeof createMediaFetcher>;
