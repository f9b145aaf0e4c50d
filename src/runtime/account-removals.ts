import { StoreUnavailable, VersionConflict } from '../domain/errors.ts';
import type { OutboundMessage } from '../domain/conversation.ts';
import type { AccountKind, AccountName } from '../ports/accounts.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { RemovedAccount } from '../ports/installation-repositories.ts';
import type { Repositories } from '../ports/repositories.ts';
import { toAbsence } from './absence.ts';
import { sessionLeaseOf } from './channel-sessions.ts';
import type { AccountSet } from './open-accounts.ts';

const leaseMs = 15_000;
const heldPage = 100;

/**
 * Cleans up after removed accounts, by one worker under the lease of the account's session: what it left on the machine goes, and
 * messages that waited outside the lane fail (those in the lane fail by themselves).
 */
export function createAccountRemovals(dependencies: {
  accounts: Pick<AccountSet, 'unsettled'>;
  kinds: readonly AccountKind[];
  repositories: Pick<Repositories, 'accounts' | 'messages' | 'leases'>;
  holder: string;
  clock: Clock;
  log: Log;
}) {
  const { accounts, kinds, repositories, holder, clock, log } = dependencies;
  const { messages, leases } = repositories;

  async function failHeld(name: AccountName): Promise<void> {
    for await (const conversationId of messages.conversationsWithHeld()) {
      for (;;) {
        const page = await messages.held(conversationId, heldPage);
        const doomed = page.filter(({ address }) => isOf(address, name));
        for (const message of doomed) await fail(message);
        if (doomed.length < heldPage) break;
      }
    }
  }

  async function fail(message: OutboundMessage): Promise<void> {
    const { reason } = toAbsence('removed');
    await messages.update(message, { status: 'failed', failure: reason, claim: null }).catch((error: unknown) => {
      // The person wrote meanwhile, and it is in its lane again.
      if (!(error instanceof VersionConflict)) throw error;
    });
  }

  async function settleOne(removed: RemovedAccount): Promise<void> {
    const { channel, account } = removed;
    const now = clock.now();
    if (!(await leases.take(sessionLeaseOf(removed), holder, now, now + leaseMs))) return;
    await kinds.find((kind) => kind.channel === channel)?.forget?.(account);
    await failHeld(removed);
    await repositories.accounts.settle(removed);
    log.info({ channel, account }, 'a removed account was cleaned up');
  }

  return {
    /** Does what can be done now; the rest is tried at the next call. What one account left keeps no other waiting. @throws StoreUnavailable */
    async settle(): Promise<void> {
      for (const removed of accounts.unsettled()) {
        try {
          await settleOne(removed);
        } catch (error) {
          if (error instanceof StoreUnavailable) throw error;
          const { channel, account } = removed;
          log.warn({ channel, account, error }, 'a removed account could not be cleaned up; it is tried again');
        }
      }
    },
  };
}

function isOf(address: AccountName, { channel, account }: AccountName): boolean {
  return address.channel === channel && address.account === account;
}
