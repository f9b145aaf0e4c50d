import { AppError, Duplicate } from '../domain/errors.ts';
import type { Store, StoredDocument } from '../ports/store.ts';
import { decrypt, encrypt } from './seal.ts';
import type { MasterKey } from './secret-key.ts';
import { toRow } from './sealing.ts';

/** The row of `settings` that says which SECRET_KEY opens the store. It holds the key of all ids, wrapped. */
export interface InstallationRow extends StoredDocument {
  readonly generation: string;
  readonly wrapped: string;
  /** Set while a rotation is under way: the generation it leads to. */
  readonly rotatingTo?: string;
}

const installationId = 'installation';

/**
 * The key from which ids are derived, kept in the store since its first start. @throws AppError `store-key-mismatch` when
 * SECRET_KEY is another one than then, or the row is gone while there are keys that need it: a new key would repair nothing.
 */
export async function openInstallation(store: Store, master: MasterKey): Promise<Buffer> {
  const row = (await readInstallation(store)) ?? (await create(store, master));
  if (row.rotatingTo !== undefined)
    throw new AppError('store-key-mismatch', 'a rotation of SECRET_KEY was not finished: run it again with both keys');
  return unwrapIdKey(row, master);
}

export async function readInstallation(store: Store): Promise<InstallationRow | null> {
  const document = await store.collection('settings').get(installationId);
  return document && toRow<InstallationRow>(document);
}

/** @throws AppError `store-key-mismatch` */
export function unwrapIdKey(row: InstallationRow, master: MasterKey): Buffer {
  if (row.generation !== master.generation)
    throw new AppError(
      'store-key-mismatch',
      `SECRET_KEY does not open this store: it is of generation ${master.generation}, expected ${row.generation}`,
    );
  try {
    return decrypt(master.wrapping, context, Buffer.from(row.wrapped, 'base64'));
  } catch (cause) {
    throw new AppError('store-key-mismatch', 'SECRET_KEY does not open this store', { cause });
  }
}

/** The fields of the installation's row that depend on SECRET_KEY. */
export function wrapIdKey(idKey: Buffer, master: MasterKey) {
  const wrapped = encrypt(master.wrapping, context, idKey).toString('base64');
  return { generation: master.generation, wrapped };
}

async function create(store: Store, master: MasterKey): Promise<InstallationRow> {
  const [orphan] = await store.collection('keys').find({ index: 'generation', order: 'ascending', limit: 1 });
  if (orphan)
    throw new AppError('store-key-mismatch', 'the store has sealed data and no longer says which SECRET_KEY opens it');
  const row: InstallationRow = { id: installationId, version: 1, ...wrapIdKey(master.firstIdKey, master) };
  try {
    await store.collection('settings').insert(row);
    return row;
  } catch (error) {
    const other = error instanceof Duplicate ? await readInstallation(store) : null;
    if (!other) throw error;
    return other;
  }
}

const context = `settings/${installationId}`;
