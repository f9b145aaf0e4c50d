/** How a session of WhatsApp Web is, for officers and metrics. Times are milliseconds since the epoch. */
export type SessionStatus =
  /** No phone is linked, and no code is shown at this moment. */
  | { readonly is: 'unpaired'; readonly since: number }
  /** A person with the phone may scan `qr` (or type `code`) until it expires; a new one follows. */
  | {
      readonly is: 'pairing';
      readonly since: number;
      readonly qr: string;
      readonly expiresAt: number;
      readonly code?: string;
    }
  | { readonly is: 'ready'; readonly since: number; readonly phone: string }
  /** A phone is linked, but nothing can be sent now; `reason` is a word for the log. It mends itself. */
  | { readonly is: 'degraded'; readonly since: number; readonly reason: string }
  /** The phone's owner ended the link: pair again. */
  | { readonly is: 'logged-out'; readonly since: number }
  /** WhatsApp has blocked the number. Nothing is tried again until somebody asks for it. */
  | { readonly is: 'banned'; readonly since: number };
