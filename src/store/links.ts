import { Duplicate, VersionConflict } from '../domain/errors.ts';
import type { EffectId } from '../domain/ids.ts';
import { linkCodeLength } from '../domain/link.ts';
import type { LinkCode, LinkRepository } from '../ports/person-repositories.ts';
import type { BatchWrite, Store, StoredDocument } from '../ports/store.ts';
import type { Derivation } from './ids.ts';
import { toRow } from './sealing.ts';

/** The code's id is its keyed hash (HMAC-SHA256): it is found by that, so that no digits are ever compared. */
interface CodeRow extends StoredDocument, LinkCode {
  readonly id: string;
  readonly version: number;
  readonly effectId: EffectId;
}

interface CountRow extends StoredDocument {
  readonly uses: readonly (readonly [EffectId, number])[];
  readonly newestAt: number;
}

/** Tries before it is said that codes run out; with a million live ones, a hundred fail about once in 10^200. */
const maxAttempts = 100;

export function openLinks({ store, ids }: { store: Store; ids: Derivation }): LinkRepository {
  const codes = store.collection('link-codes');
  const counts = store.collection('link-counts');
  const toCodeId = (digits: string): string => ids.token('link code', [digits]);

  async function getCode(id: string): Promise<LinkCode | null> {
    const row = await codes.get(id);
    return row && toLinkCode(toRow<CodeRow>(row));
  }

  /** Whether the digits are this effect's now. */
  async function take(row: CodeRow): Promise<boolean> {
    try {
      await codes.insert(row);
      return true;
    } catch (error) {
      if (!(error instanceof Duplicate)) throw error;
      const taken = await codes.get(row.id);
      return taken !== null && toRow<CodeRow>(taken).effectId === row.effectId;
    }
  }

  return {
    /**
     * The digits are a keyed hash of the effect: as little foreseen as a random number by whoever has not the store's key, and the same for
     * a second worker, or after a crash, although nobody has kept them.
     */
    async makeCode({ effectId, conversationId, onlyFor, expiresAt }) {
      for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
        const number = ids.number(['link code', effectId, attempt]) % 10 ** linkCodeLength;
        const digits = String(number).padStart(linkCodeLength, '0');
        const row = {
          ...{ id: toCodeId(digits), version: 1, effectId, conversationId, expiresAt },
          ...(onlyFor ? { onlyFor } : {}),
        };
        if (await take(row)) return digits;
      }
      throw new Error(`no free link code in ${maxAttempts} attempts for effect ${effectId}`);
    },

    findCode: (digits) => getCode(toCodeId(digits)),
    getCode,

    async useCode(code, used) {
      const row = await codes.get(code.id);
      if (!row) throw new VersionConflict(`link code ${code.id} is gone, expected version ${code.version}`);
      await codes.replace({ ...row, version: code.version + 1, used }, code.version);
    },

    async count({ name, most, withinMs }, effectId, now) {
      for (;;) {
        const row = await counts.get(name);
        const all = row ? toRow<CountRow>(row).uses : [];
        if (all.some(([id]) => id === effectId)) return true;
        const uses = all.filter(([, at]) => at > now - withinMs);
        if (uses.length >= most) return false;
        const counted = { id: name, uses: [...uses, [effectId, now] as const], newestAt: now };
        if (await written(row, counted)) return true;
      }
    },

    async uncount({ name }, effectId) {
      for (;;) {
        const row = await counts.get(name);
        if (!row) return;
        const { uses, newestAt } = toRow<CountRow>(row);
        const left = uses.filter(([id]) => id !== effectId);
        if (left.length === uses.length || (await written(row, { id: name, uses: left, newestAt }))) return;
      }
    },

    async removeBefore(time, limit) {
      for (const [collection, index] of [
        ['link-codes', 'expires'],
        ['link-counts', 'newest'],
      ] as const) {
        const rows = await store.collection(collection).find({ index, to: time, order: 'ascending', limit });
        await store.batch(rows.map(({ id }): BatchWrite => ({ type: 'remove', collection, id })));
      }
    },
  };

  /** False when somebody else wrote first. */
  async function written(before: StoredDocument | null, row: Omit<CountRow, 'version'>): Promise<boolean> {
    try {
      if (before) await counts.replace({ ...row, id: before.id, version: before.version + 1 }, before.version);
      else await counts.insert({ ...row, id: String(row['id']), version: 1 });
      return true;
    } catch (error) {
      if (error instanceof Duplicate || error instanceof VersionConflict) return false;
      throw error;
    }
  }
}

function toLinkCode({ id, version, conversationId, onlyFor, expiresAt, used }: CodeRow): LinkCode {
  return { id, version, conversationId, expiresAt, ...(onlyFor ? { onlyFor } : {}), ...(used ? { used } : {}) };
}
