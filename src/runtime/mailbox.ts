import type { Conversation, OutboxEntry } from '../domain/conversation.ts';
import { StoreUnavailable, VersionConflict } from '../domain/errors.ts';
import type { EventOutcome, StoredEvent } from '../domain/event.ts';
import { toEffectId, type ConversationId, type EffectId, type EventId } from '../domain/ids.ts';
import type { Address, OutboundContent } from '../domain/message.ts';
import { mostUrgent, urgencyOf, type Urgency } from '../domain/urgency.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Meter } from '../ports/meter.ts';
import type { Broadcast, Queue } from '../ports/queue.ts';
import type { ErasedConversation } from '../ports/conversation-repositories.ts';
import type { Repositories } from '../ports/repositories.ts';
import { decide, decideParked } from './decide.ts';
import type { Situation } from './decision.ts';
import { changeCase } from './change-case.ts';
import { toFollowUp } from './follow-up.ts';
import type { Door } from './intake.ts';
import { isBeginning, newConversation, senderOf } from './new-conversation.ts';
import { createResend } from './resend.ts';
import type { SlowEffects } from './slow-effects.ts';

/** Events decided by one commit at most, so that a flood stays within a document's size. */
const maxEventsPerCommit = 20;
/** Where consumed events are looked for when a flood may hide them: far more than one commit consumes. */
const farthestLook = 1_000;
/** Tries after which an event is set aside. */
const maxTries = 3;
/** An event that has waited longer may have been tried by a worker that died: its tries are counted. */
const freshMs = 10_000;
/** How long a message stays claimed by the worker that committed it; its send ends well before. */
export const claimMs = 20_000;
/** A farewell that cannot be delivered does not keep an erasure waiting longer than this. */
const erasureLimitMs = 600_000;
/** Tries remembered that the store cut short. */
const cutShortKept = 1_000;

export interface MailboxDependencies {
  readonly repositories: Repositories;
  readonly door: Door;
  readonly queue: Queue;
  readonly broadcast: Broadcast;
  readonly meter: Pick<Meter, 'turned' | 'parked'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Names this process in claims. */
  readonly holder: string;
  /** What is true now for a conversation's engine: program, office hours, queue. */
  readonly situation: () => Promise<Omit<Situation, 'deliveries' | 'isLinked'>>;
  readonly languageFor: (platformLanguage: string | undefined) => string;
  readonly split: (address: Address, content: OutboundContent) => readonly OutboundContent[];
  readonly slowEffects: SlowEffects;
  /** Puts back into the lane what waited for the person to write. */
  readonly reopen: (conversation: Conversation) => Promise<void>;
  /** Messages to the address wait for a sending limit: they are left to whoever gets the tokens. */
  readonly isPaced: (address: Address) => boolean;
  /** Tells the delivery that a conversation's lane has something new, and how urgent that is. */
  readonly deliver: (conversationId: ConversationId, urgency: Urgency) => void;
}

/**
 * Drains one conversation's mailbox: load the conversation, then its events; decide; commit; follow up; again, until nothing
 * waits. Safe to run twice at once: the version lets one commit through, the other reloads.
 *
 * @param fresh No worker can have tried these events yet. Otherwise each try is counted in the store before it begins, and
 *   an event that was tried before is tried alone, so that one which kills the process is found out.
 */
