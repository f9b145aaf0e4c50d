import type { ConversationEvent, EventOutcome } from '../domain/event.ts';
import type { ConversationId, EventId } from '../domain/ids.ts';
import type { Conversation } from '../domain/conversation.ts';
import type { Clock } from '../ports/clock.ts';
import type { Repositories } from '../ports/repositories.ts';
import type { Door } from './intake.ts';

const answerLimitMs = 10_000;
const firstLookMs = 5;
const longestPauseMs = 250;

/** What an officer may do to a conversation; each act is an event in the one mailbox, answered with its outcome. */
export type OfficerAct = Extract<ConversationEvent, { officerId: unknown }>;

/** `pending`: it is stored and will be decided, but not within the time a request waits. */
export type ActAnswer = EventOutcome | { readonly is: 'pending'; readonly eventId: EventId };

/** Carries officers' acts to the mailbox. `requestId` makes a repeated request the same act; of another kind it is another act. */
export function createHandoff({ repositories, door, clock }: { repositories: Repositories; door: Door; clock: Clock }) {
  async function outcomeOf(id: EventId): Promise<ActAnswer> {
    const until = clock.now() + answerLimitMs;
    for (let pauseMs = firstLookMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      const outcome = await repositories.events.outcome(id);
      if (outcome) return outcome;
      if (clock.now() >= until) return { is: 'pending', eventId: id };
      await new Promise<void>((resolve) => clock.after(pauseMs, resolve));
    }
  }

  return {
    /** Null when there is no such conversation (or it was erased). @throws StoreUnavailable */
    async act(conversationId: ConversationId, act: OfficerAct, requestId: string): Promise<ActAnswer | null> {
      const conversation = await repositories.conversations.get(conversationId);
      if (!conversation || 'erased' in conversation) return null;
      const id = await door.post(conversation.address, act, ['officer', act.officerId, act.type, requestId]);
      return await outcomeOf(id);
    },
    /** Conversations that wait for an officer (urgent first, then the longest), or those an officer has. */
    list: (...query: Parameters<Repositories['conversations']['list']>): Promise<Conversation[]> =>
      repositories.conversations.list(...query),
  };
}

export type Handoff = ReturnType<typeof createHandoff>;
