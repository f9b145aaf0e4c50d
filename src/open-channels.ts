import type { Config } from './config.ts';
import { telegramAccounts } from './channels/telegram/accounts.ts';
import { createWebChatAdapter, type WebChatAdapter } from './channels/web-chat/adapter.ts';
import { whatsappCloudAccounts } from './channels/whatsapp-cloud/accounts.ts';
import { whatsappWebAccounts } from './channels/whatsapp-web/accounts.ts';
import { followChanges } from './content/follow-changes.ts';
import type { WebhookHandler } from './http/routes/webhooks.ts';
import type { AccountKind, AccountName } from './ports/accounts.ts';
import type { ChannelAdapter, ChannelStatus } from './ports/channel.ts';
import type { Clock } from './ports/clock.ts';
import type { Log } from './ports/log.ts';
import type { Broadcast } from './ports/queue.ts';
import type { Repositories } from './ports/repositories.ts';
import { createAccountRemovals } from './runtime/account-removals.ts';
import { createChannelDesk, pairingTopic, type ChannelDesk } from './runtime/channel-desk.ts';
import { createChannelStatuses, type ChannelStatuses } from './runtime/channel-statuses.ts';
import { createAccountSet, type AccountSet, type FixedAccount } from './runtime/open-accounts.ts';
import type { Runtime } from './runtime/runtime.ts';

/** What the accounts of the environment are called, whose conversations are named by it. */
const environmentAccount = 'main';

export interface Channels {
  readonly accounts: AccountSet;
  readonly webChat: WebChatAdapter;
  readonly statuses: ChannelStatuses;
  readonly desk: ChannelDesk;
  /** Answers the webhooks of accounts, by `channel/account`. */
  readonly webhooks: { get(name: string): WebhookHandler | undefined };
  close(): Promise<void>;
}

/** Opens every account there is, and follows the changes that officers make in any process. */
export async function openChannels(dependencies: {
  config: Config;
  repositories: Repositories;
  broadcast: Broadcast;
  clock: Clock;
  log: Log;
  processName: string;
  /** Told how each linked phone is, in the process that holds its session. */
  onStatus: (account: AccountName, status: ChannelStatus) => void;
  /** The runtime these channels will belong to; asked when the first message comes. */
  runtime: () => Pick<Runtime, 'intake' | 'receipts'>;
}): Promise<Channels> {
  const { config, repositories, broadcast, clock, log, processName, onStatus, runtime } = dependencies;
  const statuses = createChannelStatuses({
    ...{ settings: repositories.settings, holder: processName, clock, log },
    isSoleWorker: !config.mongodbUri,
  });
  const { ids, files } = repositories;
  const webChat = createWebChatAdapter({
    ...{ account: 'site', ids, files, broadcast, log },
    mediaRules: config.mediaRules,
  });
  const kinds = openKinds(dependencies);
  const accounts = createAccountSet({
    fixed: [{ adapter: webChat, shown: {}, identity: null }, ...openEnvironment(config, kinds)],
    ...{ kinds, repository: repositories.accounts, log },
  });
  const removals = createAccountRemovals({ accounts, kinds, repositories, holder: processName, clock, log });
  const phones = followPhones({ accounts, statuses, onStatus, broadcast, log });
  const follower = followChanges({
    topic: 'channel-accounts',
    async lookOnce() {
      await accounts.look();
      if (config.role !== 'web') await removals.settle();
    },
    ...{ broadcast, clock, log },
  });
  await follower.look();

  return {
    ...{ accounts, webChat, statuses },
    desk: createChannelDesk({
      ...{ accounts, kinds, repositories, statuses, broadcast, clock },
      changed: follower.changed,
    }),
    webhooks: {
      get(name) {
        const [channel = '', account = ''] = name.split('/');
        const adapter = accounts.find({ channel, account })?.adapter;
        if (!adapter?.handleWebhook) return undefined;
        return (request) => {
          const { intake, receipts } = runtime();
          return adapter.handleWebhook?.(request, intake, receipts.accept) ?? Promise.resolve({ status: 404 });
        };
      },
    },
    async close() {
      await follower.close();
      phones.close();
      await accounts.close();
      await statuses.close();
    },
  };
}

/** The channels to which officers can add accounts. */
function openKinds({
  config,
  repositories,
  clock,
  log,
  runtime,
}: Parameters<typeof openChannels>[0]): readonly AccountKind[] {
  return [
    telegramAccounts({ apiRoot: config.telegramApiRoot, publicUrl: config.publicUrl, clock, log }),
    whatsappCloudAccounts({
      ...{ apiRoot: config.whatsappCloudApiRoot, maxMediaBytes: config.mediaRules.maxBytes, clock, log },
    }),
    whatsappWebAccounts({
      ...{ dataDir: config.dataDir, ...config.chromium, clock, log },
      isBrowserHere: config.role !== 'web',
      memory: repositories.settings,
      onReceipt: (receipt) =>
        void runtime()
          .receipts.accept([receipt])
          .catch((error: unknown) => log.debug({ error }, 'a receipt could not be kept')),
    }),
  ];
}

function openEnvironment(config: Config, kinds: readonly AccountKind[]): FixedAccount[] {
  const settings: Readonly<Record<string, object | null>> = {
    telegram: config.telegram,
    'whatsapp-cloud': config.whatsappCloud,
    'whatsapp-web': config.whatsappWeb,
  };
  return kinds.flatMap((kind) => {
    const given = settings[kind.channel];
    if (!given) return [];
    const { shown, identity, open } = kind.read(given);
    return [{ adapter: open(environmentAccount), shown, identity }];
  });
}

/** The holder's side of linked phones: tells all processes how each session is, and hears from them that somebody wants to link one. */
function followPhones({
  accounts,
  statuses,
  onStatus,
  broadcast,
  log,
}: {
  accounts: AccountSet;
  statuses: ChannelStatuses;
  onStatus: (account: AccountName, status: ChannelStatus) => void;
  broadcast: Broadcast;
  log: Log;
}) {
  const followed = new Map<ChannelAdapter, () => void>();

  function follow(): void {
    const open = new Set(accounts.known().map(({ adapter }) => adapter));
    for (const adapter of open) if (!followed.has(adapter)) followOne(adapter);
    for (const [adapter, end] of followed) {
      if (open.has(adapter)) continue;
      end();
      followed.delete(adapter);
      if (adapter.phone) statuses.forget(adapter);
    }
  }

  function followOne(adapter: ChannelAdapter): void {
    const { channel, account, phone } = adapter;
    if (!phone) return;
    const end = phone.onStateChange((status) => {
      if (adapter.placeToSend?.() === 'elsewhere') return statuses.forget(adapter);
      statuses.tell(adapter, status);
      onStatus({ channel, account }, status);
      if (status.is === 'pairing')
        log.info({ channel, account }, 'a phone can be linked: GET /api/channels has the code');
    });
    followed.set(adapter, end);
  }

  follow();
  const unfollow = accounts.onChange(follow);
  const unsubscribe = broadcast.subscribe(pairingTopic, (news) => {
    const name = { channel: String(news['channel'] ?? ''), account: String(news['account'] ?? '') };
    const session = accounts.of(name)?.phone;
    const phone = String(news['phone'] ?? '');
    if (phone === '') return session?.wake();
    session?.requestPairingCode(phone).catch(() => log.info(name, 'no pairing code can be shown yet'));
  });

  return {
    close(): void {
      unfollow();
      unsubscribe();
      for (const end of followed.values()) end();
    },
  };
}
