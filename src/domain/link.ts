import type { ConversationId } from './ids.ts';
import { toPlainDigits } from './plain-digits.ts';

/** Conversations that may belong to one person. */
export const mostLinked = 5;

/** What a flow may ask about the other channels of a person; each is answered with a `LinkAnswer`. */
export type LinkAct =
  /** `linked` or `alone`, with the other `channels`. */
  | { readonly do: 'list' }
  /** `given` with `code`, which this conversation shows; `too-many` today; `full`: the person has all the channels they may have. */
  | { readonly do: 'give-code' }
  /** `asked`, whether or not there is such a case: a code went to its conversation, never to this one. `own`, `too-many`. */
  | { readonly do: 'ask-code'; readonly reference: string }
  /** `found` with `grant` and `channel`, once for each code; or why not, see `LinkRefusal`. */
  | { readonly do: 'check-code'; readonly code: string }
  /** `linked`, once the person has agreed; or why not. */
  | { readonly do: 'join'; readonly grant: string }
  /** `unlinked`: the conversation named (`this`: the asking one) has a person of its own again; or `not-linked`. */
  | { readonly do: 'leave'; readonly target: string };

/**
 * Why two conversations are not linked: `gone` was erased or left meanwhile, `linked-already` with each other, `linked-elsewhere`: the one
 * that wants to join has other channels of its own, `own` typed where the code was given.
 */
export type LinkRefusal =
  'wrong' | 'expired' | 'used' | 'own' | 'linked-already' | 'linked-elsewhere' | 'full' | 'gone' | 'too-many';

/** Another conversation of the same person. */
export interface LinkedChannel {
  readonly conversationId: ConversationId;
  readonly channel: string;
}

/** Every link code has as many digits. */
export const linkCodeLength = 8;

/** What a person typed, as the link code it is, or null. Arabic digits, blanks and dashes are understood. */
export function normaliseLinkCode(text: string): string | null {
  const digits = toPlainDigits(text);
  return digits.length === linkCodeLength && /^\d+$/.test(digits) ? digits : null;
}

/** A text that is kept for others to read, without what may be a link code; empty when nothing else is left. */
export function withoutLinkCodes(text: string): string {
  const masked = text.replace(maybeCode, '…');
  return /[^…\s]/.test(masked) ? masked : '';
}

const digits = '[0-9\u0660-\u0669\u06f0-\u06f9]';
const maybeCode = new RegExp(`(?<!${digits})${digits}{4}[\\s\\p{Cf}\\p{Pd}]*${digits}{4}(?!${digits})`, 'gu');
