import type { Conversation, OutboxEntry } from '../domain/conversation.ts';
import { VersionConflict } from '../domain/errors.ts';
import type { EventOutcome, StoredEvent } from '../domain/event.ts';
import { toEffectId, toId, type ConversationId, type EffectId, type EventId, type MessageId } from '../domain/ids.ts';
import type { Address, DeliveryStatus, OutboundContent } from '../domain/message.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Broadcast, Queue } from '../ports/queue.ts';
import type { ErasedConversation, Repositories } from '../ports/repositories.ts';
import { decide, decideParked, type Situation } from './decide.ts';
import { toFollowUp } from './follow-up.ts';
import type { Door } from './intake.ts';
import type { SlowEffects } from './slow-effects.ts';

/** Events decided by one commit at most, so that a flood stays within a document's size. */
const maxEventsPerCommit = 20;
/** Tries after which an event is set aside. */
const maxTries = 3;
/** An event that has waited longer may have been tried by a worker that died: its tries are counted. */
const freshMs = 10_000;
/** How long a message stays claimed by the worker that committed it; its send ends well before. */
export const claimMs = 20_000;
/** A farewell that cannot be delivered does not keep an erasure waiting longer than this. */
const erasureLimitMs = 600_000;

export interface MailboxDependencies {
  readonly repositories: Repositories;
  readonly door: Door;
  readonly queue: Queue;
  readonly broadcast: Broadcast;
  readonly clock: Clock;
  readonly log: Log;
  /** Names this process in claims. */
  readonly holder: string;
  /** What is true now for a conversation's engine: program, office hours, queue. */
  readonly situation: () => Promise<Situation>;
  readonly languageFor: (platformLanguage: string | undefined) => string;
  readonly split: (address: Address, content: OutboundContent) => readonly OutboundContent[];
  readonly slowEffects: SlowEffects;
  /** Puts back into the lane what waited for the person to write. */
  readonly reopen: (conversation: Conversation) => Promise<void>;
  /** Tells the delivery that a conversation's lane has something new. */
  readonly deliver: (conversationId: ConversationId) => void;
}

/**
 * Drains one conversation's mailbox: load the conversation, then its events; decide; commit; follow up; again, until nothing
 * waits. Safe to run twice at once: the version lets one commit through, the other reloads.
 *
 * @param fresh No worker can have tried these events yet. Otherwise each try is counted in the store before it begins, one event
 *   at a time, so that an event which kills the process is found out.
 */
export function createMailbox(dependencies: MailboxDependencies) {
  const { repositories, queue, broadcast, clock, log, slowEffects } = dependencies;
  const { conversations, events } = repositories;

  async function drain(id: ConversationId, fresh: boolean): Promise<void> {
    let careful = !fresh;
    let committed: Conversation | null = null;
    for (;;) {
      const loaded: Conversation | ErasedConversation | null = committed ?? (await conversations.get(id));
      const waiting = await events.waiting(id, maxEventsPerCommit);
      const current = loaded && !('erased' in loaded) ? loaded : null;
      if (current && !committed) await finish(current, waiting);
      if (current?.erasing) return eraseOnceSilent(current);

      const consumed = new Set(current?.consumed.map((entry) => entry.id));
      const todo = waiting.filter((event) => !consumed.has(event.id));
      const first = todo[0];
      if (!first) {
        if (waiting.length > 0) continue;
        return current?.busySince && !fresh ? settle(current) : undefined;
      }

      if (clock.now() - first.receivedAt > freshMs) careful = true;
      const batch = careful ? await events.countTries([first]) : todo;
      const decided = await decideAll(current ?? newConversation(first, loaded), batch);
      try {
        await conversations.commit(decided.conversation);
      } catch (error) {
        if (!(error instanceof VersionConflict)) throw error;
        committed = null;
        continue;
      }
      await followUp(decided.conversation, batch);
      committed = decided.conversation;
      if (decided.failure) {
        // What came before the failing event is safe; the failing one is tried again, counted.
        careful = true;
        log.error({ conversationId: id, error: decided.failure }, 'an event could not be decided');
      }
    }
  }

  /**
   * Completes what an earlier worker committed and did not carry out. The batch that follows a commit marks its events last, so
   * a consumed event that still waits is the sign that some of the batch may be missing.
   */
  async function finish(conversation: Conversation, waiting: readonly StoredEvent[]): Promise<void> {
    const waitingIds = new Set(waiting.map((event) => event.id));
    if (conversation.consumed.some(({ id }) => waitingIds.has(id))) await followUp(conversation, waiting);
    else if (conversation.busySince) await startSlowEffects(conversation);
  }

  async function decideAll(before: Conversation, batch: readonly StoredEvent[]) {
    const situation = await dependencies.situation();
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
      if (effect.type === 'requeue-message') await requeue(effect.messageId);
    }
    if (outbox.some(({ effect }) => effect.type === 'record-inbound')) await dependencies.reopen(conversation);
    const now = clock.now();
    const moved = toFollowUp({
      conversation,
      events: waiting,
      now,
      claim: { holder: dependencies.holder, until: now + claimMs },
      references,
      split: (content) => dependencies.split(address, content),
      toResult: (effectId, key, result) =>
        dependencies.door.prepare(address, { type: 'effect-completed', key, result }, ['result', effectId]),
    });
    await repositories.followUps.apply(moved);

    await startSlowEffects(conversation);
    for (const timer of moved.timers) ringForTimer(timer.conversationId, timer.name, timer.dueAt - now);
    dependencies.deliver(conversation.id);
    broadcast
      .publish('conversations', { conversationId: conversation.id })
      .catch((error: unknown) => log.debug({ error }, 'news could not be shared'));
  }

  async function startSlowEffects(conversation: Conversation): Promise<void> {
    for (const entry of conversation.outbox) {
      if (slowEffects.isPending(entry)) await slowEffects.start(conversation, entry);
    }
  }

  async function requeue(messageId: MessageId): Promise<void> {
    const message = await repositories.messages.get(messageId);
    if (!message || !('status' in message) || !resendable.has(message.status)) return;
    await repositories.messages.update(message, {
      status: 'queued',
      attempts: 0,
      dueAt: clock.now(),
      claim: null,
      failure: null,
    });
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

  function newConversation(event: StoredEvent, erased: ErasedConversation | Conversation | null): Conversation {
    const sender = event.event.type === 'message-received' ? event.event.message.sender : {};
    const version = erased?.version ?? 0;
    return {
      id: event.conversationId,
      version,
      address: event.address,
      personId: toId<'person'>(`p${version}-${event.conversationId}`),
      language: dependencies.languageFor(sender.language),
      ...(sender.name ? { personName: sender.name } : {}),
      owner: 'bot',
      session: null,
      outbox: [],
      consumed: [],
      createdAt: event.receivedAt,
      lastInboundAt: event.receivedAt,
      updatedAt: event.receivedAt,
    };
  }

  return { drain };
}

export type Mailbox = ReturnType<typeof createMailbox>;

/** What an officer may have sent once more. */
const resendable: ReadonlySet<DeliveryStatus> = new Set(['failed', 'held', 'uncertain']);
