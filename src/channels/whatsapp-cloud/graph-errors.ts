import { outsideWindow } from '../../domain/message.ts';
import type { SendError } from '../../domain/errors.ts';

type Failure = SendError['failure'];

const second = 1000;
const minute = 60 * second;

const throttled = (afterMs: number): Failure => ({ is: 'retryable', reason: 'throttled', afterMs, limit: 'account' });
/** Says nothing of the message: it waits until somebody mends the settings or the account. */
const waitsForAdmin = (reason: string, afterMs = minute): Failure => ({ is: 'retryable', reason, afterMs });
const down: Failure = { is: 'retryable', reason: 'server-error' };
const final = (reason: string): Failure => ({ is: 'final', reason });

/** What each error code of the Graph API means for a message (developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes). */
const failures: ReadonlyMap<number, Failure> = new Map<number, Failure>([
  [1, down],
  [2, down],
  [131000, down],
  [131016, down],
  [133004, down],
  [131057, { ...down, afterMs: minute }],
  [4, throttled(minute)],
  [80007, throttled(minute)],
  [130429, throttled(second)],
  // One message in six seconds to one person, after a burst.
  [131056, { is: 'retryable', reason: 'pair-limit', afterMs: 6 * second, limit: 'person' }],
  // Too many people blocked or reported the number: only time mends it.
  [131048, throttled(15 * minute)],
  [0, waitsForAdmin('token-refused')],
  [3, waitsForAdmin('token-refused')],
  [10, waitsForAdmin('token-refused')],
  [190, waitsForAdmin('token-refused')],
  [200, waitsForAdmin('token-refused')],
  [131005, waitsForAdmin('token-refused')],
  [131045, waitsForAdmin('number-not-registered')],
  [133010, waitsForAdmin('number-not-registered')],
  [368, waitsForAdmin('account-locked', 15 * minute)],
  [131031, waitsForAdmin('account-locked', 15 * minute)],
  [131042, waitsForAdmin('payment-missing', 15 * minute)],
  [131047, { is: 'held', reason: outsideWindow }],
  [131026, { is: 'final', reason: 'person-gone', gone: true }],
  [131021, final('own-number')],
  [131030, final('not-a-test-recipient')],
  [130472, final('platform-declined')],
  [131049, final('platform-declined')],
  [131050, final('opted-out')],
  [131052, final('media-refused')],
  [131053, final('media-refused')],
  [132000, final('template-refused')],
  [132001, final('template-refused')],
  [132005, final('template-refused')],
  [132007, final('template-refused')],
  [132012, final('template-refused')],
  [132015, final('template-paused')],
  [132016, final('template-disabled')],
]);

/** A code that is not known is a refusal: 100, 131008, 131009 and 131051 among them. */
export function failureOfCode(code: number): Failure {
  return failures.get(code) ?? (code > 200 && code < 300 ? waitsForAdmin('token-refused') : final('refused'));
}
