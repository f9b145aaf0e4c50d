import type { Absence } from '../ports/accounts.ts';

/** What becomes of an account's messages and files while it is absent: why they wait and for how long, or why they never go. */
export function toAbsence(
  absence: Absence,
):
  | { readonly isForGood: true; readonly reason: string }
  | { readonly isForGood: false; readonly reason: string; readonly pauseMs: number } {
  switch (absence) {
    case 'paused':
      return { isForGood: false, reason: 'account-paused', pauseMs: 15_000 };
    case 'not-open-yet':
      return { isForGood: false, reason: 'account-not-open-yet', pauseMs: 1_000 };
    case 'removed':
      return { isForGood: true, reason: 'account-removed' };
    case 'unknown':
      return { isForGood: true, reason: 'no-such-channel' };
  }
}
