/** A message as the server keeps it. `t` is in seconds since the epoch. */
export interface WireMessage {
  readonly id: string;
  readonly chat: string;
  readonly fromMe: boolean;
  readonly type: string;
  readonly t: number;
  readonly [attribute: string]: unknown;
}

/** What the server tells the page. */
export type Push =
  | { readonly is: 'qr'; readonly ref: string }
  | { readonly is: 'linked'; readonly me: string; readonly syncMs: number; readonly history: readonly WireMessage[] }
  | { readonly is: 'state'; readonly state: string }
  | { readonly is: 'message'; readonly message: WireMessage; readonly isQuiet: boolean }
  | { readonly is: 'change'; readonly key: string; readonly attributes: Record<string, unknown> }
  | { readonly is: 'logged-out' }
  | { readonly is: 'synced-again' }
  | { readonly is: 'hang' };

/** What the page asks of the server. */
export type Ask =
  | { readonly is: 'send'; readonly message: WireMessage }
  | { readonly is: 'exists'; readonly chat: string }
  | { readonly is: 'phone-of'; readonly chat: string }
  | { readonly is: 'earlier'; readonly chat: string; readonly known: readonly string[] }
  | { readonly is: 'pairing-code'; readonly phone: string }
  | { readonly is: 'told'; readonly what: string; readonly chat?: string };
