import type { OpenAccounts } from '../../src/ports/accounts.ts';
import type { ChannelAdapter } from '../../src/ports/channel.ts';

/** Accounts that a test may change by `set`; all others are unknown. */
export function fixedAccounts(adapters: readonly ChannelAdapter[]): OpenAccounts & {
  set(adapters: readonly ChannelAdapter[]): void;
} {
  let open = adapters;
  const listeners = new Set<() => void>();
  return {
    all: () => open,
    of: ({ channel, account }) => open.find((one) => one.channel === channel && one.account === account) ?? null,
    capabilitiesOf: (channel) => open.find((one) => one.channel === channel)?.capabilities ?? null,
    absenceOf: async () => 'unknown',
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    set(now) {
      open = now;
      for (const listener of listeners) listener();
    },
  };
}
