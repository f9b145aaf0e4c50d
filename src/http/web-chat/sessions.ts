import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../ports/clock.ts';

const randomLength = 24;
const expiryLength = 6;
const signatureLength = 32;
const tokenLength = randomLength + expiryLength + signatureLength;
const lifetimeMs = 90 * 24 * 3_600_000;

/** Someone who holds a valid token. `chat` names their conversation and gives no way back to the token. */
export interface ChatSession {
  readonly chat: string;
  readonly expiresAt: number;
}

export interface ChatSessions {
  /** A new chat, or the same chat with a new expiry when `renewed` is a valid token. Tokens live 90 days. */
  issue(renewed?: string): { readonly token: string; readonly expiresAt: number };
  /** Null when the token was not made with this key, was changed, or has expired. */
  verify(token: string): ChatSession | null;
}

/**
 * Tokens that prove themselves, so that the server keeps nothing: random bytes, expiry, and an HMAC over both under a key derived
 * from the installation's secret. Whoever loses the secret loses all sessions.
 */
export function createChatSessions({ sessionKey, clock }: { sessionKey: Buffer; clock: Clock }): ChatSessions {
  const key = createHmac('sha256', sessionKey).update('web-chat session').digest();
  const sign = (body: Buffer) => createHmac('sha256', key).update(body).digest();

  function open(token: string): { readonly random: Buffer; readonly expiresAt: number } | null {
    const bytes = Buffer.from(token, 'base64url');
    // The second check refuses other spellings of the same bytes.
    if (bytes.length !== tokenLength || bytes.toString('base64url') !== token) return null;
    const body = bytes.subarray(0, randomLength + expiryLength);
    if (!timingSafeEqual(sign(body), bytes.subarray(randomLength + expiryLength))) return null;
    const expiresAt = body.readUIntBE(randomLength, expiryLength);
    return expiresAt > clock.now() ? { random: body.subarray(0, randomLength), expiresAt } : null;
  }

  return {
    issue(renewed) {
      const random = (renewed === undefined ? null : open(renewed))?.random ?? randomBytes(randomLength);
      const expiresAt = clock.now() + lifetimeMs;
      const body = Buffer.concat([random, Buffer.alloc(expiryLength)]);
      body.writeUIntBE(expiresAt, randomLength, expiryLength);
      return { token: Buffer.concat([body, sign(body)]).toString('base64url'), expiresAt };
    },
    verify(token) {
      const opened = open(token);
      if (!opened) return null;
      const chat = createHash('sha256').update(opened.random).digest('base64url');
      return { chat, expiresAt: opened.expiresAt };
    },
  };
}
