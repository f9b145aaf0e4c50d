import { StoreUnavailable, VersionConflict } from '../domain/errors.ts';
import type { OutboundMessage } from '../domain/conversation.ts';
import type { ConversationId } from '../domain/ids.ts';
import type { Address } from '../domain/message.ts';
import { mostUrgent, urgencyOf, type Urgency } from '../domain/urgency.ts';
import type { OpenAccounts } from '../ports/accounts.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Meter } from '../ports/meter.ts';
import type { Broadcast, Budget, Queue } from '../ports/queue.ts';
import type { Repositories } from '../ports/repositories.ts';
import { toAbsence } from './absence.ts';
import { createPacedLanes, type PacedLane, type Turn } from './paced-lanes.ts';
import { createTokenGate, type Asker } from './token-gate.ts';
import { backOff, createSender, finalFailure, sendLimitMs } from './sender.ts';
import type { Window } from './window.ts';

/** A claim outlives its send, so that nobody else sends meanwhile. */
const claimMs = 20_000;
/** How soon a lane that another worker is sending is looked at again; its claim runs out long after most sends have ended. */
const lookAgainMs = 500;
/** How soon a lane is looked at again that an error stopped. */
const stoppedPauseMs = 1_000;
/** How long a message rests while its account's session cannot send. */
const sessionPauseMs = 5_000;
/** How long others' claims are honoured past their end when the store was away: what was sent meanwhile is still being recorded. */
const recordGraceMs = 2_000;
const lanePage = 10;
/** News among workers: an officer's message stands in a lane whose head another one has claimed. */
const urgentTopic = 'urgent-lanes';

export interface DeliveryDependencies {
  readonly repositories: Pick<Repositories, 'messages' | 'files'>;
  readonly accounts: Pick<OpenAccounts, 'of' | 'absenceOf'>;
  readonly queue: Queue;
  readonly broadcast: Pick<Broadcast, 'publish' | 'subscribe'>;
  readonly budget: Budget;
  readonly window: Pick<Window, 'isOutside' | 'hold'>;
  readonly meter: Meter;
  readonly clock: Clock;
  readonly log: Log;
  readonly holder: string;
  /** Whether a process that claimed a message may still be sending it. */
  readonly isAlive: (holder: string) => boolean;
  /** Lanes sent at once in this process. */
  readonly concurrency: number;
}

/** A lane that is being looked at or sent. */
interface Run {
  /** Whether it has to be looked at once more. */
  again: boolean;
  /** What is known of a message further behind in the lane. */
  hint: Urgency;
  /** Its turn among the lanes that wait for the account's limit, until that is settled. */
  turn: { readonly lane: PacedLane; readonly settle: (turn: Turn) => void } | null;
  ended: Promise<void>;
}

/**
 * Sends a conversation's messages in order. Whoever claims a message by a conditional write may send it; a retryable failure
 * holds the head of the lane and backs off, a final one marks that message failed and the lane goes on, a held one leaves the
 * lane. A claim that ran out while the answer was unknown is sent once more.
 *
 * Where a platform limits sending, lanes that find no token wait in memory (see {@link createPacedLanes}). A lane is as urgent as
 * the most urgent message that waits in it: an officer's reply behind a line of the bot's takes that line along.
 */
