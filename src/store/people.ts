import type { EventOutcome } from '../domain/event.ts';
import type { ConversationId, PersonId } from '../domain/ids.ts';
import { Duplicate, VersionConflict } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { PersonRepository } from '../ports/repositories.ts';
import type { BatchWrite, Store, StoredDocument } from '../ports/store.ts';
import type { ReferenceRow } from './cases.ts';
import type { ConversationRow, ConversationStub } from './conversations.ts';
import { consumeWrite } from './events.ts';
import type { KeyRing } from './key-ring.ts';
import { pagesOf } from './pages.ts';
import { markOf } from './seal.ts';
import { toRow, type SealedRow } from './sealing.ts';

/**
 * An erasure that has begun. It names the keys to be destroyed, so that doing it again after a crash never hits the key of
 * somebody who has written anew since.
 */
interface ErasureRow extends StoredDocument {
  readonly id: PersonId;
  readonly erasingSince: number;
  /** Conversation (which is also the key's id) and mark of its key. */
  readonly keys: readonly (readonly [ConversationId, string])[];
}

/** Collections whose rows of the person go, with the index that finds them by conversation. */
const removedRows = [
  { collection: 'messages', index: 'transcript' },
  { collection: 'learning', index: 'conversation' },
  { collection: 'timers', index: 'conversation' },
] as const;

export function openPeople({ store, keys, clock }: { store: Store; keys: KeyRing; clock: Clock }): PersonRepository {
  const people = store.collection('people');
  const conversations = store.collection('conversations');

  async function conversationsOf(personId: PersonId): Promise<ConversationId[]> {
    const ids: ConversationId[] = [];
    const query = { index: 'person', equals: [personId], order: 'ascending' } as const;
    for await (const page of pagesOf<ConversationRow>(conversations, query)) ids.push(...page.map((row) => row.id));
    return ids;
  }

  /** Makes the erasure durable before anything is destroyed; null when there is nothing to erase. */
  async function begin(personId: PersonId): Promise<ErasureRow | null> {
    const begun = await people.get(personId);
    if (begun) return toRow<ErasureRow>(begun);
    const ids = await conversationsOf(personId);
    if (ids.length === 0) return null;
    const marks = await keys.marks(ids);
    const doomed = ids.map((id) => [id, marks.get(id) ?? ''] as const);
    const row: ErasureRow = { id: personId, version: 1, erasingSince: clock.now(), keys: doomed };
    try {
      await people.insert(row);
    } catch (error) {
      if (error instanceof Duplicate) return begin(personId);
      throw error;
    }
    return row;
  }

  /** A conversation is emptied before its key goes, by its version: a commit under way is refused and cannot be sealed anew. */
  async function empty(id: ConversationId, personId: PersonId): Promise<void> {
    for (;;) {
      const document = await conversations.get(id);
      if (!document || toRow<ConversationRow>(document).personId !== personId) return;
      const stub: ConversationStub = { id, version: document.version + 1, erased: true };
      try {
        return await conversations.replace(stub, document.version);
      } catch (error) {
        if (!(error instanceof VersionConflict)) throw error;
      }
    }
  }

  /** Removes what the destroyed key had sealed, or what tells of the person without being sealed. */
  async function clean(conversationId: ConversationId, mark: string): Promise<void> {
    const isDoomed = (row: SealedRow): boolean => markOf(row.sealed) === mark;
    for (const { collection, index } of removedRows) {
      await eachRow(collection, index, conversationId, isDoomed, (row) => [removal(collection, row.id)]);
    }
    const outcome: EventOutcome = { is: 'refused', code: 'erased' };
    await eachRow('events', 'mailbox', conversationId, isDoomed, (row) => [consumeWrite(row, outcome, clock.now())]);
    await eachRow('cases', 'conversation', conversationId, isDoomed, (row) => {
      // The number stays taken, so that nobody else is ever found by it.
      const document: ReferenceRow = { id: String(row['referenceToken']), version: 2 };
      return [{ type: 'replace', collection: 'references', document, expectedVersion: 1 }, removal('cases', row.id)];
    });
    const files = { index: 'conversation', equals: [conversationId], order: 'ascending' } as const;
    for await (const page of pagesOf<StoredDocument>(store.collection('files'), files)) {
      for (const file of page.filter((row) => row['mark'] === mark)) {
        await store.blobs.remove(file.id);
        await store.collection('files').remove(file.id);
      }
    }
  }

  async function eachRow(
    collection: string,
    index: string,
    conversationId: ConversationId,
    isWanted: (row: SealedRow) => boolean,
    toWrites: (row: SealedRow) => BatchWrite[],
  ): Promise<void> {
    const query = { index, equals: [conversationId], order: 'ascending' } as const;
    for await (const page of pagesOf<SealedRow>(store.collection(collection), query)) {
      const writes = page.filter(isWanted).flatMap(toWrites);
      if (writes.length > 0) await store.batch(writes);
    }
  }

  async function erase(personId: PersonId): Promise<void> {
    const erasure = await begin(personId);
    if (!erasure) return;
    for (const [id] of erasure.keys) await empty(id, personId);
    for (const [id, mark] of erasure.keys) await keys.destroy(id, mark);
    for (const [id, mark] of erasure.keys) await clean(id, mark);
    await people.remove(personId);
  }

  return {
    conversations: conversationsOf,
    erase,
    async resumeErasures(limit) {
      const begun = await people.find({ index: 'erasing', order: 'ascending', limit });
      for (const row of begun) await erase(toRow<ErasureRow>(row).id);
      return begun.length;
    },
  };
}

function removal(collection: string, id: string): BatchWrite {
  return { type: 'remove', collection, id };
}
