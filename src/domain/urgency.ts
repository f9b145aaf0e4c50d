import type { Author } from './conversation.ts';

/**
 * Who goes first when a platform's limits do not let all go: an officer's reply (a person waits for a person), then the bot's, then
 * what is sent to many at once.
 */
export type Urgency = 'officer' | 'bot' | 'broadcast';

/** The lower, the sooner. */
export const urgencyRank: Readonly<Record<Urgency, number>> = { officer: 0, bot: 1, broadcast: 2 };

/** `system` writes to many at once. */
export function urgencyOf({ author }: { readonly author: Author }): Urgency {
  return author.is === 'officer' ? 'officer' : author.is === 'system' ? 'broadcast' : 'bot';
}

/** The most urgent of them; `broadcast` when there is none. */
export function mostUrgent(urgencies: Iterable<Urgency>): Urgency {
  let most: Urgency = 'broadcast';
  for (const urgency of urgencies) if (urgencyRank[urgency] < urgencyRank[most]) most = urgency;
  return most;
}
