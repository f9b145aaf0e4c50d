import { SendError, StoreUnavailable, VersionConflict } from '../domain/errors.ts';
import type { OutboundMessage } from '../domain/conversation.ts';
import type { ConversationId } from '../domain/ids.ts';
import { outsideWindow } from '../domain/message.ts';
import type { OpenAccounts } from '../ports/accounts.ts';
import type { ChannelAdapter } from '../ports/channel.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Budget, Queue } from '../ports/queue.ts';
import type { MessageChange, Repositories } from '../ports/repositories.ts';
import { toAbsence } from './absence.ts';
import type { Window } from './window.ts';

const sendLimitMs = 10_000;
/** What a channel may take beyond that to give up; a send that answers nothing at all must not hold its lane for ever. */
const abortGraceMs = 2_000;
/** A claim outlives its send, so that nobody else sends meanwhile. */
const claimMs = 20_000;
/** How soon a lane that another worker is sending is looked at again; its claim runs out long after most sends have ended. */
const lookAgainMs = 500;
const firstPauseMs = 1_000;
const longestPauseMs = 300_000;
/** Certain failures after which a message is given up: about two days with the pauses above. */
const maxAttempts = 600;
/** The same for what no channel should throw: most likely it would throw for ever. */
const maxSurprises = 5;
const recordPauseMs = 200;
/** How long a message rests while its account's session cannot send. */
const sessionPauseMs = 5_000;
const lanePage = 10;

export interface DeliveryDependencies {
  readonly repositories: Pick<Repositories, 'messages' | 'files'>;
  readonly accounts: Pick<OpenAccounts, 'of' | 'absenceOf'>;
  readonly queue: Queue;
  readonly budget: Budget;
  readonly window: Pick<Window, 'isOutside' | 'hold'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly holder: string;
  /** Whether a process that claimed a message may still be sending it. */
  readonly isAlive: (holder: string) => boolean;
  /** Lanes sent at once in this process. */
  readonly concurrency: number;
}

/**
 * Sends a conversation's messages in order. Whoever claims a message by a conditional write may send it; a retryable failure
 * holds the head of the lane and backs off, a final one marks that message failed and the lane goes on, a held one leaves the
 * lane. A claim that ran out while the answer was unknown is sent once more.
 */
