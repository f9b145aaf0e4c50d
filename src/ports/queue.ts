import type { Urgency } from '../domain/urgency.ts';

/** What a bell wakes. Each kind has one handler in a process. */
export type BellKind = 'mailbox' | 'delivery' | 'media' | 'timer';

/**
 * A wake-up call, never a grant: the handler looks in the store for what to do. `fresh` says that it is the first call for what
 * was just stored, so nobody can have tried it yet; a bell rung again by the queue itself is never fresh.
 */
export interface Bell {
  readonly kind: BellKind;
  readonly key: string;
  readonly fresh?: boolean;
}

/**
 * Doorbells. For one kind and key at most one handler runs and at most one call waits in the whole installation (as a rule, not
 * a promise: after a loss of the queue's memory two may run). A bell rung while its handler runs makes it run once more after.
 */
export interface Queue {
  /**
   * Resolves when the bell is noted; rejects within `limitMs` (50 by default) when it cannot be. Rejecting loses nothing: the sweep
   * rings again. A delayed bell is never fresh and never early; it is late by a sixteenth of its delay (16 ms at least) and what the
   * queue needs (over Redis a tenth of a second). Bells of one key with different delays are each rung.
   */
  ring(bell: Bell, options?: { readonly delayMs?: number; readonly limitMs?: number }): Promise<void>;
  /** Calls `handler` for each bell of the kind, at most `concurrency` at once. A handler that rejects is called again after a growing pause (0.5 s to 30 s). */
  listen(
    kind: BellKind,
    handler: (bell: Bell) => Promise<void>,
    options: { readonly concurrency: number },
  ): Promise<void>;
  /** Takes no more bells and waits for running handlers. */
  close(): Promise<void>;
  /** @throws when the queue cannot be reached within two seconds. */
  ping(): Promise<void>;
}

/** News for screens: ids only, delivered at most once; a reader that reconnects refetches. */
export interface Broadcast {
  publish(topic: string, news: { readonly [key: string]: string | number }): Promise<void>;
  /** Returns a function that ends the subscription. */
  subscribe(topic: string, reader: (news: { readonly [key: string]: string | number }) => void): () => void;
  close(): Promise<void>;
}

export interface Bucket {
  readonly key: string;
  /** Tokens it holds at most. */
  readonly capacity: number;
  readonly refillPerSecond: number;
  /**
   * Tokens that the bot leaves for officers, and a broadcast twice as many (but a full bucket lets anybody through). Whoever leaves
   * them still gets every token that refills, so a reserve costs no throughput, only a part of the burst. None when absent.
   */
  readonly reserve?: number;
}

export type Grant =
  | { readonly granted: true }
  | {
      readonly granted: false;
      /** When all the buckets will have what is asked, if nobody takes from them meanwhile; a minute at most. */
      readonly afterMs: number;
      /** The keys of those that have too little. */
      readonly refusedBy: readonly string[];
    };

/** Sending limits shared by all workers. A bucket that is not known was empty when the memory began and has filled since, so a wiped memory never doubles a budget. */
export interface Budget {
  /** Takes one token from every bucket, or from none and says when to ask again and who refused. */
  take(buckets: readonly Bucket[], urgency: Urgency): Promise<Grant>;
  /** Closes a bucket to everybody for a time, as its platform asked; it then opens with a single token. Never rejects. */
  hold(bucket: Bucket, forMs: number): Promise<void>;
  close(): Promise<void>;
}
