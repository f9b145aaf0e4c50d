import { AppError, Duplicate, VersionConflict } from '../domain/errors.ts';
import type { AccountName } from '../ports/accounts.ts';
import type { AccountRepository, RemovedAccount, StoredAccount } from '../ports/installation-repositories.ts';
import type { Store, StoredDocument } from '../ports/store.ts';
import type { Derivation } from './ids.ts';
import type { KeyRing } from './key-ring.ts';
import { pagesOf } from './pages.ts';
import { markOf } from './seal.ts';
import { erased, openFields, sealFields, toRow, type SealedRow } from './sealing.ts';

const name = 'accounts';

interface AccountRow extends SealedRow, AccountName {
  readonly isPaused: boolean;
  readonly identityToken?: string;
}

/** What a removal leaves. It names the key to be destroyed until that has happened. */
interface RemovedRow extends StoredDocument, AccountName {
  readonly removed: true;
  readonly doomedMark?: string;
  readonly isSettled: boolean;
}

type SealedAccount = Pick<StoredAccount, 'title' | 'settings'>;

interface Accounts extends AccountRepository {
  /** Destroys the keys of removals that a crash interrupted. */
  resumeRemovals(): Promise<void>;
}

export function openAccounts({ store, keys, ids }: { store: Store; keys: KeyRing; ids: Derivation }): Accounts {
  const accounts = store.collection(name);

  async function open(row: AccountRow | RemovedRow): Promise<StoredAccount | RemovedAccount> {
    const { channel, account, version } = row;
    if (isRemoved(row)) return { channel, account, version, isSettled: row.isSettled };
    const fields = await openFields<SealedAccount>(keys, name, row);
    // Only a removal destroys the key, after it has left its own row here.
    if (fields === erased) throw new AppError('seal-broken', `the key of account ${row.id} is gone`);
    return { channel, account, version, isPaused: row.isPaused, ...fields };
  }

  async function read(one: AccountName): Promise<AccountRow | RemovedRow | null> {
    const document = await accounts.get(toAccountId(one));
    return document && toRow<AccountRow | RemovedRow>(document);
  }

  async function all(): Promise<(AccountRow | RemovedRow)[]> {
    const rows: (AccountRow | RemovedRow)[] = [];
    const query = { index: 'name', order: 'ascending' } as const;
    for await (const page of pagesOf<AccountRow | RemovedRow>(accounts, query)) rows.push(...page);
    return rows;
  }

  async function destroyKey(row: RemovedRow): Promise<void> {
    if (row.doomedMark === undefined) return;
    await keys.destroy(toKeyId(row), row.doomedMark);
    const { doomedMark: _doomedMark, ...rest } = row;
    await replaceQuietly({ ...rest, version: row.version + 1 });
  }

  /** Somebody else who was first did the same. */
  async function replaceQuietly(row: RemovedRow): Promise<void> {
    await accounts.replace(row, row.version - 1).catch((error: unknown) => {
      if (!(error instanceof VersionConflict)) throw error;
    });
  }

  return {
    async list() {
      const opened = await Promise.all((await all()).map(open));
      return {
        accounts: opened.filter((one): one is StoredAccount => 'settings' in one),
        removed: opened.filter((one): one is RemovedAccount => 'isSettled' in one),
      };
    },

    async get(one) {
      const row = await read(one);
      return row && open(row);
    },

    async save({ channel, account, version, isPaused, title, settings }, identity) {
      const id = toAccountId({ channel, account });
      // Before a key is made, which would outlive the refused row.
      if (version === 1 && (await accounts.get(id))) throw new Duplicate(`account ${id} is or was there`);
      const key = await keys.forSealing(toKeyId({ channel, account }));
      const row: AccountRow = {
        ...{ id, version, channel, account, isPaused },
        ...(identity === null ? {} : { identityToken: ids.token('account', [channel, identity]) }),
        ...sealFields(key, name, id, { title, settings } satisfies SealedAccount),
      };
      if (version === 1) await accounts.insert(row);
      else await accounts.replace(row, version - 1);
    },

    async remove(one) {
      for (;;) {
        const row = await read(one);
        if (!row) return;
        if (isRemoved(row)) return await destroyKey(row);
        const { id, channel, account, sealed } = row;
        const version = row.version + 1;
        const left: RemovedRow = {
          ...{ id, version, channel, account, removed: true, doomedMark: markOf(sealed), isSettled: false },
        };
        try {
          await accounts.replace(left, row.version);
        } catch (error) {
          if (!(error instanceof VersionConflict)) throw error;
        }
      }
    },

    async settle(one) {
      const row = await read(one);
      if (row && isRemoved(row) && !row.isSettled)
        await replaceQuietly({ ...row, version: row.version + 1, isSettled: true });
    },

    async resumeRemovals() {
      for (const row of await all()) if (isRemoved(row)) await destroyKey(row);
    },
  };
}

function isRemoved(row: AccountRow | RemovedRow): row is RemovedRow {
  return 'removed' in row;
}

function toAccountId({ channel, account }: AccountName): string {
  return `${channel}/${account}`;
}

function toKeyId(account: AccountName): string {
  return `account/${toAccountId(account)}`;
}
