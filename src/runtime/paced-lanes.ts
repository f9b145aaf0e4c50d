import type { OutboundMessage } from '../domain/conversation.ts';
import type { ConversationId } from '../domain/ids.ts';
import { urgencyRank, type Urgency } from '../domain/urgency.ts';
import type { Clock } from '../ports/clock.ts';
import { createUrgentFirst } from './urgent-first.ts';

/** Lanes that may wait in memory; past it only officers' do, and the sweep comes back to the others. */
const mostLanes = 20_000;

/** Lanes of an account and urgency that have their turn at once at most: some are claimed while the first waits for its token. */
const mostTurns = 8;

/** A conversation's lane that waits for its account's limit. */
export interface PacedLane {
  readonly id: ConversationId;
  /** The key of the bucket it shares with the account's other lanes. */
  readonly account: string;
  /** What that bucket lets through. */
  readonly perSecond: number;
  readonly urgency: Urgency;
  /** When its head was decided. */
  readonly since: number;
  /** Its head, when this process has claimed it and not tried it yet. */
  readonly head?: OutboundMessage;
}

/** What became of a lane's turn. `own` is a limit that other lanes do not share. */
export type Turn =
  | { readonly is: 'left' }
  | { readonly is: 'refused'; readonly by: 'account' | 'own'; readonly lane: PacedLane; readonly afterMs: number };

interface Account {
  readonly lanes: ReturnType<typeof createUrgentFirst<PacedLane>>;
  /** Turns under way, by urgency. */
  readonly turns: Record<Urgency, number>;
  /** Who was refused, and how to end the pause that follows; somebody more urgent need not wait for it. */
  refused: { readonly urgency: Urgency; readonly cancel: () => void } | null;
  wantsRoom: boolean;
}

/**
 * The lanes that wait for their accounts' sending limits, in memory and without a write: the most urgent gets its turn first, then
 * the one that has waited longest. A lane that its own person's limit refuses steps aside meanwhile, so that it keeps nobody else
 * waiting. Forgetting all of this loses nothing: the store knows what is unsent.
 */
export function createPacedLanes({
  clock,
  room,
  serve,
}: {
  readonly clock: Clock;
  /** Resolves when one more lane may be sent. */
  readonly room: () => Promise<void>;
  /** Gives a lane its turn; resolves when it has its tokens, or does not need or get them. Never rejects. */
  readonly serve: (lane: PacedLane) => Promise<Turn>;
}) {
  const accounts = new Map<string, Account>();
  const waiting = new Map<ConversationId, PacedLane>();
  /** Waiting lanes whose time has not come, and how to call that off. */
  const aside = new Map<ConversationId, () => void>();
  let isClosed = false;

  function enter(lane: PacedLane): void {
    if (isClosed || (waiting.size >= mostLanes && lane.urgency !== 'officer' && !waiting.has(lane.id))) return;
    aside.get(lane.id)?.();
    aside.delete(lane.id);
    waiting.set(lane.id, lane);
    const account = accounts.get(lane.account) ?? {
      lanes: createUrgentFirst(),
      turns: { officer: 0, bot: 0, broadcast: 0 },
      refused: null,
      wantsRoom: false,
    };
    accounts.set(lane.account, account);
    account.lanes.push(lane);
    void giveTurns(lane.account, account);
  }

  function stepAside(lane: PacedLane, afterMs: number): void {
    if (isClosed || waiting.size >= mostLanes) return;
    aside.get(lane.id)?.();
    waiting.set(lane.id, lane);
    aside.set(
      lane.id,
      clock.after(Math.max(1, afterMs), () => {
        const current = waiting.get(lane.id);
        if (current) enter(current);
      }),
    );
  }

  async function giveTurns(key: string, account: Account): Promise<void> {
    for (;;) {
      if (account.wantsRoom) return;
      account.wantsRoom = true;
      await room();
      account.wantsRoom = false;
      const lane = first(account);
      if (!lane || isClosed) break;
      if (account.refused && urgencyRank[account.refused.urgency] <= urgencyRank[lane.urgency]) return;
      const turns = Math.min(mostTurns, Math.max(1, Math.ceil(lane.perSecond / 4)));
      if (account.turns[lane.urgency] >= turns) return;
      account.lanes.pop();
      waiting.delete(lane.id);
      account.turns[lane.urgency] += 1;
      void serve(lane).then((turn) => {
        account.turns[lane.urgency] -= 1;
        settle(key, account, turn);
      });
    }
    if (account.turns.officer + account.turns.bot + account.turns.broadcast > 0) return;
    account.refused?.cancel();
    if (accounts.get(key) === account) accounts.delete(key);
  }

  function settle(key: string, account: Account, turn: Turn): void {
    if (turn.is === 'refused' && turn.by === 'own') stepAside(turn.lane, turn.afterMs);
    if (turn.is === 'refused' && turn.by === 'account') {
      account.refused?.cancel();
      const cancel = clock.after(Math.max(1, turn.afterMs), () => {
        account.refused = null;
        void giveTurns(key, account);
      });
      account.refused = { urgency: turn.lane.urgency, cancel };
      enter(turn.lane);
    }
    void giveTurns(key, account);
  }

  /** A lane that was raised or has stepped aside leaves its old place behind. */
  function first({ lanes }: Account): PacedLane | null {
    for (;;) {
      const lane = lanes.peek();
      if (!lane || (waiting.get(lane.id) === lane && !aside.has(lane.id))) return lane;
      lanes.pop();
    }
  }

  return {
    /** Puts a lane among those that wait for the account; one that waits already takes its new place. */
    enter,
    /** Lets a lane come back after a time, and then wait with the others. */
    stepAside,
    /** Whether lanes wait for this account's limit, so that one more has to stand behind them. */
    isBusy: (account: string): boolean => accounts.has(account),
    has: (id: ConversationId): boolean => waiting.has(id),
    size: (): number => waiting.size,
    /** Takes a lane out, to be looked at anew. */
    leave(id: ConversationId): void {
      aside.get(id)?.();
      aside.delete(id);
      waiting.delete(id);
    },
    /** Makes a waiting lane as urgent as this, if it is less so. */
    raise(id: ConversationId, urgency: Urgency): void {
      const lane = waiting.get(id);
      if (!lane || urgencyRank[lane.urgency] <= urgencyRank[urgency]) return;
      const raised = { ...lane, urgency };
      if (aside.has(id)) waiting.set(id, raised);
      else enter(raised);
    },
    /** Forgets all lanes. Returns what was claimed for them and not tried. */
    close(): OutboundMessage[] {
      isClosed = true;
      const heads = [...waiting.values()].flatMap(({ head }) => head ?? []);
      for (const cancel of aside.values()) cancel();
      waiting.clear();
      aside.clear();
      for (const { refused } of accounts.values()) refused?.cancel();
      return heads;
    },
  };
}
