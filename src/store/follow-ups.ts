import type { FollowUp, FollowUpRepository } from '../ports/conversation-repositories.ts';
import type { BatchWrite, Store, StoredDocument } from '../ports/store.ts';
import { toCaseRow } from './cases.ts';
import { markOfConversation } from './conversations.ts';
import { consumeWrite, toEventRow } from './events.ts';
import type { Derivation } from './ids.ts';
import type { KeyRing } from './key-ring.ts';
import { toLearningRow } from './learning.ts';
import { toMessageRow, toSealedLine } from './message-rows.ts';
import type { DataKey } from './seal.ts';
import { sealFields } from './sealing.ts';
import { toTimerWrites } from './timers.ts';

export function openFollowUps(dependencies: { store: Store; keys: KeyRing; ids: Derivation }): FollowUpRepository {
  const { store, keys, ids } = dependencies;
  const timers = store.collection('timers');

  /** Everything that carries content, in the order in which it may be seen. */
  async function contentWrites(followUp: FollowUp, key: DataKey): Promise<BatchWrite[]> {
    const { conversation } = followUp;
    // By order: a reader who follows the transcript steps past what appears behind what it has seen.
    const inOrder = [...followUp.lines, ...followUp.messages].sort((left, right) =>
      left.order < right.order ? -1 : 1,
    );
    const lines = inOrder.map((line) => {
      const sealed = sealFields(key, 'messages', line.id, toSealedLine(line));
      return insertion('messages', toMessageRow(line, 1, sealed, ids));
    });
    const timerWrites = await toTimerWrites(timers, key, {
      version: conversation.version,
      conversationId: conversation.id,
      set: followUp.timers,
      cancelled: followUp.cancelledTimers,
    });
    return [
      ...lines,
      ...timerWrites,
      ...followUp.cases.map((each) => insertion('cases', toCaseRow(key, each, ids))),
      ...followUp.records.map((record) => insertion('learning', toLearningRow(key, record))),
      ...followUp.results.map((event) => insertion('events', toEventRow(key, event))),
    ];
  }

  return {
    async apply(followUp) {
      const { conversation, consumed } = followUp;
      const key = await keys.forSealing(conversation.id);
      const committedWith = markOfConversation(conversation);
      // A person erased since the commit: what it decided must not come back under their next key.
      const isErased = committedWith !== undefined && committedWith !== key.mark;
      const writes = isErased ? [] : await contentWrites(followUp, key);
      for (const { event, outcome } of consumed) writes.push(consumeWrite(event, outcome, conversation.updatedAt));
      if (writes.length > 0) await store.batch(writes);
    },
  };
}

function insertion(collection: string, document: StoredDocument): BatchWrite {
  return { type: 'insert', collection, document };
}
