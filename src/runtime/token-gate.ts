import { urgencyRank, type Urgency } from '../domain/urgency.ts';
import type { Clock } from '../ports/clock.ts';
import type { Bucket, Budget, Grant } from '../ports/queue.ts';

/** A message that is ready to be sent and wants its tokens. */
export interface Asker {
  /** The account's bucket first. */
  readonly buckets: readonly [account: Bucket, ...own: Bucket[]];
  /** It may grow while it waits. */
  readonly urgency: () => Urgency;
  readonly since: number;
  /** When its claim has run too low to wait any longer. */
  readonly giveUpAt: number;
}

interface Waiting extends Asker {
  readonly settle: (grant: Grant) => void;
}

interface Account {
  readonly askers: Set<Waiting>;
  /** The pause after a refusal, and what ends it. */
  pause: { readonly urgency: Urgency; readonly end: () => void } | null;
}

/**
 * Asks the budget for one message of an account at a time: the most urgent first, then the one that has waited longest. Whoever the
 * account's bucket refuses waits here for the next token; whoever a bucket of their own refuses is told so at once.
 */
export function createTokenGate({ budget, clock }: { readonly budget: Pick<Budget, 'take'>; readonly clock: Clock }) {
  const accounts = new Map<string, Account>();
  let isClosed = false;

  async function serve(key: string, account: Account): Promise<void> {
    for (let asker = first(account); asker; asker = first(account)) {
      const urgency = asker.urgency();
      const grant = await budget.take(asker.buckets, urgency);
      const isAccountShort = !grant.granted && grant.refusedBy.every((refused) => refused === key);
      if (grant.granted || !isAccountShort || isClosed || clock.now() + grant.afterMs > asker.giveUpAt) {
        account.askers.delete(asker);
        asker.settle(grant);
      } else if (first(account)?.urgency() === urgency) {
        await pause(account, urgency, grant.afterMs);
      }
    }
    accounts.delete(key);
  }

  async function pause(account: Account, urgency: Urgency, ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = clock.after(Math.max(1, ms), resolve);
      const end = () => {
        cancel();
        resolve();
      };
      account.pause = { urgency, end };
    });
    account.pause = null;
  }

  /** Whoever is more urgent than who was refused may be given what the other has to leave. */
  function look({ askers, pause: current }: Account): void {
    if (!current) return;
    for (const asker of askers) if (urgencyRank[asker.urgency()] < urgencyRank[current.urgency]) return current.end();
  }

  return {
    /** Resolves when it has its tokens, or when it is no use waiting. */
    ask(asker: Asker): Promise<Grant> {
      const [{ key }] = asker.buckets;
      const account = accounts.get(key) ?? { askers: new Set(), pause: null };
      return new Promise((settle) => {
        account.askers.add({ ...asker, settle });
        if (accounts.has(key)) return look(account);
        accounts.set(key, account);
        void serve(key, account);
      });
    },
    isBusy: (key: string): boolean => accounts.has(key),
    /** Somebody's urgency grew. */
    look(): void {
      for (const account of accounts.values()) look(account);
    },
    close(): void {
      isClosed = true;
      for (const { pause: current } of accounts.values()) current?.end();
    },
  };
}

function first({ askers }: Account): Waiting | null {
  let best: Waiting | null = null;
  for (const asker of askers) if (!best || isBefore(asker, best)) best = asker;
  return best;
}

function isBefore(one: Waiting, other: Waiting): boolean {
  const ranks = urgencyRank[one.urgency()] - urgencyRank[other.urgency()];
  return ranks === 0 ? one.since < other.since : ranks < 0;
}
