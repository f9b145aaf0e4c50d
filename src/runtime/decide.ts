import type { Conversation, RuntimeEffect } from '../domain/conversation.ts';
import type { Effect, Json } from '../domain/effect.ts';
import type { StoredEvent } from '../domain/event.ts';
import { toId, type AttachmentId, type EventId } from '../domain/ids.ts';
import { resendableStatuses } from '../domain/message.ts';
import type { EngineEvent } from '../flow/event.ts';
import { step } from '../flow/engine.ts';
import { beginLink, decideNotice, decideUnlink, settleLink } from './decide-link.ts';
import { accepted, refused, type Decision, type Situation } from './decision.ts';

/** Decides one event: pure, so that the same event on the same conversation always decides the same. */
export function decide(conversation: Conversation, stored: StoredEvent, situation: Situation): Decision {
  const { event } = stored;
  switch (event.type) {
    case 'message-received':
      return decideMessage(conversation, stored, situation);
    case 'timer-fired':
      if (conversation.owner !== 'bot') return accepted(conversation);
      return stepped(conversation, situation, { type: 'timer', name: event.name });
    case 'effect-completed':
      return answered(conversation, situation, event.key, event.result);
    case 'media-lost':
      // An officer sees that the file is lost, and asks for it if it matters.
      if (conversation.owner === 'officer') return accepted(conversation);
      return stepped(conversation, situation, event);
    case 'flow-requested':
      if (conversation.owner !== 'bot') return refused(conversation, 'owned-by-another');
      return stepped(conversation, situation, { type: 'start', flowId: event.flowId, parameters: event.parameters });
    case 'officer-claimed': {
      // An old list of who waits must not silence the bot in a conversation that has gone on since.
      if (conversation.owner === 'bot') return refused(conversation, 'not-queued');
      if (conversation.owner === 'officer' && conversation.officer?.id !== event.officerId) {
        return refused(conversation, 'owned-by-another');
      }
      const officer = { id: event.officerId, name: event.officerName };
      return accepted({ ...conversation, owner: 'officer', officer });
    }
    case 'officer-replied':
      if (!isOwnedBy(conversation, event.officerId)) return refused(conversation, 'not-owned');
      return accepted(conversation, [{ type: 'send-as-officer', officerId: event.officerId, content: event.content }]);
    case 'officer-noted':
      return accepted(conversation, [{ type: 'record-note', officerId: event.officerId, text: event.text }]);
    case 'officer-released':
    case 'officer-closed': {
      if (!isOwnedBy(conversation, event.officerId)) return refused(conversation, 'not-owned');
      const flowId = event.type === 'officer-closed' ? situation.hooks.closed : situation.hooks.released;
      const returned = returnToBot(conversation);
      if (!situation.program.flow(flowId)) return accepted({ ...returned, session: null });
      return stepped({ ...returned, session: null }, situation, { type: 'start', flowId, parameters: {} });
    }
    case 'case-changed':
      return decideCase(conversation, event, situation);
    case 'resend-requested': {
      const status = situation.deliveries.get(event.messageId);
      if (!status) return refused(conversation, 'not-found');
      if (!resendableStatuses.has(status)) return refused(conversation, 'not-failed');
      return accepted(conversation, [{ type: 'requeue-message', messageId: event.messageId }]);
    }
    case 'link-agreed':
      return beginLink(conversation, event) ?? answered(conversation, situation, event.key, { is: 'gone' });
    case 'link-settled': {
      const settled = settleLink(conversation, event);
      if (!settled) return accepted(conversation);
      const told = answered(settled.conversation, situation, event.key, { is: event.is });
      return { ...told, effects: [...settled.effects, ...told.effects] };
    }
    case 'unlink-agreed':
    case 'officer-unlinked':
      return decideUnlink(conversation, event, situation);
    case 'link-code-asked':
    case 'channel-linked':
    case 'channel-unlinked':
      return decideNotice(conversation, event, situation);
    default:
      return event satisfies never;
  }
}

/** Gives the engine a result, unless the question it belongs to is no longer the bot's to go on with. */
function answered(conversation: Conversation, situation: Situation, key: string, result: Json): Decision {
  if (conversation.owner !== 'bot') return accepted(conversation);
  return stepped(conversation, situation, { type: 'result', key, result });
}

/** The case changes whoever has the conversation; while an officer has it, the news is theirs to tell. */
function decideCase(
  conversation: Conversation,
  { caseId, reference, status }: Extract<StoredEvent['event'], { type: 'case-changed' }>,
  situation: Situation,
): Decision {
  const change: RuntimeEffect = { type: 'change-case', caseId, status };
  const flowId = situation.hooks.caseChanged;
  if (conversation.owner !== 'bot' || !situation.program.flow(flowId)) return accepted(conversation, [change]);
  const decision = stepped(conversation, situation, { type: 'start', flowId, parameters: { reference, status } });
  return { ...decision, effects: [change, ...decision.effects] };
}

