import type { ChannelStatus } from '../../ports/channel.ts';

/** How long each stage may last, in milliseconds. */
export interface SupervisorLimits {
  /** From the start of the process to a QR code or a linked phone; covers a silent server and a page that changed. */
  readonly startMs: number;
  /** From a linked phone to 'ready'. */
  readonly readyMs: number;
  /** After which a page that has synchronised is told so once more. */
  readonly nudgeMs: number;
  /** Without a sign of life from the page: a crash or hang that nobody reported. */
  readonly pulseMs: number;
  /** Without a connection to WhatsApp, while the page tries by itself. */
  readonly offlineMs: number;
  /** How long the first QR code and each later one is good for. */
  readonly firstQrMs: number;
  readonly nextQrMs: number;
  /** What a QR code may be overdue. */
  readonly lateQrMs: number;
  /** What a graceful close may take before the process is killed. */
  readonly closeMs: number;
  /** Ready for so long, and earlier failures are forgotten. */
  readonly steadyMs: number;
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  /** What a session that nobody pairs waits between two rounds of QR codes, at most. */
  readonly longestIdleMs: number;
}

/** Codes last as WhatsApp Web shows them: the first one a minute, later ones twenty seconds (seen in its page). */
export const defaultLimits: SupervisorLimits = {
  startMs: 120_000,
  readyMs: 120_000,
  nudgeMs: 10_000,
  pulseMs: 45_000,
  offlineMs: 180_000,
  firstQrMs: 60_000,
  nextQrMs: 20_000,
  lateQrMs: 60_000,
  closeMs: 10_000,
  steadyMs: 120_000,
  firstPauseMs: 1_000,
  longestPauseMs: 300_000,
  longestIdleMs: 600_000,
};

/** Where the session's process is. */
export type Stage =
  | { readonly is: 'off' }
  | { readonly is: 'starting' }
  | { readonly is: 'pairing'; readonly qr: string; readonly expiresAt: number; readonly code?: string }
  | { readonly is: 'syncing'; readonly nudgeAt: number }
  | { readonly is: 'ready'; readonly phone: string }
  | { readonly is: 'offline'; readonly phone: string }
  | { readonly is: 'closing'; readonly isKilled: boolean; readonly next: 'off' | 'pause' | 'idle' | 'banned' }
  | { readonly is: 'pausing'; readonly until: number }
  | { readonly is: 'banned' };

export interface SupervisorState {
  readonly stage: Stage;
  /** When the stage began. */
  readonly since: number;
  readonly pulseAt: number;
  /** A phone is linked, as far as is known. */
  readonly isPaired: boolean;
  readonly isBanned: boolean;
  readonly wasLoggedOut: boolean;
  /** Since when `ready` was not reached or kept. */
  readonly failingSince: number;
  readonly failures: number;
  /** Rounds of QR codes that nobody scanned. */
  readonly idleRounds: number;
  readonly reason: string;
}

export function initialState(known: { isPaired: boolean; isBanned: boolean }, now: number): SupervisorState {
  return {
    stage: { is: 'off' },
    ...{ since: now, pulseAt: now, failingSince: now, failures: 0, idleRounds: 0 },
    ...{ ...known, wasLoggedOut: false, reason: 'starting' },
  };
}

/** When `tick` is due next; null when nothing is waited for. */
export function deadlineOf(state: SupervisorState, limits: SupervisorLimits = defaultLimits): number | null {
  const { stage, since, pulseAt } = state;
  switch (stage.is) {
    case 'off':
    case 'banned':
      return null;
    case 'starting':
      return since + limits.startMs;
    case 'pairing':
      return Math.min(stage.expiresAt + limits.lateQrMs, pulseAt + limits.pulseMs);
    case 'syncing':
      return Math.min(since + limits.readyMs, pulseAt + limits.pulseMs);
    case 'ready':
      return pulseAt + limits.pulseMs;
    case 'offline':
      return Math.min(since + limits.offlineMs, pulseAt + limits.pulseMs);
    case 'closing':
      return since + limits.closeMs;
    case 'pausing':
      return stage.until;
  }
}

/** What officers are told. */
export function statusOf(state: SupervisorState): ChannelStatus {
  const { stage, since } = state;
  switch (stage.is) {
    case 'pairing':
      return { ...stage, since };
    case 'ready':
      return { ...stage, since };
    case 'banned':
      return { is: 'banned', since };
    default:
      if (state.isBanned) return { is: 'banned', since };
      if (state.isPaired) return { is: 'degraded', since: state.failingSince, reason: state.reason };
      return { is: state.wasLoggedOut ? 'logged-out' : 'unpaired', since };
  }
}
