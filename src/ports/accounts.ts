import type { Json } from '../domain/effect.ts';
import type { Address } from '../domain/message.ts';
import type { Capabilities, ChannelAdapter } from './channel.ts';

/** What names an account: one bot, number or site of a channel. */
export type AccountName = Pick<Address, 'channel' | 'account'>;

/** What opens an account: tokens, secrets, its pace. Sealed where it is kept; never shown, logged or broadcast. */
export type AccountSettings = Readonly<Record<string, Json>>;

/** Settings that a channel has read. */
export interface AccountDraft {
  readonly settings: AccountSettings;
  /** The number or bot behind them, which may be here once and never changes. Null where only the phone that links it knows. */
  readonly identity: string | null;
  /** What officers may see of them: nothing that opens the account. */
  readonly shown: AccountSettings;
  /**
   * Asks the platform whether it takes them; a platform that does not answer keeps nobody from adding an account.
   * @throws AppError 'token-refused', 'number-unknown', 'app-secret-refused' or 'browser-missing'
   */
  check(signal: AbortSignal): Promise<'good' | 'unreachable'>;
  open(account: string): ChannelAdapter;
}

/** What a channel knows of its accounts. */
export interface AccountKind {
  readonly channel: string;
  readonly capabilities: Capabilities;
  /** Reads what somebody typed or what was kept. With `before`, what is not given stays. @throws AppError 'payload-invalid' that repeats no value */
  read(given: unknown, before?: AccountSettings): AccountDraft;
  /** Removes what a removed account left on this machine, once its session has ended. Idempotent. */
  forget?(account: string): Promise<void>;
}

/** Why an account's messages cannot be sent: for now (the first two), or ever. */
export type Absence = 'paused' | 'not-open-yet' | 'removed' | 'unknown';

/** The accounts as this process knows them now; they come and go. */
export interface OpenAccounts {
  all(): readonly ChannelAdapter[];
  /** Null for one that is not here or is paused. */
  of(name: AccountName): ChannelAdapter | null;
  /** What every account of a channel can carry, also one that this process has not heard of yet. */
  capabilitiesOf(channel: string): Capabilities | null;
  /** Asked when `of` gives none. @throws StoreUnavailable */
  absenceOf(name: AccountName): Promise<Absence>;
  /** Calls back after each change; returns what ends that. */
  onChange(listener: () => void): () => void;
}