export function createMailbox(dependencies: MailboxDependencies) {
  const { repositories, queue, broadcast, meter, clock, log, slowEffects } = dependencies;
  const { conversations, events } = repositories;
  const resend = createResend({ messages: repositories.messages, clock });
  /** Counted tries that ended because the store was away or somebody else was first, which no event is to blame for. */
  const cutShort = new Map<EventId, StoredEvent>();
  let isClosing = false;

  async function drain(id: ConversationId, fresh: boolean): Promise<void> {
    let careful = !fresh;
    let committed: Conversation | null = null;
    while (!isClosing) {
      const begunAt = clock.now();
      const loaded: Conversation | ErasedConversation | null = committed ?? (await conversations.get(id));
      const waiting = await events.waiting(id, maxEventsPerCommit);
      const current = loaded && !('erased' in loaded) ? loaded : null;
      if (current && !committed) await finish(current, waiting);
      if (current?.erasing) return eraseOnceSilent(current);

      const consumed = new Set(current?.consumed.map((entry) => entry.id));
      const todo = waiting.filter((event) => !consumed.has(event.id));
      const first = todo[0];
      if (!first) {
        if (waiting.length === 0) return current?.busySince && !fresh ? settle(current) : undefined;
        // Decided, and not marked: another worker counted a try in between. `finish` marks what is there now.
        committed = null;
        continue;
      }
      if (!current && !isBeginning(first)) {
        await refuseWithoutConversation(first);
        continue;
      }

      if (clock.now() - first.receivedAt > freshMs) careful = true;
      try {
        const batch = careful ? await countTries(todo) : todo;
        const decided = await decideAll(current ?? begin(first, loaded), batch);
        await commit(decided.conversation, batch);
        for (const { outcome } of decided.conversation.consumed) if (outcome.is === 'parked') meter.parked();
        await followUp(decided.conversation, batch);
        meter.turned(clock.now() - begunAt);
        committed = decided.conversation;
        if (decided.failure) {
          // What came before the failing event is safe; the failing one is tried again, counted.
          careful = true;
          log.error({ conversationId: id, error: decided.failure }, 'an event could not be decided');
        }
      } catch (error) {
        // Somebody else was first: look again at what is there now.
        if (!(error instanceof VersionConflict)) throw error;
        committed = null;
      }
    }
  }

  /**
   * Begins counted tries. What nobody tried yet is decided together, so that a backlog does not drain the slower the older it is;
   * what a worker may have died of is decided alone.
   */
  async function countTries(todo: readonly StoredEvent[]): Promise<readonly StoredEvent[]> {
    const tried = todo.findIndex((event) => event.tries > 0);
    const untried = tried < 0 ? todo : todo.slice(0, tried);
    const [first] = todo;
    if (untried.length > 1) return events.countTries(untried);
    return first ? [await countTry(first)] : [];
  }

  /** Counts a try before it begins; one that was cut short goes on under its old number. */
  async function countTry(event: StoredEvent): Promise<StoredEvent> {
    const begun = cutShort.get(event.id);
    if (begun && cutShort.delete(event.id) && begun.version === event.version) return event;
    const [counted = event] = await events.countTries([event]);
    return counted;
  }

  async function commit(conversation: Conversation, batch: readonly StoredEvent[]): Promise<void> {
    try {
      await conversations.commit(conversation);
    } catch (error) {
      if (error instanceof VersionConflict || error instanceof StoreUnavailable) {
        if (cutShort.size >= cutShortKept) cutShort.clear();
        for (const event of batch) if (event.tries > 0) cutShort.set(event.id, event);
      }
      throw error;
    }
  }

  /**
   * A timer, a result or an officer's act whose conversation is gone: its person was erased, and must not come back by it. It is looked
   * for once more, since it may have been made after the first look.
   */
  async function refuseWithoutConversation(event: StoredEvent): Promise<void> {
    const again = await conversations.get(event.conversationId);
    if (again && !('erased' in again)) return;
    await repositories.followUps.apply({
      ...{ conversation: begin(event, again), lines: [], messages: [], timers: [], cancelledTimers: [] },
      ...{ cases: [], results: [], records: [] },
      consumed: [{ event, outcome: { is: 'refused', code: 'erased' } }],
    });
  }

  /**
   * Completes what an earlier worker committed and did not carry out. The batch that follows a commit marks its events last, so
   * a consumed event that still waits is the sign that some of the batch may be missing.
   */
  async function finish(conversation: Conversation, newest: readonly StoredEvent[]): Promise<void> {
    // Clocks differ between processes: a flood may stand before what was consumed.
    const mayHide = newest.length >= maxEventsPerCommit;
    const waiting = mayHide ? await events.waiting(conversation.id, farthestLook) : newest;
    const waitingIds = new Set(waiting.map((event) => event.id));
    if (conversation.consumed.some(({ id }) => waitingIds.has(id))) await followUp(conversation, waiting);
    else if (conversation.busySince) startSlowEffects(conversation);
  }

  async function decideAll(before: Conversation, batch: readonly StoredEvent[]) {
    const situation = {
      ...(await dependencies.situation()),
      deliveries: await resend.deliveriesAskedFor(before.id, batch),
      isLinked:
        batch.some(({ event }) => event.type === 'officer-unlinked') &&
        (await repositories.people.conversations(before.personId)).length > 1,
    };
    const effects: OutboxEntry['effect'][] = [];
    const consumed: { id: EventId; outcome: EventOutcome }[] = [];
    let state = before;
    let failure: unknown = null;
    for (const event of batch) {
      try {
        const isParked = event.tries > maxTries;
        const decision = isParked ? decideParked(state, event, situation) : decide(state, event, situation);
        if (isParked) log.error({ conversationId: state.id, eventId: event.id }, 'an event was parked');
        state = decision.conversation;
        effects.push(...decision.effects);
        consumed.push({ id: event.id, outcome: decision.outcome });
      } catch (error) {
        if (consumed.length === 0) throw error;
        failure = error;
        break;
      }
    }
    return { conversation: toCommit(before, state, effects, consumed), failure };
  }

  function toCommit(
    before: Conversation,
    { busySince: _busySince, ...after }: Conversation,
    effects: readonly OutboxEntry['effect'][],
    consumed: Conversation['consumed'],
  ): Conversation {
    const version = before.version + 1;
    const outbox = [
      ...before.outbox.filter((entry) => slowEffects.isPending(entry)),
      ...effects.map((effect, index) => ({ id: toEffectId(before.id, version, index), effect })),
    ];
    const now = clock.now();
    const isBusy = after.erasing === true || outbox.some((entry) => slowEffects.isPending(entry));
    return { ...after, version, outbox, consumed, updatedAt: now, ...(isBusy ? { busySince: now } : {}) };
  }

  /** Moves an outbox to where it lives. Idempotent: every id in it is derived. */
  async function followUp(conversation: Conversation, waiting: readonly StoredEvent[]): Promise<void> {
    const { outbox, address } = conversation;
    const references = new Map<EffectId, string>();
    for (const { id, effect } of outbox) {
      if (effect.type === 'open-case') references.set(id, await repositories.cases.reserveReference(id));
      if (effect.type === 'requeue-message') await resend.requeue(effect.messageId);
      if (effect.type === 'move-cases') await repositories.cases.moveWithConversation(conversation.id);
      if (effect.type === 'change-case') await changeCase(repositories.cases, effect, clock.now());
    }
    if (outbox.some(({ effect }) => effect.type === 'record-inbound')) await dependencies.reopen(conversation);
    const now = clock.now();
    const moved = toFollowUp({
      conversation,
      events: waiting,
      now,
      claim: dependencies.isPaced(address) ? null : { holder: dependencies.holder, until: now + claimMs },
      references,
      split: (content) => dependencies.split(address, content),
      toResult: (effectId, key, result) =>
        dependencies.door.prepare(address, { type: 'effect-completed', key, result }, ['result', effectId]),
    });
    await repositories.followUps.apply(moved);

    startSlowEffects(conversation);
    for (const timer of moved.timers) ringForTimer(timer.conversationId, timer.name, timer.dueAt - now);
    dependencies.deliver(conversation.id, mostUrgent(moved.messages.map(urgencyOf)));
    broadcast
      .publish('conversations', { conversationId: conversation.id })
      .catch((error: unknown) => log.debug({ error }, 'news could not be shared'));
  }

  function startSlowEffects(conversation: Conversation): void {
    for (const entry of conversation.outbox) if (slowEffects.isPending(entry)) slowEffects.start(conversation, entry);
  }

  /** Due times are in the store; the bell only makes a short wait exact. */
  function ringForTimer(conversationId: ConversationId, name: string, delayMs: number): void {
    if (delayMs > 60_000) return;
    dependencies.queue
      .ring({ kind: 'timer', key: `${conversationId}|${name}` }, { delayMs: Math.max(1, delayMs) })
      .catch((error: unknown) => log.debug({ conversationId, error }, 'a timer bell could not be set'));
  }

  /** The key goes when the farewell has gone; until then this worker, or the sweep, comes back. */
  async function eraseOnceSilent(conversation: Conversation): Promise<void> {
    const unsent = await repositories.messages.lane(conversation.id, 1);
    const isOverdue = clock.now() - conversation.updatedAt > erasureLimitMs;
    if (unsent.length > 0 && !isOverdue) {
      await queue.ring({ kind: 'mailbox', key: conversation.id }, { delayMs: 1_000 });
      return;
    }
    await repositories.people.erase(conversation.personId);
    log.info({ conversationId: conversation.id }, 'a person was erased');
  }

  /** Drops slow effects that are done, so that the sweep does not come upon this conversation again. */
  async function settle({ busySince: _busySince, ...conversation }: Conversation): Promise<void> {
    if (conversation.outbox.some((entry) => slowEffects.isPending(entry))) return;
    await conversations.commit({ ...conversation, version: conversation.version + 1, outbox: [], consumed: [] });
  }

  function begin(event: StoredEvent, left: ErasedConversation | Conversation | null): Conversation {
    return newConversation(event, left?.version ?? 0, dependencies.languageFor(senderOf(event).language));
  }

  return {
    drain,
    /** Begins no further commit; what waits is in the store. */
    close(): void {
      isClosing = true;
    },
  };
}
