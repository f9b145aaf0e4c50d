import { isClosed, type Case } from '../domain/case.ts';
import type { OutboundMessage, TranscriptLine } from '../domain/conversation.ts';
import { StoreUnavailable } from '../domain/errors.ts';
import { toId, type ConversationId } from '../domain/ids.ts';
import type { Attachment } from '../domain/message.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { AgedFile } from '../ports/message-repositories.ts';
import type { Repositories } from '../ports/repositories.ts';

/** What one round takes up at most; the next one takes up the rest. */
const atOnce = 100;

export interface FileRetentionDependencies {
  readonly repositories: Pick<Repositories, 'files' | 'cases' | 'messages'>;
  /** How long files are kept; null keeps them for ever. */
  readonly keepMs: number | null;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Removes files whose time is over. A file of an open case is kept; once the case is closed, its time counts from the case's last change.
 * The transcript says that a file is gone before it goes, and its row goes last: whatever dies in between, nobody is offered what is not
 * there, and the next round finishes.
 */
export function createFileRetention({ repositories, keepMs, clock, log }: FileRetentionDependencies) {
  const { files, cases, messages } = repositories;
  let after: AgedFile | null = null;

  async function remove({ id }: AgedFile): Promise<void> {
    const line = await messages.get(id);
    const attachment = line && withoutFile(line);
    if (attachment) await messages.setAttachment(id, attachment);
    await files.remove(id);
  }

  /** From when a file's time counts. A case that is open now is changed once more when it is closed. */
  function ageFrom(file: AgedFile, opened: readonly Case[], now: number): number {
    const holding = opened.filter(({ attachments }) => attachments.some((id) => id === toId(file.id)));
    if (holding.some((each) => !isClosed(each))) return now;
    return Math.max(file.ageFrom, ...holding.map(({ updatedAt }) => updatedAt));
  }

  return {
    /** Looks at files that may be due: always as many at most, however many are kept. One that fails keeps no other waiting. */
    async removeDue(): Promise<void> {
      if (keepMs === null) return;
      const now = clock.now();
      const due = await files.aged(now - keepMs, { limit: atOnce, ...(after && { after }) });
      after = due.length < atOnce ? null : (due.at(-1) ?? null);
      const casesOf = new Map<ConversationId, Promise<Case[]>>();
      let removed = 0;
      for (const file of due) {
        const opened = casesOf.get(file.conversationId) ?? cases.ofConversation(file.conversationId);
        casesOf.set(file.conversationId, opened);
        try {
          const from = ageFrom(file, await opened, now);
          if (from > now - keepMs) await files.keepFrom(file, from);
          else {
            await remove(file);
            removed += 1;
          }
        } catch (error) {
          if (error instanceof StoreUnavailable) throw error;
          log.warn({ fileId: file.id, error }, 'a file whose time is over could not be removed');
        }
      }
      if (removed > 0) log.info({ removed }, 'files were removed because their time is over');
    },
  };
}

export type FileRetention = ReturnType<typeof createFileRetention>;

/** What the line says of its file once that is gone; null when it never had it. */
function withoutFile({ id, content, attachment }: TranscriptLine | OutboundMessage): Attachment | null {
  if (attachment) return attachment.state.is === 'stored' ? { ...attachment, state: { is: 'removed' } } : null;
  if (content.type !== 'media' || !('blobId' in content)) return null;
  return { id: toId(id), kind: content.kind, state: { is: 'removed' } };
}