export function createDelivery(dependencies: DeliveryDependencies) {
  const { repositories, queue, clock, log, holder } = dependencies;
  const { messages } = repositories;
  /** Lanes that wait for a place, and whether a running lane has to look once more. */
  const waiting = new Set<ConversationId>();
  const running = new Map<ConversationId, { again: boolean }>();
  let idle: (() => void)[] = [];
  let isClosed = false;

  function deliver(id: ConversationId): void {
    const active = running.get(id);
    if (active) active.again = true;
    else waiting.add(id);
    startNext();
  }

  function startNext(): void {
    for (const id of waiting) {
      if (isClosed || running.size >= dependencies.concurrency) return;
      waiting.delete(id);
      const state = { again: false };
      running.set(id, state);
      void runLane(id, state).finally(() => {
        running.delete(id);
        if (state.again) waiting.add(id);
        startNext();
        if (running.size === 0) for (const resolve of idle.splice(0)) resolve();
      });
    }
  }

  async function runLane(id: ConversationId, state: { again: boolean }): Promise<void> {
    try {
      for (;;) {
        state.again = false;
        const lane = await messages.lane(id, lanePage);
        for (const message of lane) {
          if (isClosed || !(await sendHead(message))) return;
        }
        if (lane.length < lanePage) return;
      }
    } catch (error) {
      // The store is away or somebody else took the lane: the sweep comes back to it.
      if (!(error instanceof VersionConflict)) log.warn({ conversationId: id, error }, 'a lane stopped');
      ringLater(id, firstPauseMs);
    }
  }

  /** Says whether the lane may go on with the next message. */
  async function sendHead(head: OutboundMessage): Promise<boolean> {
    const now = clock.now();
    const isMine = head.status === 'sending' && head.claim?.holder === holder && head.claim.until > now + sendLimitMs;
    const place = dependencies.accounts.of(head.address)?.placeToSend?.() ?? 'here';
    if (place !== 'here' && (isMine || blockedUntilOf(head, now) <= now)) return await leave(head, place, isMine);
    let message = head;
    if (!isMine) {
      const blockedUntil = blockedUntilOf(head, now);
      if (blockedUntil > now) {
        const isBeingSent = head.status === 'sending';
        ringLater(head.conversationId, isBeingSent ? Math.min(blockedUntil - now, lookAgainMs) : blockedUntil - now);
        return false;
      }
      message = await messages.update(head, { ...claimed(now), attempts: head.attempts + 1 });
    }

    const adapter = dependencies.accounts.of(message.address);
    if (!adapter) return await keepOrFail(message);
    if (await dependencies.window.isOutside(message)) {
      // Nothing was tried; the lane goes on with what may be sent (a template).
      await dependencies.window.hold(message, now, { attempts: message.attempts - 1 });
      return true;
    }
    const buckets = adapter.budget?.(message.address) ?? [];
    if (buckets.length > 0) {
      const grant = await dependencies.budget.take(buckets);
      if (!grant.granted) {
        // Nothing was tried: the message waits unclaimed.
        await messages.update(message, backOff(now + grant.afterMs, 'paced', message.attempts - 1));
        ringLater(message.conversationId, grant.afterMs);
        return false;
      }
    }
    return await send(message, adapter);
  }

  /** Only the holder of the account's session can send: its sweep finds what others leave. No try is counted. */
  async function leave(head: OutboundMessage, place: 'later' | 'elsewhere', isMine: boolean): Promise<false> {
    const pauseMs = place === 'later' ? sessionPauseMs : 0;
    if (isMine || place === 'later') {
      const attempts = isMine ? head.attempts - 1 : head.attempts;
      await messages.update(head, backOff(clock.now() + pauseMs, 'session-not-here', attempts));
    }
    if (place === 'later') ringLater(head.conversationId, pauseMs);
    return false;
  }

  /** What an account cannot send now waits for it, without a try being counted; what it never will fails. */
  async function keepOrFail(message: OutboundMessage): Promise<boolean> {
    const absence = toAbsence(await dependencies.accounts.absenceOf(message.address));
    if (absence.isForGood) {
      await messages.update(message, finalFailure(absence.reason));
      return true;
    }
    await messages.update(message, backOff(clock.now() + absence.pauseMs, absence.reason, message.attempts - 1));
    ringLater(message.conversationId, absence.pauseMs);
    return false;
  }

  async function send(message: OutboundMessage, adapter: ChannelAdapter): Promise<boolean> {
    const startedAt = clock.now();
    let answer: Awaited<ReturnType<ChannelAdapter['send']>>;
    try {
      answer = await withinLimit((signal) =>
        adapter.send({
          address: message.address,
          content: message.content,
          messageId: message.id,
          signal,
          openBlob: (blobId) => repositories.files.open(blobId),
        }),
      );
    } catch (error) {
      // A file could not be read: nothing was sent, and the lane comes back.
      if (error instanceof StoreUnavailable) throw error;
      return await settleFailure(
        message,
        error instanceof SendError ? error.failure : surprise(message, error),
        startedAt,
      );
    }
    await recordSent(message, answer.platformMessageId);
    return true;
  }

  async function withinLimit<Answer>(sending: (signal: AbortSignal) => Promise<Answer>): Promise<Answer> {
    const limit = new AbortController();
    let cancel = clock.after(sendLimitMs, () => limit.abort(new Error('the send took too long')));
    const hung = new Promise<never>((_, reject) => {
      limit.signal.addEventListener('abort', () => {
        cancel = clock.after(abortGraceMs, () =>
          reject(new SendError({ is: 'retryable', reason: 'no-answer', uncertain: true })),
        );
      });
    });
    try {
      return await Promise.race([sending(limit.signal), hung]);
    } finally {
      cancel();
    }
  }

  /** What is no `SendError` is our mistake: it backs off as others do, and is given up sooner. */
  function surprise(message: OutboundMessage, error: unknown): SendError['failure'] {
    log.error(
      { conversationId: message.conversationId, messageId: message.id, error },
      'a channel failed unexpectedly',
    );
    return { is: message.attempts >= maxSurprises ? 'final' : 'retryable', reason: 'unexpected' };
  }

  /** What the platform took must not be sent again because the store is away: the lane waits here until it is recorded. */
  async function recordSent(message: OutboundMessage, platformMessageId: string): Promise<void> {
    const change: MessageChange = { status: 'sent', platformMessageId, claim: null, failure: null, at: clock.now() };
    for (;;) {
      try {
        await messages.update(message, change);
        return;
      } catch (error) {
        if (!(error instanceof StoreUnavailable) || isClosed) throw error;
        log.warn({ messageId: message.id, error }, 'a sent message could not be recorded yet');
        await new Promise<void>((resolve) => clock.after(recordPauseMs, resolve));
      }
    }
  }

  async function settleFailure(
    message: OutboundMessage,
    failure: SendError['failure'],
    startedAt: number,
  ): Promise<boolean> {
    const fields = { conversationId: message.conversationId, messageId: message.id, reason: failure.reason };
    if (failure.is === 'held') {
      if (failure.reason === outsideWindow) await dependencies.window.hold(message, startedAt);
      else await messages.update(message, { status: 'held', claim: null, failure: failure.reason });
      return true;
    }
    if (failure.is === 'final' || message.attempts >= maxAttempts) {
      log.warn(fields, 'a message could not be sent');
      await messages.update(message, finalFailure(failure.reason));
      return true;
    }
    const pauseMs = failure.afterMs ?? Math.min(firstPauseMs * 2 ** Math.min(message.attempts - 1, 20), longestPauseMs);
    log.info({ ...fields, pauseMs }, 'a message is tried again later');
    await messages.update(message, backOff(clock.now() + pauseMs, failure.reason, message.attempts));
    ringLater(message.conversationId, pauseMs);
    return false;
  }

  function blockedUntilOf(message: OutboundMessage, now: number): number {
    if (message.status === 'queued') return message.dueAt;
    const { claim } = message;
    if (!claim || claim.holder === holder || !dependencies.isAlive(claim.holder)) return now;
    return claim.until;
  }

  function claimed(now: number): MessageChange {
    const until = now + claimMs;
    return { status: 'sending', claim: { holder, until }, dueAt: until };
  }

  function ringLater(id: ConversationId, delayMs: number): void {
    queue
      .ring({ kind: 'delivery', key: id }, { delayMs: Math.max(1, delayMs) })
      .catch((error: unknown) => log.debug({ conversationId: id, error }, 'a lane waits for the sweep'));
  }

  return {
    deliver,
    /** Starts no more sends and waits for those on their way. */
    async close(): Promise<void> {
      isClosed = true;
      waiting.clear();
      if (running.size > 0) await new Promise<void>((resolve) => idle.push(resolve));
      idle = [];
    },
  };
}

export type Delivery = ReturnType<typeof createDelivery>;

function finalFailure(reason: string): MessageChange {
  return { status: 'failed', failure: reason, claim: null };
}

function backOff(dueAt: number, failure: string, attempts: number): MessageChange {
  return { status: 'queued', dueAt, failure, attempts, claim: null };
}
