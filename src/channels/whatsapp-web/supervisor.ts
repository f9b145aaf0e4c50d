import {
  deadlineOf,
  defaultLimits,
  type Stage,
  type SupervisorLimits,
  type SupervisorState,
} from './supervisor-state.ts';

/** What happened: to the process, on the page, or by an order. */
export type SessionEvent =
  | { readonly is: 'start' }
  | { readonly is: 'stop' }
  /** Somebody wants to pair, or to try again at once. */
  | { readonly is: 'wake' }
  /** A deadline has come. */
  | { readonly is: 'tick' }
  | { readonly is: 'qr'; readonly qr: string }
  | { readonly is: 'code'; readonly code: string }
  | { readonly is: 'pulse'; readonly state: string | null; readonly hasSynced: boolean }
  | { readonly is: 'ready'; readonly phone: string }
  | { readonly is: 'logged-out' }
  | { readonly is: 'disconnected'; readonly state: string }
  | { readonly is: 'fault'; readonly reason: string }
  | { readonly is: 'exited' };

/** What the session's actor does about it, in this order. */
export type SessionAction =
  | 'open-process'
  | 'close-process'
  | 'kill-process'
  | 'nudge'
  /** The phone no longer knows this session: its profile is worth nothing. */
  | 'wipe-profile'
  | 'catch-up'
  /** What is known of the phone changed (`isPaired`, `isBanned`): keep it. */
  | 'remember';

export interface SupervisorStep {
  readonly state: SupervisorState;
  readonly actions: readonly SessionAction[];
}

/** Decides what follows an event. Pure: the same state, event and time give the same answer. */
export function supervise(
  state: SupervisorState,
  event: SessionEvent,
  now: number,
  limits: SupervisorLimits = defaultLimits,
): SupervisorStep {
  switch (event.is) {
    case 'start':
      if (state.stage.is !== 'off') return same(state);
      return state.isBanned ? move(state, { is: 'banned' }, now) : open(state, now);
    case 'stop':
      return hasProcess(state) ? close(state, 'off', 'stopped', now) : move(state, { is: 'off' }, now);
    case 'wake':
      return wake(state, now);
    case 'exited':
      return exited(state, now, limits);
    case 'tick':
      return tick(state, now, limits);
    default:
      return state.stage.is === 'closing' || !hasProcess(state) ? same(state) : live(state, event, now, limits);
  }
}

type LiveEvent = Exclude<SessionEvent, { is: 'start' | 'stop' | 'wake' | 'exited' | 'tick' }>;

/** Events of a process that is wanted. Any of them shows that it lives. */
function live(before: SupervisorState, event: LiveEvent, now: number, limits: SupervisorLimits): SupervisorStep {
  const state = { ...before, pulseAt: now };
  const { stage } = state;
  switch (event.is) {
    case 'qr': {
      // The first one of a process lasts longer. A new one while linked means that the phone let go.
      const expiresAt = now + (stage.is === 'pairing' ? limits.nextQrMs : limits.firstQrMs);
      const code = stage.is === 'pairing' && stage.code !== undefined ? { code: stage.code } : {};
      const unlinked = state.isPaired ? { isPaired: false, wasLoggedOut: true } : {};
      const next = move({ ...state, ...unlinked }, { is: 'pairing', qr: event.qr, expiresAt, ...code }, now);
      return state.isPaired ? { ...next, actions: ['remember'] } : next;
    }
    case 'code':
      return stage.is === 'pairing' ? same({ ...state, stage: { ...stage, code: event.code } }) : same(state);
    case 'pulse':
      return pulse(state, event, now, limits);
    case 'ready':
      // It may come twice.
      if (stage.is === 'ready') return same(state);
      return {
        ...move({ ...state, ...linked, reason: 'connection' }, { is: 'ready', phone: event.phone }, now),
        actions: ['remember', 'catch-up'],
      };
    case 'logged-out':
      return logOut(state, now);
    case 'disconnected':
      if (isBan(event.state)) return ban(state, now);
      if (isUnpaired(event.state)) return logOut(state, now);
      return fail(state, `whatsapp-${event.state.toLowerCase()}`, now);
    case 'fault':
      return fail(state, event.reason, now);
  }
}

const linked = { isPaired: true, wasLoggedOut: false, idleRounds: 0 } as const;

function pulse(
  state: SupervisorState,
  event: SessionEvent & { is: 'pulse' },
  now: number,
  limits: SupervisorLimits,
): SupervisorStep {
  const { stage } = state;
  const isConnected = event.state === 'CONNECTED';
  if (event.state !== null && isBan(event.state)) return ban(state, now);
  switch (stage.is) {
    case 'starting':
      return isConnected ? move(state, { is: 'syncing', nudgeAt: now + limits.nudgeMs }, now) : same(state);
    case 'pairing':
      if (isConnected) return move(state, { is: 'syncing', nudgeAt: now + limits.nudgeMs }, now);
      // Nobody scanned, and the page shows no more codes (the library's own refresh fails: it runs outside the page).
      return event.state === 'UNPAIRED_IDLE' ? idle(state, now) : same(state);
    case 'syncing':
      if (!event.hasSynced || now < stage.nudgeAt) return same(state);
      return { state: { ...state, stage: { ...stage, nudgeAt: now + limits.nudgeMs } }, actions: ['nudge'] };
    case 'ready': {
      const steady =
        now - state.since >= limits.steadyMs
          ? { ...state, failures: 0, failingSince: now }
          : { ...state, failingSince: now };
      if (isConnected) return same(steady);
      if (isUnpaired(event.state)) return logOut(state, now);
      return move({ ...steady, reason: 'connection' }, { is: 'offline', phone: stage.phone }, now);
    }
    case 'offline':
      if (isUnpaired(event.state)) return logOut(state, now);
      // What came meanwhile may not be told by an event.
      if (isConnected) return { ...move(state, { is: 'ready', phone: stage.phone }, now), actions: ['catch-up'] };
      return same(state);
    default:
      return same(state);
  }
}

