import type { AccountName } from './accounts.ts';

/** Counts what happens, at a constant cost. Accounts are told apart by their names; nothing else of whom it is about goes out. */
export interface Meter {
  /** Messages of people that were new. */
  received(account: AccountName): void;
  sent(account: AccountName, tookMs: number): void;
  failed(account: AccountName): void;
  held(account: AccountName): void;
  /** From the load of a conversation's events to the write that follows their commit. */
  turned(tookMs: number): void;
  /** An event was set aside after its tries. */
  parked(): void;
}

/** Counts nothing. */
export const silentMeter: Meter = {
  received() {},
  sent() {},
  failed() {},
  held() {},
  turned() {},
  parked() {},
};
