import type { Api } from 'grammy';

type ApiSignal = NonNullable<Parameters<Api['raw']['getMe']>[0]>;

/** A signal as grammY's types want it (those of the `abort-controller` package). */
export function toApiSignal(signal: AbortSignal): ApiSignal {
  // grammY only reads `aborted` and adds and removes a listener (1.46.0, core/client), which a native signal can do too.
  return signal as unknown as ApiSignal;
}