function tick(state: SupervisorState, now: number, limits: SupervisorLimits): SupervisorStep {
  const deadline = deadlineOf(state, limits);
  if (deadline === null || now < deadline) return same(state);
  const isSilent = now >= state.pulseAt + limits.pulseMs;
  switch (state.stage.is) {
    case 'pausing':
      return open(state, now);
    case 'closing':
      // Killed and still there: ask again, nothing else can be done.
      return { ...move(state, { ...state.stage, isKilled: true }, now), actions: ['kill-process'] };
    case 'starting':
      return fail(state, 'start-too-slow', now);
    case 'pairing':
      return isSilent ? fail(state, 'page-silent', now) : idle(state, now);
    case 'syncing':
      return fail(state, isSilent ? 'page-silent' : 'never-ready', now);
    case 'offline':
      return fail(state, isSilent ? 'page-silent' : 'no-connection', now);
    case 'ready':
      return fail(state, 'page-silent', now);
    case 'off':
    case 'banned':
      return same(state);
  }
}

function exited(state: SupervisorState, now: number, limits: SupervisorLimits): SupervisorStep {
  const next = state.stage.is === 'closing' ? state.stage.next : 'pause';
  if (next === 'off') return move(state, { is: 'off' }, now);
  if (next === 'banned') return move(state, { is: 'banned' }, now);
  if (next === 'idle') {
    const until = now + grow(limits.firstPauseMs, state.idleRounds, limits.longestIdleMs);
    return move({ ...state, idleRounds: state.idleRounds + 1 }, { is: 'pausing', until }, now);
  }
  if (!hasProcess(state)) return same(state);
  const reason = state.stage.is === 'closing' ? state.reason : 'process-ended';
  const until = now + grow(limits.firstPauseMs, state.failures, limits.longestPauseMs);
  return move({ ...state, reason, failures: state.failures + 1 }, { is: 'pausing', until }, now);
}

function wake(state: SupervisorState, now: number): SupervisorStep {
  if (state.stage.is !== 'pausing' && state.stage.is !== 'banned') return same(state);
  const isUnbanned = state.isBanned;
  const step = open({ ...state, isBanned: false, failures: 0, idleRounds: 0 }, now);
  return isUnbanned ? { ...step, actions: ['remember', ...step.actions] } : step;
}

function open(state: SupervisorState, now: number): SupervisorStep {
  return { ...move({ ...state, pulseAt: now }, { is: 'starting' }, now), actions: ['open-process'] };
}

function close(
  state: SupervisorState,
  next: (Stage & { is: 'closing' })['next'],
  reason: string,
  now: number,
): SupervisorStep {
  const isClosing = state.stage.is === 'closing';
  const step = move({ ...state, reason }, { is: 'closing', isKilled: false, next }, isClosing ? state.since : now);
  return isClosing ? step : { ...step, actions: ['close-process'] };
}

function fail(state: SupervisorState, reason: string, now: number): SupervisorStep {
  return close(state, 'pause', reason, now);
}

function idle(state: SupervisorState, now: number): SupervisorStep {
  return close(state, 'idle', 'nobody-paired', now);
}

/** The process must be gone before its profile is: the actor wipes after the exit. */
function logOut(state: SupervisorState, now: number): SupervisorStep {
  const step = close({ ...state, isPaired: false, wasLoggedOut: true }, 'pause', 'logged-out', now);
  return { ...step, actions: ['remember', 'wipe-profile', ...step.actions] };
}

function ban(state: SupervisorState, now: number): SupervisorStep {
  const step = close({ ...state, isBanned: true }, 'banned', 'banned', now);
  return { ...step, actions: ['remember', ...step.actions] };
}

/** WhatsApp's terms of service were held against the number (WAState of whatsapp-web.js). */
function isBan(state: string): boolean {
  return state === 'TOS_BLOCK' || state === 'SMB_TOS_BLOCK';
}

function isUnpaired(state: string | null): boolean {
  return state === 'UNPAIRED' || state === 'UNPAIRED_IDLE';
}

function hasProcess({ stage }: SupervisorState): boolean {
  return stage.is !== 'off' && stage.is !== 'pausing' && stage.is !== 'banned';
}

function grow(firstMs: number, times: number, longestMs: number): number {
  return Math.min(longestMs, firstMs * 2 ** Math.min(times, 20));
}

function move(state: SupervisorState, stage: Stage, now: number): SupervisorStep {
  return { state: { ...state, stage, since: now }, actions: [] };
}

function same(state: SupervisorState): SupervisorStep {
  return { state, actions: [] };
}
