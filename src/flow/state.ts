import type { Json } from '../domain/effect.ts';
import type { SessionState } from '../domain/conversation.ts';
import type { InboundContent } from '../domain/message.ts';

/** A session as the engine keeps it between events: plain JSON. `spec` changes when older sessions can no longer be read as they are. */
export interface State {
  spec: 1;
  /** Tells this session's buttons and keys from another's: the time it began, in base 36. */
  session: string;
  language: string;
  /** Messages of the person so far. */
  turn: number;
  /** Waits and frames so far; the next one's number. */
  count: number;
  /** Events since the person last wrote; bounded, so that timers and results cannot keep a loop running. */
  unattended?: number;
  /** When the person last wrote, milliseconds since the epoch. */
  lastAt: number;
  /** When the silence timer that is set fires. */
  silenceAt: number;
  /** What `set` decided in this session; the event's context may still say the old. */
  consent?: 'given' | 'withdrawn';
  /** The stack of flows; the last one runs. */
  frames: Frame[];
  wait: Wait | null;
  /** Messages that came while a result was awaited, oldest first. */
  pending?: PendingMessage[];
  /** Questions asked, for «back»; forgotten when something was done that cannot be asked again. */
  trail: [frame: number, node: string][];
  /** The question answered last, for an edit of that answer. */
  answered?: { frame: number; node: string; messageId?: string };
  /** The album last met, so that its other pictures are not answered one by one. */
  album?: { id: string; accepted: boolean; noted?: boolean };
}

export interface PendingMessage {
  content: InboundContent;
  attachmentId?: string;
  messageId?: string;
}

/** One running flow, pinned to its version. */
export interface Frame {
  id: number;
  flow: string;
  version: number;
  node: string;
  variables: Record<string, Json>;
  /** How a variable's value is read back, where that differs from the value. */
  shown?: Record<string, string>;
  /** Set on a frame that a global intent or the runtime pushed over another one's question. */
  interrupts?: boolean;
  /** The question (or timer) of this frame that was interrupted. */
  wait?: Wait;
}

/** What the session waits for. */
export interface Wait {
  /** Part of the buttons' ids and the key of an effect: unique among all sessions of a conversation. */
  id: string;
  for: 'person' | 'result' | 'timer';
  /** Answers that were not understood so far. */
  tries: number;
  since: number;
  /** The node's own notes: how far it is. */
  data?: Json;
  /** An offer of the engine itself (after a failure) instead of a node's question. */
  offer?: 'failed';
  /** What was waited for when the offer was made. */
  under?: Wait;
  /** What came while this wait was interrupted: its timer, or the result it needs. */
  arrived?: { result?: Json };
}

/** A session that has not begun to run anything. `count` goes on from an earlier session of the same moment, so that ids stay unique. */
export function createState(at: number, language: string, count = 0): State {
  return {
    spec: 1,
    session: at.toString(36),
    language,
    turn: 0,
    count,
    lastAt: at,
    silenceAt: 0,
    frames: [],
    wait: null,
    trail: [],
  };
}

/** A copy that a step may change; null when it is not a session this engine can read. */
export function copyState(state: SessionState): State | null {
  if (state['spec'] !== 1 || !Array.isArray(state['frames'])) return null;
  const session = state as unknown as State; // Only the engine writes sessions, and it writes this.
  return {
    ...session,
    frames: session.frames.map(copyFrame),
    wait: session.wait === null ? null : { ...session.wait },
    trail: session.trail.slice(),
    ...(session.pending === undefined ? {} : { pending: session.pending.slice() }),
  };
}

function copyFrame(frame: Frame): Frame {
  const { shown } = frame;
  const variables = { ...frame.variables };
  return shown === undefined ? { ...frame, variables } : { ...frame, variables, shown: { ...shown } };
}

export function toSessionState(state: State): SessionState {
  return state as unknown as SessionState; // Plain JSON by its type.
}
