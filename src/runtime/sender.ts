import type { OutboundMessage } from '../domain/conversation.ts';
import { SendError, StoreUnavailable } from '../domain/errors.ts';
import { outsideWindow } from '../domain/message.ts';
import type { ChannelAdapter } from '../ports/channel.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Meter } from '../ports/meter.ts';
import type { Budget } from '../ports/queue.ts';
import type { MessageChange } from '../ports/message-repositories.ts';
import type { Repositories } from '../ports/repositories.ts';
import type { Window } from './window.ts';

/** What a send may take; a claim must outlast it. */
export const sendLimitMs = 10_000;
/** What a channel may take beyond that to give up; a send that answers nothing at all must not hold its lane for ever. */
const abortGraceMs = 2_000;
const firstPauseMs = 1_000;
const longestPauseMs = 300_000;
/** Certain failures after which a message is given up: about two days with the pauses above. */
const maxAttempts = 600;
/** The same for what no channel should throw: most likely it would throw for ever. */
const maxSurprises = 5;
const recordPauseMs = 200;

export interface SenderDependencies {
  readonly repositories: Pick<Repositories, 'messages' | 'files'>;
  readonly budget: Pick<Budget, 'hold'>;
  readonly window: Pick<Window, 'hold'>;
  readonly meter: Pick<Meter, 'sent' | 'failed' | 'held'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly isClosed: () => boolean;
}

/** Tries one claimed message once and writes down what became of it. */
export function createSender({ repositories, budget, window, meter, clock, log, isClosed }: SenderDependencies) {
  const { messages } = repositories;

  /**
   * Says when the message is tried again; null when its lane may go on with the next one.
   * @throws StoreUnavailable, VersionConflict
   */
  async function send(
    message: OutboundMessage,
    adapter: ChannelAdapter,
  ): Promise<{ readonly againAfterMs: number } | null> {
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
      const failure = error instanceof SendError ? error.failure : surprise(message, error);
      return await settleFailure(message, adapter, failure, startedAt);
    }
    meter.sent(message.address, clock.now() - startedAt);
    await recordSent(message, answer.platformMessageId);
    return null;
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
        if (!(error instanceof StoreUnavailable) || isClosed()) throw error;
        log.warn({ messageId: message.id, error }, 'a sent message could not be recorded yet');
        await new Promise<void>((resolve) => clock.after(recordPauseMs, resolve));
      }
    }
  }

  async function settleFailure(
    message: OutboundMessage,
    adapter: ChannelAdapter,
    failure: SendError['failure'],
    startedAt: number,
  ): Promise<{ readonly againAfterMs: number } | null> {
    const fields = { conversationId: message.conversationId, messageId: message.id, reason: failure.reason };
    if (failure.is === 'held') {
      if (failure.reason === outsideWindow) await window.hold(message, startedAt);
      else {
        await messages.update(message, { status: 'held', claim: null, failure: failure.reason });
        meter.held(message.address);
      }
      return null;
    }
    if (failure.is === 'final' || message.attempts >= maxAttempts) {
      log.warn(fields, 'a message could not be sent');
      await messages.update(message, finalFailure(failure.reason));
      meter.failed(message.address);
      return null;
    }
    const pauseMs = failure.afterMs ?? pauseBeforeRetry(message, clock.now());
    log.info({ ...fields, pauseMs }, 'a message is tried again later');
    if (failure.limit) await holdBucket(message, adapter, failure.limit, pauseMs);
    await messages.update(message, backOff(clock.now() + pauseMs, failure.reason, message.attempts));
    return { againAfterMs: pauseMs };
  }

  /** What the platform refused to one message it would refuse to all that fall under the same limit. */
  async function holdBucket(
    { address }: OutboundMessage,
    adapter: ChannelAdapter,
    limit: 'account' | 'person',
    forMs: number,
  ): Promise<void> {
    const [account, ...own] = adapter.budget?.(address) ?? [];
    const bucket = limit === 'account' ? account : own.at(-1);
    if (bucket) await budget.hold(bucket, forMs);
  }

  return { send };
}

/** The message is given up. */
export function finalFailure(reason: string): MessageChange {
  return { status: 'failed', failure: reason, claim: null };
}

/** Nobody is to try the message before `dueAt`. */
export function backOff(dueAt: number, failure: string, attempts: number): MessageChange {
  return { status: 'queued', dueAt, failure, attempts, claim: null };
}
/**
 * Twice as long after each claim, but never longer than half the time the message has waited: claims that processes died with say
 * nothing about the platform.
 */
export function pauseBeforeRetry({ attempts, at }: Pick<OutboundMessage, 'attempts' | 'at'>, now: number): number {
  const byAttempts = firstPauseMs * 2 ** Math.min(attempts - 1, 20);
  const byAge = Math.max((now - at) / 2, firstPauseMs);
  return Math.min(byAttempts, byAge, longestPauseMs);
}
