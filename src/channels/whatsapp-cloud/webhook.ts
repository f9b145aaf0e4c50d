import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { AppError } from '../../domain/errors.ts';
import type { WebhookAnswer, WebhookRequest } from '../../ports/channel.ts';
import type { Log } from '../../ports/log.ts';
import { readJson } from '../shared/read-json.ts';
import { decodeWebhook, type DecodedWebhook } from './decode.ts';

export interface WebhookOptions {
  readonly appSecret: string;
  readonly verifyToken: string;
  /** The accounts of this installation by their numbers' ids; other numbers of the app are ignored. */
  readonly accounts: ReadonlyMap<string, string>;
  readonly now: () => number;
  /** Stores what a webhook holds. Rejecting makes WhatsApp give it again. */
  readonly receive: (webhook: DecodedWebhook & { readonly is: 'read' }) => Promise<void>;
  readonly log: Log;
}

/** Webhooks are up to 3 MB (developers.facebook.com/docs/whatsapp/cloud-api/guides/set-up-webhooks). */
const webhookLimits = { maxBytes: 3 * 1024 * 1024, maxDepth: 64 };

/**
 * Answers one webhook call. GET proves to WhatsApp that the address is ours. POST: 200 once everything in it is stored, 503 when
 * the store is away (WhatsApp gives it again), 413 for a huge body, 401 without the right signature (before anything is read), 400
 * for one that is no webhook or a replay of an old one.
 */
export async function answerWebhook(request: WebhookRequest, options: WebhookOptions): Promise<WebhookAnswer> {
  if (request.method === 'GET') return answerChallenge(request.query, options.verifyToken);
  if (request.method !== 'POST') return { status: 405 };
  const { headers, body } = request;
  if (body.byteLength > webhookLimits.maxBytes) return { status: 413 };
  if (!isSigned(body, headers['x-hub-signature-256'], options.appSecret)) return { status: 401 };
  const webhook = read(body, options);
  if (webhook.is === 'unreadable') return { status: 400 };
  if (webhook.ignored.length > 0) {
    const reasons = [...new Set(webhook.ignored)];
    options.log.debug({ channel: 'whatsapp-cloud', reasons, count: webhook.ignored.length }, 'a webhook was ignored');
  }
  try {
    await options.receive(webhook);
    return { status: 200 };
  } catch (error) {
    const code = error instanceof AppError ? error.code : undefined;
    options.log.warn({ channel: 'whatsapp-cloud', code }, 'a webhook could not be stored; WhatsApp will give it again');
    return { status: 503 };
  }
}

function read(body: Uint8Array, { accounts, now }: WebhookOptions): DecodedWebhook {
  try {
    return decodeWebhook(readJson(body, webhookLimits), { accounts, receivedAt: now() });
  } catch (error) {
    if (error instanceof AppError) return { is: 'unreadable' };
    throw error;
  }
}

function answerChallenge(query: WebhookRequest['query'], verifyToken: string): WebhookAnswer {
  const { 'hub.mode': mode, 'hub.verify_token': token, 'hub.challenge': challenge } = query;
  const isOurs = mode === 'subscribe' && typeof token === 'string' && isSame(token, verifyToken);
  // What is given back is a number; nothing that a browser could take for a page.
  if (!isOurs || typeof challenge !== 'string' || !/^[\w-]{1,100}$/.test(challenge)) return { status: 403 };
  return { status: 200, body: challenge };
}

/** WhatsApp signs the bytes it sends, in which what is not ASCII is escaped: parsing and writing them again would break it. */
function isSigned(body: Uint8Array, header: string | readonly string[] | undefined, appSecret: string): boolean {
  if (typeof header !== 'string' || !/^sha256=[0-9a-f]{64}$/i.test(header)) return false;
  const expected = createHmac('sha256', appSecret).update(body).digest();
  return timingSafeEqual(Buffer.from(header.slice('sha256='.length), 'hex'), expected);
}

/** In constant time, whatever the lengths: digests are compared. */
function isSame(given: string, secret: string): boolean {
  const digest = (value: string) => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(given), digest(secret));
}
