import type { Case } from '../domain/case.ts';
import { Duplicate } from '../domain/errors.ts';
import type { EffectId } from '../domain/ids.ts';
import { referenceCount, toReference } from '../domain/reference.ts';
import type { CaseRepository } from '../ports/person-repositories.ts';
import type { BatchWrite, Store, StoredDocument } from '../ports/store.ts';
import type { Derivation } from './ids.ts';
import type { KeyRing } from './key-ring.ts';
import { pagesOf } from './pages.ts';
import type { DataKey } from './seal.ts';
import { erased, openAll, openFields, sealFields, toRow, type SealedRow } from './sealing.ts';

const name = 'cases';

type SealedCase = Pick<Case, 'reference' | 'answers' | 'attachments'>;

interface CaseRow extends SealedRow, Omit<Case, keyof SealedCase> {
  readonly id: Case['id'];
  readonly referenceToken: string;
}

/** Who has a reference. After an erasure the number stays taken and no longer tells whose it was. */
export interface ReferenceRow extends StoredDocument {
  readonly effectId?: EffectId;
}

/** Tries before it is said that references run out; at 90 % taken, a thousand fail about once in 10^45. */
const maxAttempts = 1_000;

export function openCases({ store, keys, ids }: { store: Store; keys: KeyRing; ids: Derivation }): CaseRepository {
  const cases = store.collection(name);
  const references = store.collection('references');

  async function open(row: CaseRow): Promise<Case | typeof erased> {
    const fields = await openFields<SealedCase>(keys, name, row);
    if (fields === erased) return erased;
    const { id, version, conversationId, personId, kind, urgency, status, openedAt, updatedAt } = row;
    return { id, version, ...fields, conversationId, personId, kind, urgency, status, openedAt, updatedAt };
  }

  async function openOne(document: StoredDocument | null | undefined): Promise<Case | null> {
    const opened = document ? await open(toRow<CaseRow>(document)) : null;
    return opened === erased ? null : opened;
  }

  async function take(reference: string, effectId: EffectId): Promise<boolean> {
    const id = referenceToken(ids, reference);
    const row: ReferenceRow = { id, version: 1, effectId };
    try {
      await references.insert(row);
      return true;
    } catch (error) {
      if (!(error instanceof Duplicate)) throw error;
      const taken = await references.get(id);
      return taken !== null && toRow<ReferenceRow>(taken).effectId === effectId;
    }
  }

  return {
    async reserveReference(effectId) {
      for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
        const reference = toReference(ids.number(['reference', effectId, attempt]) % referenceCount);
        if (await take(reference, effectId)) return reference;
      }
      throw new Error(`no free reference in ${maxAttempts} attempts for effect ${effectId}`);
    },

    async findByReference(reference) {
      const equals = [referenceToken(ids, reference)];
      const [row] = await cases.find({ index: 'reference', equals, order: 'ascending', limit: 1 });
      return openOne(row);
    },

    async ofPerson(personId, limit) {
      const rows = await cases.find({ index: 'person', equals: [personId], order: 'descending', limit });
      return openAll(rows.map(toRow<CaseRow>), open);
    },

    async ofConversation(conversationId) {
      const query = { index: 'conversation', equals: [conversationId], order: 'ascending' } as const;
      const found: Case[] = [];
      for await (const page of pagesOf<CaseRow>(cases, query)) found.push(...(await openAll(page, open)));
      return found;
    },

    get: async (id) => openOne(await cases.get(id)),

    async list({ status, limit, after }) {
      const rows = await cases.find({
        ...(status ? { index: 'status', equals: [status] } : { index: 'opened' }),
        order: 'descending',
        limit,
        ...(after ? { after: toPlainRow(after, ids) } : {}),
      });
      return openAll(rows.map(toRow<CaseRow>), open);
    },

    async moveWithConversation(conversationId) {
      const query = { index: 'conversation', equals: [conversationId], order: 'ascending' } as const;
      for (;;) {
        // Read before the conversation: should it pass on meanwhile, whoever moves the cases then is not undone.
        const rows: CaseRow[] = [];
        for await (const page of pagesOf<CaseRow>(cases, query)) rows.push(...page);
        const conversation = await store.collection('conversations').get(conversationId);
        const personId = conversation?.['personId'];
        const writes = rows
          .filter((row) => personId !== undefined && row.personId !== personId)
          .map((row): BatchWrite => ({
            type: 'replace',
            collection: name,
            document: { ...row, personId, version: row.version + 1 },
            expectedVersion: row.version,
          }));
        if (writes.length === 0) return;
        // Of a case that was changed in this moment the write does nothing: look again.
        await store.batch(writes);
      }
    },

    async update(change) {
      const key = await keys.forSealing(change.conversationId);
      await cases.replace(toCaseRow(key, change, ids), change.version - 1);
    },
  };
}

/** The row of a case. */
export function toCaseRow(key: DataKey, each: Case, ids: Derivation): StoredDocument {
  const { reference, answers, attachments } = each;
  const fields: SealedCase = { reference, answers, attachments };
  return { ...toPlainRow(each, ids), ...sealFields(key, name, each.id, fields) };
}

/** What a case's reference is found by. */
function referenceToken(ids: Derivation, reference: string): string {
  return ids.token('reference', [reference]);
}

function toPlainRow(each: Case, ids: Derivation): StoredDocument {
  const { id, version, conversationId, personId, kind, urgency, status, openedAt, updatedAt } = each;
  const token = referenceToken(ids, each.reference);
  return { id, version, conversationId, personId, kind, urgency, status, openedAt, updatedAt, referenceToken: token };
}
