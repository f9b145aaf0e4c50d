import { systemClock, type Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Repositories } from '../ports/repositories.ts';
import type { Store } from '../ports/store.ts';
import { openAccounts } from './accounts.ts';
import { openAudit } from './audit.ts';
import { openCases } from './cases.ts';
import { openConversations } from './conversations.ts';
import { openEvents } from './events.ts';
import { openFaq } from './faq.ts';
import { openFiles } from './files.ts';
import { openFlows } from './flows.ts';
import { openFollowUps } from './follow-ups.ts';
import { deriveIds } from './ids.ts';
import { openInstallation } from './installation.ts';
import { openKeyRing, type Processes } from './key-ring.ts';
import { openLearning } from './learning.ts';
import { openLeases } from './leases.ts';
import { openLinks } from './links.ts';
import { openMessages } from './messages.ts';
import { openPeople } from './people.ts';
import { deriveMasterKey } from './secret-key.ts';
import { openReceipts } from './receipts.ts';
import { openSettings } from './settings.ts';
import { openTimers } from './timers.ts';

export interface RepositoriesOptions {
  readonly store: Store;
  /** SECRET_KEY: 32 bytes. Losing it loses everything that is sealed. */
  readonly secretKey: Buffer;
  readonly log?: Log;
  readonly clock?: Clock;
  /** `one` saves a read for each event; only where no other process can open the store (SQLite). */
  readonly processes?: Processes;
}

const resumedErasures = 100;

/**
 * Opens all repositories over one store and finishes the erasures and removals that a crash interrupted.
 * @throws AppError `store-key-mismatch` when SECRET_KEY does not open the store, `config-invalid` when it is not 32 bytes.
 */
export async function openRepositories(options: RepositoriesOptions): Promise<Repositories> {
  const { store, secretKey, log, clock = systemClock, processes = 'several' } = options;
  const master = deriveMasterKey(secretKey);
  const ids = deriveIds(await openInstallation(store, master));
  const keys = openKeyRing({ keys: store.collection('keys'), master, clock, processes });

  const people = openPeople({ store, keys, clock });
  const resumed = await people.resumeErasures(resumedErasures);
  if (resumed > 0) log?.info({ count: resumed }, 'erasures that had been interrupted were finished');

  const accounts = openAccounts({ store, keys, ids });
  await accounts.resumeRemovals();

  return {
    ids,
    events: openEvents({ store, keys, clock, processes }),
    conversations: openConversations({ store, keys }),
    followUps: openFollowUps({ store, keys, ids }),
    messages: openMessages({ store, keys, ids }),
    receipts: openReceipts({ store, ids }),
    timers: openTimers({ store, keys }),
    cases: openCases({ store, keys, ids }),
    learning: openLearning({ store, keys }),
    leases: openLeases({ store }),
    settings: openSettings({ store }),
    flows: openFlows({ store }),
    faq: openFaq({ store, clock }),
    people,
    accounts,
    links: openLinks({ store, ids }),
    audit: openAudit({ store }),
    files: openFiles({ store, keys, clock }),
  };
}
