import { AppError, Duplicate } from '../domain/errors.ts';
import type { OfficerId } from '../domain/ids.ts';
import type { AccountDraft, AccountKind, AccountName, AccountSettings } from '../ports/accounts.ts';
import type { ChannelStatus } from '../ports/channel.ts';
import type { Clock } from '../ports/clock.ts';
import type { Broadcast } from '../ports/queue.ts';
import type { StoredAccount } from '../ports/installation-repositories.ts';
import type { Repositories } from '../ports/repositories.ts';
import type { ChannelStatuses } from './channel-statuses.ts';
import type { AccountSet, KnownAccount } from './open-accounts.ts';

/** How long a platform may think about the settings it is asked about. */
const checkLimitMs = 8_000;
/** Removed ones keep their names and count, too. */
const mostAccounts = 200;
/** Names that accounts of the environment have. */
const reservedNames = new Set(['main', 'site']);
/** News for whoever holds a session: somebody wants to link a phone. */
export const pairingTopic = 'channel-pairing';

/** An account as officers see it. */
export interface ListedAccount extends AccountName {
  readonly title: string;
  readonly origin: KnownAccount['origin'];
  readonly isPaused: boolean;
  /** Secrets only by their last characters. */
  readonly settings: AccountSettings;
  /** Where a phone is linked. */
  readonly status?: ChannelStatus | { readonly is: 'unpaired' };
  readonly isUnofficial?: true;
}

/** What officers may set of an account. */
export interface AccountChange {
  readonly title?: string;
  readonly isPaused?: boolean;
  /** What is not given stays. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** What becomes of an account, and whether the platform could be asked about its settings. */
export interface AccountAnswer {
  readonly channel: ListedAccount;
  readonly check: 'good' | 'unreachable' | 'not-asked';
}

/** Officers' side of the channels: lists, adds, changes and removes accounts. Every act is audited. */
export function createChannelDesk(dependencies: {
  accounts: AccountSet;
  kinds: readonly AccountKind[];
  repositories: Pick<Repositories, 'accounts' | 'audit'>;
  statuses: Pick<ChannelStatuses, 'read'>;
  broadcast: Broadcast;
  /** After a change was stored: it is live here when this resolves, and in other processes a moment later. */
  changed: () => Promise<void>;
  clock: Clock;
}) {
  const { accounts, kinds, repositories, statuses, broadcast, changed, clock } = dependencies;

  async function toListed(one: KnownAccount): Promise<ListedAccount> {
    const { channel, account, title, origin, isPaused, shown, adapter } = one;
    const listed = { channel, account, title, origin, isPaused, settings: shown };
    if (!adapter.phone) return listed;
    return { ...listed, status: (await statuses.read(one)) ?? { is: 'unpaired' }, isUnofficial: true };
  }

  function kindOf(channel: string): AccountKind {
    const kind = kinds.find((one) => one.channel === channel);
    if (!kind) throw new AppError('not-found', `There is no channel to which accounts can be added by this name.`);
    return kind;
  }

  async function stored(name: AccountName): Promise<StoredAccount> {
    if (accounts.find(name)?.origin === 'environment')
      throw new AppError('account-read-only', 'This account is set in the environment of the server.');
    const one = await repositories.accounts.get(name);
    if (!one || 'isSettled' in one) throw new AppError('not-found', 'There is no such account.');
    return one;
  }

  function refuseTwice(channel: string, { identity }: AccountDraft): void {
    if (identity === null) return;
    const other = accounts.known().find((one) => one.channel === channel && one.identity === identity);
    if (other) throw new Duplicate(`It is here already, as account ${other.account}.`);
  }

  async function record(officerId: OfficerId, action: string, { channel, account }: AccountName): Promise<void> {
    const at = clock.now();
    await repositories.audit.record({ at, officerId, action, subjectIds: [`${channel}/${account}`] });
  }

  async function toAnswer(one: StoredAccount, check: AccountAnswer['check']): Promise<AccountAnswer> {
    await changed();
    const known = accounts.find(one);
    if (!known) throw new AppError('not-found', 'The account was removed meanwhile.');
    return { channel: await toListed(known), check };
  }

  return {
    list: (): Promise<ListedAccount[]> => Promise.all(accounts.known().map(toListed)),

    /** @throws AppError 'payload-invalid', 'duplicate' (the name, or the number or bot), and what {@link AccountDraft.check} throws */
    async add(
      officerId: OfficerId,
      { channel, account, title = '', settings = {} }: AccountName & Omit<AccountChange, 'isPaused'>,
    ): Promise<AccountAnswer> {
      const draft = kindOf(channel).read(settings);
      if (reservedNames.has(account))
        throw new Duplicate(`"${account}" is the name of the account of the environment.`);
      refuseTwice(channel, draft);
      const all = await repositories.accounts.list();
      if (all.accounts.length + all.removed.length >= mostAccounts)
        throw new AppError('too-large', `There are ${mostAccounts} accounts, removed ones among them: no more fit.`);
      const check = await draft.check(AbortSignal.timeout(checkLimitMs));
      const one = { channel, account, title, isPaused: false, settings: draft.settings, version: 1 };
      await repositories.accounts.save(one, draft.identity);
      await record(officerId, 'account-added', one);
      return toAnswer(one, check);
    },

    /** @throws as `add`; 'payload-invalid' also for another number or bot than before */
    async change(officerId: OfficerId, name: AccountName, change: AccountChange): Promise<AccountAnswer> {
      const before = await stored(name);
      const kind = kindOf(name.channel);
      const old = kind.read(before.settings);
      const draft = change.settings ? kind.read(change.settings, before.settings) : old;
      if (draft.identity !== old.identity)
        throw new AppError('payload-invalid', 'It is another number or bot: add it as an account of its own.');
      const check = change.settings ? await draft.check(AbortSignal.timeout(checkLimitMs)) : 'not-asked';
      const { title = before.title, isPaused = before.isPaused } = change;
      const one = { ...before, title, isPaused, settings: draft.settings, version: before.version + 1 };
      await repositories.accounts.save(one, draft.identity);
      await record(officerId, 'account-changed', one);
      return toAnswer(one, check);
    },

    /** Its conversations stay readable; what was not sent fails. */
    async remove(officerId: OfficerId, name: AccountName): Promise<void> {
      const one = await stored(name);
      await repositories.accounts.remove(one);
      await record(officerId, 'account-removed', one);
      await changed();
    },

    /** Asks whoever holds the session to show a code now; a `phone` (digits alone) asks for one that can be typed. */
    async pair(officerId: OfficerId, name: AccountName, phone: string | null): Promise<void> {
      const one = accounts.find(name);
      if (!one?.adapter.phone) throw new AppError('not-found', 'This channel has no phone to link.');
      const { channel, account } = one;
      await record(officerId, 'account-pairing', one);
      await broadcast.publish(pairingTopic, { channel, account, phone: phone ?? '' });
    },
  };
}

export type ChannelDesk = ReturnType<typeof createChannelDesk>;