/** Decides that an event which failed too often is set aside: the person hears an apology and is offered a human. */
export function decideParked(conversation: Conversation, stored: StoredEvent, situation: Situation): Decision {
  const recorded: RuntimeEffect[] =
    stored.event.type === 'message-received' ? [{ type: 'record-inbound', eventId: stored.id }] : [];
  const parked = (decision: Decision): Decision => ({
    ...decision,
    effects: [...recorded, ...decision.effects],
    outcome: { is: 'parked' },
  });
  if (conversation.owner !== 'bot') return parked(accepted(conversation));
  try {
    return parked(stepped(conversation, situation, { type: 'failed' }));
  } catch {
    // The session itself cannot be read any more: leave it behind and let a person take over.
    const text = situation.translate(conversation.language, 'engine:failed');
    return parked({
      ...accepted({ ...conversation, session: null, owner: 'queue', handoff: handoff(situation.at, 'failed') }, [
        { type: 'send', content: { type: 'text', text } },
      ]),
    });
  }
}

function decideMessage(conversation: Conversation, stored: StoredEvent, situation: Situation): Decision {
  if (stored.event.type !== 'message-received') return accepted(conversation);
  const { message } = stored.event;
  const record: RuntimeEffect = { type: 'record-inbound', eventId: stored.id };
  const heard: Conversation = {
    ...conversation,
    lastInboundAt: situation.at,
    ...(message.sender.name ? { personName: message.sender.name } : {}),
  };

  let owned = heard;
  if (heard.owner !== 'bot') {
    const text = message.content.type === 'text' && message.kind === 'message' ? message.content.text : null;
    const intent = text === null ? null : situation.program.matchIntent(text);
    // While a human answers (or is awaited) the bot is silent; but whoever wants to leave, stop, unlink or be forgotten is obeyed.
    const obeyed = intent === 'stop' || intent === 'delete-my-data' || intent === 'unlink';
    const leavesQueue = heard.owner === 'queue' && (intent === 'menu' || intent === 'cancel');
    if (!obeyed && !leavesQueue) return accepted(heard, [record]);
    owned = returnToBot(heard);
  }

  const decision = stepped(owned, situation, {
    type: 'message',
    content: message.content,
    ...(message.content.type === 'media' ? { attachmentId: attachmentIdOf(stored.id) } : {}),
    ...(message.kind === 'edit' ? { edited: true } : {}),
    messageId: message.platformMessageId,
  });
  return { ...decision, effects: [record, ...decision.effects] };
}

/** The file of an inbound message is named by its event: one message carries at most one. */
export function attachmentIdOf(eventId: EventId): AttachmentId {
  return toId(eventId);
}

/** Runs the engine and takes what concerns the conversation itself out of its effects. */
function stepped(conversation: Conversation, situation: Situation, what: EngineWhat): Decision {
  const event: EngineEvent = {
    ...what,
    at: situation.at,
    language: conversation.language,
    context: {
      ...situation.context,
      ...(conversation.consent ? { consent: conversation.consent } : {}),
      ...(conversation.personName ? { personName: conversation.personName } : {}),
    },
  };
  const { state, effects } = step(situation.program, conversation.session, event);
  let next: Conversation = { ...conversation, session: state };
  const toCarryOut: Effect[] = [];
  for (const effect of effects) {
    switch (effect.type) {
      case 'hand-over':
        next = { ...next, owner: 'queue', handoff: handoff(situation.at, effect.reason, effect) };
        break;
      case 'set-language':
        next = { ...next, language: effect.language };
        break;
      case 'set-consent':
        next = { ...next, consent: effect.consent };
        break;
      case 'erase-person':
        next = { ...next, erasing: true };
        toCarryOut.push(effect);
        break;
      default:
        toCarryOut.push(effect);
    }
  }
  return accepted(next, toCarryOut);
}

type EngineWhat = EngineEvent extends infer Event
  ? Event extends unknown
    ? Omit<Event, 'at' | 'language' | 'context'>
    : never
  : never;

function isOwnedBy(conversation: Conversation, officerId: string): boolean {
  return conversation.owner === 'officer' && conversation.officer?.id === officerId;
}

function returnToBot(conversation: Conversation): Conversation {
  const { officer: _officer, handoff: _handoff, ...rest } = conversation;
  return { ...rest, owner: 'bot' };
}

function handoff(
  since: number,
  reason: string,
  details: { urgency?: 'normal' | 'urgent'; summary?: string } = {},
): NonNullable<Conversation['handoff']> {
  return {
    since,
    reason,
    urgency: details.urgency ?? 'normal',
    ...(details.summary ? { summary: details.summary } : {}),
  };
}
