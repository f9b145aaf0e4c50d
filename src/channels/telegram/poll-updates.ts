import { GrammyError, type Api } from 'grammy';
import type { Update } from 'grammy/types';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { allowedUpdates } from './allowed-updates.ts';
import { toApiSignal } from './api-signal.ts';
import { pause } from './pause.ts';
import { toSendError } from './to-send-error.ts';

/** What the loop needs. `store` resolves when the updates, in their order, are durable. */
interface Polling {
  readonly api: Api;
  readonly store: (updates: readonly Update[]) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
  readonly account: string;
  /** From 0 to 1; spreads the tries of several processes. */
  readonly random: () => number;
  /** How long Telegram holds a poll open when there is nothing. */
  readonly holdSeconds: number;
}

/**
 * Asks for updates until the signal is aborted; never rejects. An update is confirmed only by the poll that follows its
 * storing, so whatever fails in between (store, network, this process) it comes again. grammY's own loop confirms an update
 * whose handler failed, hence this one.
 *
 * The offset lives in memory: Telegram keeps what is not confirmed. An empty answer confirms everything before it, so the offset
 * is dropped then; after a quiet week update ids start anew at random, and an old offset would confirm unseen ones.
 */
export async function pollUpdates(polling: Polling, signal: AbortSignal): Promise<void> {
  const { api, store, holdSeconds } = polling;
  let offset: number | undefined;
  let failures = 0;
  let isWebhookRemoved = false;
  while (!signal.aborted) {
    try {
      if (!isWebhookRemoved) {
        await api.raw.deleteWebhook({ drop_pending_updates: false }, toApiSignal(signal));
        isWebhookRemoved = true;
      }
      const updates = await api.raw.getUpdates(
        { timeout: holdSeconds, allowed_updates: allowedUpdates, ...(offset !== undefined && { offset }) },
        toApiSignal(signal),
      );
      const last = updates.at(-1);
      // What came while stopping is left unconfirmed: it comes again.
      if (last && !signal.aborted) await store(updates);
      offset = last && last.update_id + 1;
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      if (isWebhookConflict(error)) isWebhookRemoved = false;
      const pauseMs = decidePause(error, failures, polling.random());
      report(polling, error, failures, pauseMs);
      await pause(polling.clock, pauseMs, signal);
    }
  }
}

/** Half a second, doubling to half a minute; longer where Telegram says so or another poller holds the bot. */
function decidePause(error: unknown, failures: number, random: number): number {
  const grown = Math.min(30_000, 500 * 2 ** Math.min(failures - 1, 10));
  const spread = Math.round(grown * (0.5 + random / 2));
  const { failure } = toSendError(error);
  const asked = failure.is === 'retryable' ? (failure.afterMs ?? 0) : 0;
  return Math.max(spread, asked, isConflict(error) ? 5_000 : 0);
}

function report({ log, account }: Polling, error: unknown, failures: number, pauseMs: number): void {
  const fields = { channel: 'telegram', account, failures, pauseMs };
  if (isConflict(error)) {
    log.warn(fields, 'another process polls this bot (409), or a webhook is set; trying again');
  } else if (isFromTelegram(error)) {
    const { failure } = toSendError(error);
    log.warn({ ...fields, reason: failure.reason }, 'updates could not be asked for; trying again');
  } else {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    log.warn({ ...fields, code }, 'updates could not be stored; they stay unconfirmed and are asked for again');
  }
}

function isFromTelegram(error: unknown): boolean {
  return error instanceof Error && (error.name === 'GrammyError' || error.name === 'HttpError');
}

function isConflict(error: unknown): boolean {
  return error instanceof GrammyError && error.error_code === 409;
}

function isWebhookConflict(error: unknown): boolean {
  return error instanceof GrammyError && error.error_code === 409 && error.description.includes('webhook');
}
