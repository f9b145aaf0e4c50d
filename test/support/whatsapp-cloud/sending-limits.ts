import { GraphError } from './graph-error.ts';

/** What WhatsApp allows one number to send. */
export interface SendingLimits {
  readonly perSecond: number;
  /** One message to one person in this time ... */
  readonly pairEveryMs: number;
  /** ... after this many at once. */
  readonly pairBurst: number;
}

export const realLimits: SendingLimits = { perSecond: 80, pairEveryMs: 6_000, pairBurst: 45 };

/** Counts all sends in a sliding second, and each person's in a bucket that fills by one every `pairEveryMs`. */
export class SendingMeter {
  #sends: number[] = [];
  #pairs = new Map<string, { left: number; at: number }>();

  /** Counts one send. @throws GraphError when a limit is reached; then nothing is counted. */
  count(limits: SendingLimits, to: string, now: number): void {
    const recent = this.#sends.filter((at) => at > now - 1000);
    if (recent.length >= limits.perSecond) {
      throw new GraphError(429, 130429, '(#130429) Rate limit hit', { details: 'too many messages from this number' });
    }
    const known = this.#pairs.get(to) ?? { left: limits.pairBurst, at: now };
    const left = Math.min(limits.pairBurst, known.left + (now - known.at) / limits.pairEveryMs);
    if (left < 1) {
      throw new GraphError(400, 131056, '(#131056) (Business Account, Consumer Account) pair rate limit hit', {
        details: 'too many messages from this number to the same number',
      });
    }
    this.#pairs.set(to, { left: left - 1, at: now });
    this.#sends = [...recent, now];
  }
}
