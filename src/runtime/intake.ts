import { StoreUnavailable } from '../domain/errors.ts';
import type { ConversationEvent, StoredEvent } from '../domain/event.ts';
import type { ConversationId, EventId } from '../domain/ids.ts';
import type { Address, InboundMessage } from '../domain/message.ts';
import type { Intake } from '../ports/channel.ts';
import type { Log } from '../ports/log.ts';
import type { Meter } from '../ports/meter.ts';
import type { Queue } from '../ports/queue.ts';
import type { EventRepository } from '../ports/conversation-repositories.ts';
import type { IdDerivation } from '../ports/repositories.ts';
import type { ArrivalOrder } from './arrival-order.ts';

/** The longest text that is kept of a message (or of a name, a caption, a tap); the platforms themselves stop at about 4,096. */
const maxTextLength = 16_000;
/** Messages on their way into the store at once; past it a platform is told to come again, as when the store is away. */
const mostUnderWay = 5_000;

/** The one door of the mailbox: for people's messages (`accept`) and for everything else that happens (`post`). */
export interface Door extends Intake {
  /**
   * Inserts one event whose id is derived from `cause` (what makes it unique), so that posting it again changes nothing.
   * @throws StoreUnavailable
   */
  post(address: Address, event: ConversationEvent, cause: readonly (string | number)[]): Promise<EventId>;
  /** The same event, ready to be inserted by the write that follows a commit. */
  prepare(address: Address, event: ConversationEvent, cause: readonly (string | number)[]): StoredEvent;
}

/** Makes events durable with one insert each, then rings. A bell that cannot be rung is no reason to refuse. */
export function createIntake(dependencies: {
  events: EventRepository;
  ids: IdDerivation;
  queue: Queue;
  nextOrder: ArrivalOrder;
  meter: Pick<Meter, 'received'>;
  log: Log;
}): Door {
  const { events, ids, queue, nextOrder, meter, log } = dependencies;

  function prepare(address: Address, event: ConversationEvent, cause: readonly (string | number)[]): StoredEvent {
    const { order, receivedAt } = nextOrder();
    const conversationId = ids.conversation(address);
    const id = ids.event([conversationId, ...cause]);
    return { id, version: 1, conversationId, address, order, receivedAt, tries: 0, event };
  }

  let underWay = 0;

  async function insert(batch: readonly StoredEvent[]): Promise<void> {
    const inserted = await events.insert(batch);
    // Also for a duplicate: the first try may have died before ringing. But then somebody may have tried it.
    const fresh = new Map<ConversationId, boolean>();
    batch.forEach(({ conversationId, event }, index) => {
      if (event.type === 'message-received' && inserted[index] === 'inserted') meter.received(event.message.address);
      fresh.set(conversationId, inserted[index] === 'inserted' && fresh.get(conversationId) !== false);
    });
    await Promise.all([...fresh].map(([conversationId, isFresh]) => ring(conversationId, isFresh)));
  }

  async function ring(conversationId: ConversationId, isFresh: boolean): Promise<void> {
    try {
      await queue.ring({ kind: 'mailbox', key: conversationId, ...(isFresh ? { fresh: true } : {}) });
    } catch (error) {
      log.warn({ conversationId, error }, 'a mailbox bell could not be rung; the sweep will');
    }
  }

  return {
    prepare,
    async accept(messages) {
      const batch = messages.map((message) =>
        prepare(message.address, { type: 'message-received', message: bounded(message) }, messageCause(message)),
      );
      if (batch.length === 0) return;
      // Alone, a batch of any size is let in: its platform could not make it smaller.
      if (underWay > 0 && underWay + batch.length > mostUnderWay)
        throw new StoreUnavailable(`${underWay} messages wait to be stored`);
      underWay += batch.length;
      try {
        await insert(batch);
      } finally {
        underWay -= batch.length;
      }
    },
    async post(address, event, cause) {
      const stored = prepare(address, event, cause);
      await insert([stored]);
      return stored.id;
    },
  };
}

/** The id of a message's event, which is also its transcript line's and its file's. */
export function eventIdOf(ids: IdDerivation, message: InboundMessage): EventId {
  return ids.event([ids.conversation(message.address), ...messageCause(message)]);
}

/** A platform's update counter is no part of it: Telegram's restarts at random after a quiet week. */
function messageCause(message: InboundMessage): readonly (string | number)[] {
  return ['message', message.platformMessageId, message.kind, message.editedAt ?? 0];
}

function bounded(message: InboundMessage): InboundMessage {
  const { content, sender } = message;
  return { ...message, content: withShortTexts(content), sender: withShortTexts(sender) };
}

/** The same, every text in it cut to what is kept. */
function withShortTexts<Value extends object>(value: Value): Value {
  const entries = Object.entries(value).map(([name, one]: [string, unknown]) => {
    if (typeof one === 'string' && one.length > maxTextLength)
      return [name, one.slice(0, maxTextLength).toWellFormed()] as const;
    return [name, typeof one === 'object' && one !== null ? withShortTexts(one) : one] as const;
  });
  return Object.fromEntries(entries) as Value; // The same fields with the same types.
}
