import { createHash, timingSafeEqual } from 'node:crypto';
import { AppError } from '../../domain/errors.ts';
import type { Intake, WebhookRequest } from '../../ports/channel.ts';
import type { Log } from '../../ports/log.ts';
import { readJson } from '../shared/read-json.ts';
import type { Receiver } from './receive-updates.ts';

/** An update is some kilobytes; the longest text is 4096 characters. The HTTP server should refuse larger bodies unread. */
const webhookLimits = { maxBytes: 1024 * 1024, maxDepth: 64 };

/**
 * Answers one webhook call with a status: 200 once the update is stored, 503 when the store is away (Telegram gives it again),
 * 401 without the right secret (before anything is read), 413 for a huge body, 400 for one that is no update.
 */
export async function answerWebhook(
  request: Pick<WebhookRequest, 'headers' | 'body'>,
  { secret, receiver, intake, log }: { secret: string; receiver: Receiver; intake: Intake; log: Log },
): Promise<{ readonly status: 200 | 400 | 401 | 413 | 503 }> {
  if (!isSameSecret(request.headers['x-telegram-bot-api-secret-token'], secret)) return { status: 401 };
  let update: unknown;
  try {
    update = readJson(request.body, webhookLimits);
  } catch (error) {
    if (error instanceof AppError) return { status: error.code === 'too-large' ? 413 : 400 };
    throw error;
  }
  try {
    const [decoded] = await receiver.receive([update], intake);
    return { status: decoded?.is === 'unreadable' ? 400 : 200 };
  } catch (error) {
    const code = error instanceof AppError ? error.code : undefined;
    log.warn({ channel: 'telegram', code }, 'an update could not be stored; Telegram will give it again');
    return { status: 503 };
  }
}

/** In constant time, whatever the lengths: digests are compared. */
function isSameSecret(given: string | readonly string[] | undefined, secret: string): boolean {
  const digest = (value: string) => createHash('sha256').update(value).digest();
  return typeof given === 'string' && timingSafeEqual(digest(given), digest(secret));
}
