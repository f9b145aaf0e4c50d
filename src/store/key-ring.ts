import { createSecretKey, randomBytes } from 'node:crypto';
import { AppError, Duplicate, VersionConflict } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Collection, StoredDocument } from '../ports/store.ts';
import { BoundedCache } from './bounded-cache.ts';
import { decrypt, encrypt, serialBytes, toMark, type DataKey } from './seal.ts';
import type { MasterKey } from './secret-key.ts';

/**
 * A row of `keys`. A destroyed key leaves its id and version, so that the next one under that id is made by a conditional write
 * too and no late destruction can hit it.
 */
export interface KeyRow extends StoredDocument {
  /** Names the SECRET_KEY that wrapped it; absent once destroyed. */
  readonly generation?: string;
  /** Random, made anew with the key: what an earlier key sealed is thereby known as erased. */
  readonly serial?: string;
  readonly wrapped?: string;
}

/** Whether other processes use the same store, and may destroy keys this one knows. */
export type Processes = 'one' | 'several';

export interface KeyRing {
  /** The key to seal with; made when there is none. Two processes may make it at once: the insert decides, the loser rereads. */
  forSealing(keyId: string): Promise<DataKey>;
  /** The key whose mark a sealed text carries, or null when it was destroyed: what it sealed is erased. */
  forOpening(keyId: string, mark: string): Promise<DataKey | null>;
  /** What this process knows without asking the store, for the hot path. */
  known(keyId: string): DataKey | undefined;
  /** Reads again which keys exist. Returns the ids of those that are not (or no longer) the ones given. */
  destroyedOf(keys: readonly DataKey[]): Promise<ReadonlySet<string>>;
  /** Marks of the keys that exist for these ids, as they are in the store. */
  marks(keyIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Destroys a key if it is the one of this mark. Idempotent. */
  destroy(keyId: string, mark: string): Promise<void>;
}

const keysKept = 10_000;
/** How long a key read from a shared store is trusted before it is read again, so that an erasure elsewhere takes effect here. */
const trustMs = 60_000;

export function openKeyRing(dependencies: {
  keys: Collection;
  master: MasterKey;
  clock: Clock;
  processes: Processes;
}): KeyRing {
  const { keys, master, clock, processes } = dependencies;
  const cache = new BoundedCache<{ key: DataKey; readAt: number }>(keysKept);
  const underway = new Map<string, Promise<DataKey>>();

  function known(keyId: string): DataKey | undefined {
    const entry = cache.get(keyId);
    if (!entry) return undefined;
    if (processes === 'several' && clock.now() - entry.readAt > trustMs) return undefined;
    return entry.key;
  }

  function remember(row: KeyRow): DataKey | null {
    const key = unwrapKey(row, master);
    if (key) cache.set(row.id, { key, readAt: clock.now() });
    else cache.delete(row.id);
    return key;
  }

  async function read(keyId: string): Promise<KeyRow | null> {
    return keys.get(keyId);
  }

  async function readOrMake(keyId: string): Promise<DataKey> {
    for (;;) {
      const row = await read(keyId);
      const key = row && remember(row);
      if (key) return key;
      const made = makeKey(keyId, (row?.version ?? 0) + 1, master);
      try {
        if (row) await keys.replace(made, row.version);
        else await keys.insert(made);
      } catch (error) {
        if (error instanceof Duplicate || error instanceof VersionConflict) continue;
        throw error;
      }
      const own = remember(made);
      if (own) return own;
    }
  }

  async function marks(keyIds: readonly string[]): Promise<Map<string, string>> {
    const rows = (await keys.getMany(keyIds)) as KeyRow[]; // As in `read`.
    return new Map(
      rows.flatMap(({ id, serial }) => (serial ? [[id, toMark(Buffer.from(serial, 'base64'))] as const] : [])),
    );
  }

  return {
    known,
    async forSealing(keyId) {
      const key = known(keyId);
      if (key) return key;
      const making = underway.get(keyId) ?? readOrMake(keyId).finally(() => underway.delete(keyId));
      underway.set(keyId, making);
      return making;
    },
    async forOpening(keyId, mark) {
      const key = known(keyId);
      if (key?.mark === mark) return key;
      const row = await read(keyId);
      const fresh = row && remember(row);
      if (!row) cache.delete(keyId);
      return fresh?.mark === mark ? fresh : null;
    },
    marks,
    async destroyedOf(given) {
      const marksNow = await marks(given.map((key) => key.id));
      const destroyed = given.filter((key) => marksNow.get(key.id) !== key.mark).map((key) => key.id);
      for (const id of destroyed) cache.delete(id);
      return new Set(destroyed);
    },
    async destroy(keyId, mark) {
      for (;;) {
        cache.delete(keyId);
        const row = await read(keyId);
        if (!row?.serial || toMark(Buffer.from(row.serial, 'base64')) !== mark) return;
        try {
          await keys.replace({ id: keyId, version: row.version + 1 }, row.version);
        } catch (error) {
          if (!(error instanceof VersionConflict)) throw error;
        }
      }
    },
  };
}

function makeKey(keyId: string, version: number, master: MasterKey): KeyRow {
  const serial = randomBytes(serialBytes).toString('base64');
  return { id: keyId, version, serial, ...wrapKey(keyId, serial, randomBytes(32), master) };
}

/** The fields of a key's row that depend on SECRET_KEY. */
export function wrapKey(keyId: string, serial: string, secret: Uint8Array, master: MasterKey) {
  const wrapped = encrypt(master.wrapping, wrapContext(keyId, serial), secret).toString('base64');
  return { generation: master.generation, wrapped };
}

/** The bytes of a data key. @throws AppError `store-key-mismatch` when another SECRET_KEY wrapped it, `seal-broken` when the row was changed. */
export function unwrapSecret(row: KeyRow, master: MasterKey): Buffer | null {
  if (!row.wrapped || !row.serial) return null;
  if (row.generation !== master.generation)
    throw new AppError(
      'store-key-mismatch',
      `key ${row.id} was wrapped by SECRET_KEY of generation ${row.generation}, expected ${master.generation}: finish the rotation`,
    );
  return decrypt(master.wrapping, wrapContext(row.id, row.serial), Buffer.from(row.wrapped, 'base64'));
}

function unwrapKey(row: KeyRow, master: MasterKey): DataKey | null {
  const secret = unwrapSecret(row, master);
  if (!secret || !row.serial) return null;
  return { id: row.id, mark: toMark(Buffer.from(row.serial, 'base64')), secret: createSecretKey(secret) };
}

function wrapContext(keyId: string, serial: string): string {
  return `keys/${keyId}/${serial}`;
}
