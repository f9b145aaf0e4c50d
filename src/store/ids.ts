import { createHmac } from 'node:crypto';
import { toId, type ConversationId } from '../domain/ids.ts';
import type { IdDerivation } from '../ports/repositories.ts';
import { BoundedCache } from './bounded-cache.ts';

/** Ids, and the tokens by which the store finds what it must not name. */
export interface Derivation extends IdDerivation {
  /** Stands in an index for a value that would tell something of a person (a platform's message id, a reference). */
  token(purpose: string, parts: readonly (string | number)[]): string;
}

/** By what a message is found that a platform speaks of. */
export function platformToken(
  ids: Derivation,
  { channel, account }: { readonly channel: string; readonly account: string },
  platformMessageId: string,
): string {
  return ids.token('platform message', [channel, account, platformMessageId]);
}

/** 22 characters of base64url: 132 bits. */
const idLength = 22;
const conversationsKept = 20_000;

/**
 * Keyed hashes (HMAC-SHA256) of what an id stands for. A letter before the hash says what kind of id it is and keeps it from
 * being read as a number or an option.
 */
export function deriveIds(idKey: Buffer): Derivation {
  const conversations = new BoundedCache<ConversationId>(conversationsKept);
  const hash = (purpose: string, parts: readonly (string | number)[]) =>
    createHmac('sha256', idKey).update(JSON.stringify([purpose, ...parts]));
  const derive = (letter: string, purpose: string, parts: readonly (string | number)[]): string =>
    letter + hash(purpose, parts).digest('base64url').slice(0, idLength);

  return {
    conversation(address) {
      const parts = [address.channel, address.account, address.chat];
      const name = JSON.stringify(parts);
      const known = conversations.get(name);
      if (known !== undefined) return known;
      const id = toId<'conversation'>(derive('c', 'conversation', parts));
      conversations.set(name, id);
      return id;
    },
    event: (parts) => toId(derive('e', 'event', parts)),
    number: (parts) => hash('number', parts).digest().readUIntBE(0, 6),
    token: (purpose, parts) => derive('t', purpose, parts),
  };
}
