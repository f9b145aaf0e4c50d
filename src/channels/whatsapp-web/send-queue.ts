import { SendError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { notReady, toSendError } from './to-send-error.ts';

/** Messages whose outcome is remembered, so that a retry of one whose answer was late does not send it again. */
const mostRemembered = 1_000;

interface Entry {
  readonly begin: () => Promise<string>;
  readonly resolve: (id: string) => void;
  readonly reject: (error: SendError) => void;
  readonly outcome: Promise<string>;
  state: 'waiting' | 'sending' | 'sent';
  /** Who still wants the answer. */
  callers: number;
}

/**
 * Sends one message at a time, as a person would. Who stops waiting (its signal aborts) takes a message back that has not begun;
 * one that has begun goes on, and a retry with the same message id gets its answer instead of sending it twice.
 */
export function createSendQueue({
  clock,
  hungMs,
  onHung,
}: {
  clock: Clock;
  /** A send that takes longer has hung. */
  hungMs: number;
  onHung: () => void;
}) {
  const entries = new Map<string, Entry>();
  const waiting: string[] = [];
  let isSending = false;

  function add(messageId: string, begin: () => Promise<string>): Entry {
    let resolve!: Entry['resolve'];
    let reject!: Entry['reject'];
    const outcome = new Promise<string>((yes, no) => {
      resolve = yes;
      reject = no;
    });
    outcome.catch(() => {}); // Nobody may be waiting any more.
    const entry: Entry = { begin, resolve, reject, outcome, state: 'waiting', callers: 0 };
    entries.set(messageId, entry);
    waiting.push(messageId);
    return entry;
  }

  async function sendNext(): Promise<void> {
    if (isSending) return;
    const messageId = waiting.shift();
    const entry = messageId === undefined ? undefined : entries.get(messageId);
    if (messageId === undefined || !entry) return;
    isSending = true;
    entry.state = 'sending';
    const cancel = clock.after(hungMs, onHung);
    try {
      const id = await entry.begin();
      entry.state = 'sent';
      entry.resolve(id);
      forgetOldest();
    } catch (error) {
      entries.delete(messageId);
      entry.reject(toSendError(error));
    } finally {
      cancel();
      isSending = false;
      void sendNext();
    }
  }

  function forgetOldest(): void {
    if (entries.size <= mostRemembered) return;
    for (const [messageId, { state }] of entries) {
      if (state === 'sent') {
        entries.delete(messageId);
        return;
      }
    }
  }

  /** Nobody waits for it any more. */
  function takeBack(messageId: string, entry: Entry): SendError {
    entry.callers -= 1;
    if (entry.state === 'waiting' && entry.callers === 0) {
      entries.delete(messageId);
      waiting.splice(waiting.indexOf(messageId), 1);
    }
    return entry.state === 'waiting'
      ? new SendError({ is: 'retryable', reason: 'session-busy', afterMs: 1_000 })
      : new SendError({ is: 'retryable', reason: 'answer-late', afterMs: 1_000, uncertain: true });
  }

  return {
    /** Resolves with the platform's id. @throws SendError */
    async send(messageId: string, begin: () => Promise<string>, signal: AbortSignal): Promise<string> {
      if (signal.aborted) throw new SendError({ is: 'retryable', reason: 'aborted' });
      const entry = entries.get(messageId) ?? add(messageId, begin);
      entry.callers += 1;
      void sendNext();
      return await new Promise<string>((resolve, reject) => {
        const giveUp = () => reject(takeBack(messageId, entry));
        signal.addEventListener('abort', giveUp, { once: true });
        entry.outcome.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
      });
    },
    /** Refuses what has not begun: the session is gone. What has begun is refused by the session itself. */
    refuseWaiting(): void {
      for (const messageId of waiting.splice(0)) {
        const entry = entries.get(messageId);
        entries.delete(messageId);
        entry?.reject(notReady());
      }
    },
  };
}
