import type { Json } from '../domain/effect.ts';
import type { Organisation } from '../domain/organisation.ts';
import type { AccountName, AccountSettings } from './accounts.ts';

/** A right to run something only one process may run (a polling loop, a phone session). */
export interface LeaseRepository {
  /** True when `holder` now holds it until `until`; held by another until it runs out. */
  take(name: string, holder: string, now: number, until: number): Promise<boolean>;
  release(name: string, holder: string): Promise<void>;
}

export interface SettingsRepository {
  organisation(): Promise<Organisation | null>;
  saveOrganisation(organisation: Organisation): Promise<void>;
  /** Small durable values of the installation (a polling offset, the seeded content's hash). */
  get(name: string): Promise<Json | null>;
  set(name: string, value: Json): Promise<void>;
}

/** An account that officers added. */
export interface StoredAccount extends AccountName {
  readonly version: number;
  /** What officers call it. */
  readonly title: string;
  readonly isPaused: boolean;
  readonly settings: AccountSettings;
}

/** A removed account leaves its name, which is never given again: conversations of two numbers must not become one. */
export interface RemovedAccount extends AccountName {
  readonly version: number;
  /** Nothing of it is left to be cleaned up. */
  readonly isSettled: boolean;
}

/** Accounts that officers added. Title and settings are sealed with a key of the account's own, which goes with it. */
export interface AccountRepository {
  /** All there are; at most some hundreds. */
  list(): Promise<{ readonly accounts: readonly StoredAccount[]; readonly removed: readonly RemovedAccount[] }>;
  get(name: AccountName): Promise<StoredAccount | RemovedAccount | null>;
  /**
   * `account.version` is one more than what was read (1: the name was never used). `identity` is found again only by its keyed hash.
   * @throws Duplicate when the name was used or another account has the identity, VersionConflict
   */
  save(account: StoredAccount, identity: string | null): Promise<void>;
  /** Destroys its key and leaves its name. Idempotent. */
  remove(name: AccountName): Promise<void>;
  /** Remembers that nothing is left to be cleaned up. */
  settle(removed: RemovedAccount): Promise<void>;
}
