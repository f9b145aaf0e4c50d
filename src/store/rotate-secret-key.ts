import { AppError, VersionConflict } from '../domain/errors.ts';
import type { Store } from '../ports/store.ts';
import { readInstallation, unwrapIdKey, wrapIdKey } from './installation.ts';
import { unwrapSecret, wrapKey, type KeyRow } from './key-ring.ts';
import { toRow } from './sealing.ts';
import { deriveMasterKey, type MasterKey } from './secret-key.ts';

const pageSize = 200;

/**
 * Wraps every data key with a new SECRET_KEY. What they sealed is not touched, and ids stay. The server must not run meanwhile;
 * if this is interrupted the server refuses to start until it is run again with the same two keys. Returns how many keys were
 * wrapped anew. @throws AppError `store-key-mismatch` when `oldKey` does not open the store.
 */
export async function rotateSecretKey(store: Store, oldKey: Buffer, newKey: Buffer): Promise<number> {
  const [from, to] = [deriveMasterKey(oldKey), deriveMasterKey(newKey)];
  const settings = store.collection('settings');
  const row = await readInstallation(store);
  if (!row) throw new AppError('not-found', 'the store was never started, so there is no SECRET_KEY to rotate');
  if (row.generation === to.generation && row.rotatingTo === undefined) return 0;
  if (row.rotatingTo !== undefined && row.rotatingTo !== to.generation)
    throw new AppError(
      'store-key-mismatch',
      `another rotation is under way, to generation ${row.rotatingTo}: finish it first, the new key given is ${to.generation}`,
    );
  const idKey = unwrapIdKey(row, from);
  const begun = { ...row, version: row.version + 1, rotatingTo: to.generation };
  await settings.replace(begun, row.version);
  const count = await wrapAll(store, from, to);
  await settings.replace({ id: row.id, version: begun.version + 1, ...wrapIdKey(idKey, to) }, begun.version);
  return count;
}

async function wrapAll(store: Store, from: MasterKey, to: MasterKey): Promise<number> {
  const keys = store.collection('keys');
  const old = { index: 'generation', equals: [from.generation], order: 'ascending', limit: pageSize } as const;
  let count = 0;
  for (;;) {
    // What is done leaves the index's range, so the first page is always the rest.
    const page = (await keys.find(old)).map(toRow<KeyRow>);
    if (page.length === 0) return count;
    for (const row of page) {
      const secret = unwrapSecret(row, from);
      if (!secret || !row.serial) continue;
      const wrapped = { id: row.id, serial: row.serial, ...wrapKey(row.id, row.serial, secret, to) };
      try {
        await keys.replace({ ...wrapped, version: row.version + 1 }, row.version);
        count += 1;
      } catch (error) {
        if (!(error instanceof VersionConflict)) throw error;
      }
    }
  }
}
