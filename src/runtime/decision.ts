import type { Conversation, OutboxEntry } from '../domain/conversation.ts';
import type { EventOutcome, OutcomeCode } from '../domain/event.ts';
import type { MessageId } from '../domain/ids.ts';
import type { DeliveryStatus } from '../domain/message.ts';
import type { EngineContext } from '../flow/context.ts';
import type { Program } from '../flow/program.ts';
import type { Translate } from '../i18n/translate.ts';

/** What is true when an event is decided; read once per commit. */
export interface Situation {
  readonly at: number;
  readonly program: Program;
  readonly translate: Translate;
  readonly context: Omit<EngineContext, 'consent' | 'personName'>;
  /** How the messages stand that the events to be decided ask to have sent once more. */
  readonly deliveries: ReadonlyMap<MessageId, DeliveryStatus>;
  /** Whether the person has other conversations; only read when one of the events asks. */
  readonly isLinked: boolean;
  /** Flows that an officer's act starts, when the program has them. */
  readonly hooks: { readonly released: string; readonly closed: string; readonly caseChanged: string };
}

/** A conversation after an event, what the event decided, and what the one who caused it is told. */
export interface Decision {
  readonly conversation: Conversation;
  readonly effects: readonly OutboxEntry['effect'][];
  readonly outcome: EventOutcome;
}

export function accepted(conversation: Conversation, effects: readonly OutboxEntry['effect'][] = []): Decision {
  return { conversation, effects, outcome: { is: 'accepted' } };
}

export function refused(conversation: Conversation, code: OutcomeCode): Decision {
  return { conversation, effects: [], outcome: { is: 'refused', code } };
}
