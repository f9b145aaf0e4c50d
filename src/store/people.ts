import type { EventOutcome } from '../domain/event.ts';
import type { ConversationId, PersonId } from '../domain/ids.ts';
import { Duplicate, VersionConflict } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { PersonRepository } from '../ports/person-repositories.ts';
import type { BatchWrite, Store, StoredDocument } from '../ports/store.ts';
import type { ReferenceRow } from './cases.ts';
import type { ConversationRow, ConversationStub } from './conversations.ts';
import { consumeWrite } from './events.ts';
import type { KeyRing } from './key-ring.ts';
import { pagesOf } from './pages.ts';
import { markOf } from './seal.ts';
import { toRow, type SealedRow } from './sealing.ts';

/**
 * An erasure that has begun: from here on nobody may join the person. Then it names the keys to be destroyed, so that doing it again
 * after a crash never hits the key of somebody who has written anew (or was unlinked) since.
 */
interface ErasureRow extends StoredDocument {
  readonly id: PersonId;
  readonly erasingSince: number;
  /** Conversation (which is also the key's id) and mark of its key. */
  readonly keys?: readonly Doomed[];
}

type Doomed = readonly [ConversationId, string];

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

  /**
   * Makes the erasure durable before anything is destroyed; null when there is nothing to erase (any more). The conversations are read AFTER
   * it was written down that it begins: whoever joins later finds that written, see `isErasing`.
   */
  async function begin(personId: PersonId): Promise<readonly Doomed[] | null> {
    for (;;) {
      const begun = await people.get(personId);
      if (begun) {
        const row = toRow<ErasureRow>(begun);
        return row.keys ?? (await noteKeys(row)) ?? begin(personId);
      }
      if ((await conversationsOf(personId)).length === 0) return null;
      const row: ErasureRow = { id: personId, version: 1, erasingSince: clock.now() };
      try {
        await people.insert(row);
      } catch (error) {
        if (!(error instanceof Duplicate)) throw error;
      }
    }
  }

  /** Null when somebody else did first. */
  async function noteKeys(begun: ErasureRow): Promise<readonly Doomed[] | null> {
    const ids = await conversationsOf(begun.id);
    const marks = await keys.marks(ids);
    const doomed = ids.map((id): Doomed => [id, marks.get(id) ?? '']);
    const row: ErasureRow = { ...begun, version: begun.version + 1, keys: doomed };
    try {
      await people.replace(row, begun.version);
      return doomed;
    } catch (error) {
      if (error instanceof VersionConflict) return null;
      throw error;
    }
  }

  /**
   * A conversation is emptied before its key goes, by its version: a commit under way is refused and cannot be sealed anew. It is known by
   * the mark of its key, since it may pass to another person in this moment.
   */
  async function empty([id, mark]: Doomed, personId: PersonId): Promise<void> {
    for (;;) {
      const document = await conversations.get(id);
      if (!document || 'erased' in document) return;
      const row = toRow<ConversationRow>(document);
      if (markOf(row.sealed) !== mark && (mark !== '' || row.personId !== personId)) return;
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
    await eachRow(
      'link-codes',
      'conversation',
      conversationId,
      () => true,
      (row) => [removal('link-codes', row.id)],
    );
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
    const doomed = await begin(personId);
    if (!doomed) return;
    for (const one of doomed) await empty(one, personId);
    for (const [id, mark] of doomed) await keys.destroy(id, mark);
    for (const [id, mark] of doomed) await clean(id, mark);
    await people.remove(personId);
  }

  return {
    conversations: conversationsOf,
    erase,
    isErasing: async (personId) => (await people.get(personId)) !== null,
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
