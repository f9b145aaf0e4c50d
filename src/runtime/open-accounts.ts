import type { AccountKind, AccountName, AccountSettings, OpenAccounts } from '../ports/accounts.ts';
import type { Capabilities, ChannelAdapter } from '../ports/channel.ts';
import type { Log } from '../ports/log.ts';
import type { AccountRepository, RemovedAccount } from '../ports/installation-repositories.ts';

/** An account as officers see it. */
export interface KnownAccount extends AccountName {
  readonly origin: 'environment' | 'officers';
  readonly title: string;
  readonly isPaused: boolean;
  readonly version: number;
  readonly shown: AccountSettings;
  readonly identity: string | null;
  readonly adapter: ChannelAdapter;
}

/** An account that the environment sets: it stays as long as the process. */
export type FixedAccount = Pick<KnownAccount, 'adapter' | 'shown' | 'identity'>;

/** The accounts of the environment, and those that officers added as they were when `look` last asked the store. */
export interface AccountSet extends OpenAccounts {
  known(): readonly KnownAccount[];
  find(name: AccountName): KnownAccount | null;
  /** Removed accounts that may have left something to be cleaned up. */
  unsettled(): readonly RemovedAccount[];
  /** Opens, changes and closes what the store says. @throws StoreUnavailable */
  look(): Promise<void>;
  close(): Promise<void>;
}

export function createAccountSet(dependencies: {
  fixed: readonly FixedAccount[];
  kinds: readonly AccountKind[];
  repository: AccountRepository;
  log: Log;
}): AccountSet {
  const { kinds, repository, log } = dependencies;
  const kindOf = new Map(kinds.map((kind) => [kind.channel, kind]));
  const known = new Map<string, KnownAccount>(
    dependencies.fixed.map((one) => {
      const { channel, account } = one.adapter;
      const state = { origin: 'environment', title: '', isPaused: false, version: 0 } as const;
      return [toKey(one.adapter), { channel, account, ...one, ...state }];
    }),
  );
  const capabilities = new Map<string, Capabilities>([
    ...kinds.map((kind) => [kind.channel, kind.capabilities] as const),
    ...dependencies.fixed.map(({ adapter }) => [adapter.channel, adapter.capabilities] as const),
  ]);
  const listeners = new Set<() => void>();
  /** Versions that could not be opened, so that each is told of once. */
  const broken = new Map<string, number>();
  let removed: readonly RemovedAccount[] = [];

  async function look(): Promise<void> {
    const stored = await repository.list();
    const names = new Set(stored.accounts.map(toKey));
    const changes: (() => void)[] = [];
    for (const [key, one] of known) {
      if (one.origin === 'environment' || names.has(key)) continue;
      changes.push(() => known.delete(key));
    }
    for (const one of stored.accounts) {
      const key = toKey(one);
      const before = known.get(key);
      if (before?.origin === 'environment' || before?.version === one.version) continue;
      if (broken.get(key) === one.version) continue;
      const after = open(one);
      if (after) changes.push(() => known.set(key, after));
    }
    removed = stored.removed.filter(({ isSettled }) => !isSettled);
    if (changes.length === 0) return;
    const before = [...known.values()];
    for (const change of changes) change();
    for (const listener of listeners) listener();
    const stays = new Set([...known.values()].map(({ adapter }) => adapter));
    await Promise.all(before.filter(({ adapter }) => !stays.has(adapter)).map(({ adapter }) => discard(adapter)));
  }

  function open({ channel, account, title, isPaused, version, settings }: StoredAccount): KnownAccount | null {
    const name = { channel, account };
    try {
      const draft = kindOf.get(channel)?.read(settings);
      if (!draft) throw new TypeError(`no channel is called ${channel}`);
      return {
        ...{ ...name, title, isPaused, version },
        ...{ origin: 'officers', shown: draft.shown, identity: draft.identity, adapter: draft.open(account) },
      };
    } catch (error) {
      broken.set(toKey(name), version);
      log.error({ ...name, error }, 'an account could not be opened; what is sent with it waits');
      return null;
    }
  }

  /** What has a session is stopped by whoever holds it. */
  async function discard(adapter: ChannelAdapter): Promise<void> {
    if (adapter.start) return;
    const { channel, account } = adapter;
    await adapter.stop?.().catch((error: unknown) => log.warn({ channel, account, error }, 'an account did not close'));
  }

  return {
    look,
    known: () => [...known.values()],
    find: (name) => known.get(toKey(name)) ?? null,
    unsettled: () => removed,
    all: () => [...known.values()].filter(({ isPaused }) => !isPaused).map(({ adapter }) => adapter),
    of(name) {
      const one = known.get(toKey(name));
      return one && !one.isPaused ? one.adapter : null;
    },
    capabilitiesOf: (channel) => capabilities.get(channel) ?? null,
    async absenceOf({ channel, account }) {
      if (known.get(toKey({ channel, account }))?.isPaused) return 'paused';
      const stored = await repository.get({ channel, account });
      if (!stored) return 'unknown';
      return 'isSettled' in stored ? 'removed' : 'not-open-yet';
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      await Promise.all([...known.values()].map(({ adapter }) => discard(adapter)));
    },
  };
}

type StoredAccount = Awaited<ReturnType<AccountRepository['list']>>['accounts'][number];

function toKey({ channel, account }: AccountName): string {
  return `${channel}/${account}`;
}