export function createDelivery(dependencies: DeliveryDependencies) {
  const { repositories, queue, broadcast, clock, log, holder } = dependencies;
  const { messages } = repositories;
  /** Lanes that wait for a place, officers' apart so that they get theirs first. */
  const waiting = { officer: new Set<ConversationId>(), other: new Map<ConversationId, Urgency>() };
  const running = new Map<ConversationId, Run>();
  let idle: (() => void)[] = [];
  /** Paced accounts that wait for a place. */
  const wantRoom: (() => void)[] = [];
  let isClosed = false;
  let storeAwayAt = -Infinity;
  const gate = createTokenGate({ budget: dependencies.budget, clock });
  const paced = createPacedLanes({ clock, room, serve });
  const sender = createSender({ ...dependencies, isClosed: () => isClosed });
  const unsubscribe = broadcast.subscribe(
    urgentTopic,
    ({ conversationId }) => paced.raise(String(conversationId) as ConversationId, 'officer'), // Published below.
  );

  /** @param urgency That of a message known to wait in the lane, wherever it stands in it. */
  function deliver(id: ConversationId, urgency: Urgency = 'broadcast'): void {
    const active = running.get(id);
    if (active) active.again = true;
    if (active || paced.has(id)) {
      raise(id, urgency);
    } else if (urgency === 'officer') {
      waiting.other.delete(id);
      waiting.officer.add(id);
    } else if (!waiting.officer.has(id)) {
      waiting.other.set(id, mostUrgent([waiting.other.get(id) ?? 'broadcast', urgency]));
    }
    startNext();
  }

  /** Somebody says that a lane has changed, but not how: one that waits for its turn may have become more urgent. */
  function lookAt(id: ConversationId): void {
    paced.leave(id);
    deliver(id);
  }

  function raise(id: ConversationId, urgency: Urgency): void {
    const active = running.get(id);
    if (!active) return paced.raise(id, urgency);
    active.hint = mostUrgent([active.hint, urgency]);
    if (urgency === 'officer') gate.look();
  }

  function hasRoom(): boolean {
    return running.size < dependencies.concurrency;
  }

  function startNext(): void {
    // Those who have waited for their limit have waited longest.
    while (hasRoom() && wantRoom.length > 0) wantRoom.shift()?.();
    for (const id of waiting.officer) {
      if (isClosed || !hasRoom()) return;
      waiting.officer.delete(id);
      start(id, newRun('officer', null));
    }
    for (const [id, hint] of waiting.other) {
      if (isClosed || !hasRoom()) return;
      waiting.other.delete(id);
      start(id, newRun(hint, null));
    }
  }

  function start(id: ConversationId, run: Run): void {
    running.set(id, run);
    run.ended = runLane(id, run).finally(() => {
      running.delete(id);
      settleTurn(run, { is: 'left' });
      if (run.again && !isClosed) deliver(id, run.hint);
      startNext();
      if (running.size === 0) for (const resolve of idle.splice(0)) resolve();
    });
  }

  async function room(): Promise<void> {
    if (isClosed || hasRoom()) return;
    await new Promise<void>((resolve) => wantRoom.push(resolve));
  }

  async function serve(lane: PacedLane): Promise<Turn> {
    // The look that made it wait may be about to end.
    await running.get(lane.id)?.ended;
    if (running.has(lane.id)) return { is: 'left' };
    return await new Promise((settle) => start(lane.id, newRun(lane.urgency, { lane, settle })));
  }

  async function runLane(id: ConversationId, run: Run): Promise<void> {
    try {
      const head = run.turn?.lane.head;
      if (head && isMine(head) && !(await sendHead(head, run.hint, run))) return;
      for (;;) {
        const { hint } = run;
        run.again = false;
        run.hint = 'broadcast';
        const lane = await messages.lane(id, lanePage);
        const isWhole = lane.length < lanePage;
        // What was hinted at may stand behind this page.
        if (!isWhole) run.hint = mostUrgent([run.hint, hint]);
        for (const [index, message] of lane.entries()) {
          const urgency = mostUrgent([...lane.slice(index).map(urgencyOf), run.hint]);
          if (isClosed || !(await sendHead(message, urgency, run))) return;
        }
        if (isWhole) return;
      }
    } catch (error) {
      // The store is away or somebody else took the lane: the sweep comes back to it.
      if (error instanceof StoreUnavailable) noteStoreAway();
      if (!(error instanceof VersionConflict)) log.warn({ conversationId: id, error }, 'a lane stopped');
      ringLater(id, stoppedPauseMs);
    }
  }

  /** Says whether the lane may go on with the next message. */
  async function sendHead(head: OutboundMessage, urgency: Urgency, run: Run): Promise<boolean> {
    const now = clock.now();
    const adapter = dependencies.accounts.of(head.address);
    const [account, ...own] = adapter?.budget?.(head.address) ?? [];
    const lane: PacedLane = {
      id: head.conversationId,
      account: account?.key ?? '',
      perSecond: account?.refillPerSecond ?? Infinity,
      urgency,
      since: head.at,
    };
    const place = adapter?.placeToSend?.() ?? 'here';
    const blockedUntil = isMine(head) ? now : blockedUntilOf(head, now);
    if (place !== 'here' && blockedUntil <= now) return await leave(head, place, lane);
    if (blockedUntil > now) {
      if (head.status === 'sending') lookAgain(lane, Math.min(blockedUntil - now, lookAgainMs));
      else ringLater(head.conversationId, blockedUntil - now);
      return false;
    }
    if (account && !run.turn && paced.isBusy(account.key)) {
      paced.enter(isMine(head) ? { ...lane, head } : lane);
      return false;
    }
    if (!adapter) return await keepOrFail(head);
    const message = isMine(head) ? head : await claim(head, run);
    if (await dependencies.window.isOutside(message)) {
      // Nothing was tried; the lane goes on with what may be sent (a template).
      await dependencies.window.hold(message, now, { attempts: message.attempts - 1 });
      return true;
    }
    if (!account) settleTurn(run, { is: 'left' });
    else if (!(await takeTokens({ ...lane, head: message }, [account, ...own], run))) {
      // Its turn was under way when `close` gave back what waited for theirs.
      if (isClosed) await giveBack(message);
      return false;
    }
    const again = await sender.send(message, adapter);
    if (again) ringLater(message.conversationId, again.againAfterMs);
    return again === null;
  }

  /** What an account cannot send now waits for it, without a try being counted; what it never will fails. */
  async function keepOrFail(message: OutboundMessage): Promise<boolean> {
    const absence = toAbsence(await dependencies.accounts.absenceOf(message.address));
    if (absence.isForGood) {
      await messages.update(message, finalFailure(absence.reason));
      dependencies.meter.failed(message.address);
      return true;
    }
    const attempts = isMine(message) ? message.attempts - 1 : message.attempts;
    await messages.update(message, backOff(clock.now() + absence.pauseMs, absence.reason, attempts));
    ringLater(message.conversationId, absence.pauseMs);
    return false;
  }

  async function takeTokens(lane: PacedLane, buckets: Asker['buckets'], run: Run): Promise<boolean> {
    const [account] = buckets;
    // Who has no turn does not stand before those who have: it takes a place behind them.
    if (!run.turn && gate.isBusy(account.key)) {
      paced.enter(lane);
      return false;
    }
    const grant = await gate.ask({
      ...{ buckets, since: lane.since },
      urgency: () => mostUrgent([lane.urgency, run.hint]),
      giveUpAt: run.turn ? (lane.head?.claim?.until ?? 0) - sendLimitMs : 0,
    });
    if (grant.granted) {
      settleTurn(run, { is: 'left' });
      return true;
    }
    // The message stays claimed; whoever dies now leaves it to the sweep.
    const isOwn = grant.refusedBy.some((key) => key !== lane.account);
    if (run.turn) settleTurn(run, { is: 'refused', by: isOwn ? 'own' : 'account', lane, afterMs: grant.afterMs });
    else if (isOwn) paced.stepAside(lane, grant.afterMs);
    else paced.enter(lane);
    return false;
  }

  function settleTurn(run: Run, turn: Turn): void {
    run.turn?.settle(turn);
    run.turn = null;
  }

  /** A message that was claimed for its turn and not tried has not been tried once more. */
  async function claim(head: OutboundMessage, { turn }: Run): Promise<OutboundMessage> {
    const until = clock.now() + claimMs;
    const attempts = turn?.lane.head?.id === head.id ? head.attempts : head.attempts + 1;
    return await messages.update(head, { status: 'sending', claim: { holder, until }, dueAt: until, attempts });
  }

  /** Only the holder of the account's session can send: its sweep finds what others leave. No try is counted. */
  async function leave(head: OutboundMessage, place: 'later' | 'elsewhere', lane: PacedLane): Promise<false> {
    const pauseMs = place === 'later' ? sessionPauseMs : 0;
    if (isMine(head) || (place === 'later' && head.failure !== sessionNotHere)) {
      const attempts = isMine(head) ? head.attempts - 1 : head.attempts;
      await messages.update(head, backOff(clock.now() + pauseMs, sessionNotHere, attempts));
    }
    if (place === 'later') paced.stepAside(lane, pauseMs);
    return false;
  }

  async function giveBack(head: OutboundMessage): Promise<void> {
    const change = { status: 'queued', claim: null, dueAt: clock.now(), attempts: head.attempts - 1 } as const;
    if (isMine(head)) await messages.update(head, change);
  }

  /** A lane that another worker sends: it may have read the lane before the newest message was there. */
  function lookAgain(lane: PacedLane, afterMs: number): void {
    paced.stepAside(lane, afterMs);
    if (lane.urgency !== 'officer') return;
    broadcast
      .publish(urgentTopic, { conversationId: lane.id })
      .catch((error: unknown) => log.debug({ error }, 'an urgent lane waits for its claim to end'));
  }

  function isMine({ status, claim: held }: OutboundMessage): boolean {
    return status === 'sending' && held?.holder === holder && held.until > clock.now() + sendLimitMs;
  }

  function blockedUntilOf(message: OutboundMessage, now: number): number {
    if (message.status === 'queued') return message.dueAt;
    const { claim: held } = message;
    if (!held || held.holder === holder || !dependencies.isAlive(held.holder)) return now;
    return Math.max(held.until, storeAwayAt + recordGraceMs);
  }

  function noteStoreAway(): void {
    storeAwayAt = clock.now();
  }

  function ringLater(id: ConversationId, delayMs: number): void {
    queue
      .ring({ kind: 'delivery', key: id }, { delayMs: Math.max(1, delayMs) })
      .catch((error: unknown) => log.debug({ conversationId: id, error }, 'a lane waits for the sweep'));
  }

  return {
    deliver,
    lookAt,
    lanesWaiting: paced.size,
    /** Whether a message to this address would wait for its account's limit: whoever decides it then leaves it to all workers. */
    isPaced(address: Address): boolean {
      const [account] = dependencies.accounts.of(address)?.budget?.(address) ?? [];
      return account !== undefined && paced.isBusy(account.key);
    },
    /** Somebody found the store away: who sent meanwhile gets the time to record it before a claim that ran out is taken over. */
    noteStoreAway,
    /** Starts no more sends and waits for those on their way. */
    async close(): Promise<void> {
      isClosed = true;
      unsubscribe();
      const untried = paced.close();
      gate.close();
      waiting.officer.clear();
      waiting.other.clear();
      for (const resolve of wantRoom.splice(0)) resolve();
      if (running.size > 0) await new Promise<void>((resolve) => idle.push(resolve));
      idle = [];
      // So that others need not wait for the claims to run out, as they would if this process had died.
      await Promise.allSettled(untried.map(giveBack));
    },
  };
}

const sessionNotHere = 'session-not-here';

function newRun(hint: Urgency, turn: Run['turn']): Run {
  return { again: false, hint, turn, ended: Promise.resolve() };
}

export type Delivery = ReturnType<typeof createDelivery>;
