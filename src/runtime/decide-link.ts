import type { Conversation, RuntimeEffect } from '../domain/conversation.ts';
import type { Effect, Json } from '../domain/effect.ts';
import type { ConversationEvent } from '../domain/event.ts';
import { toId } from '../domain/ids.ts';
import { channelName, shownLinkCode } from '../flow/link-words.ts';
import { accepted, refused, type Decision, type Situation } from './decision.ts';

type EventOf<Type extends ConversationEvent['type']> = Extract<ConversationEvent, { type: Type }>;

/** Passes the conversation to the other person until `settle-link` has looked once more; null when it has changed since the person agreed. */
export function beginLink(conversation: Conversation, event: EventOf<'link-agreed'>): Decision | null {
  const { key, from, to, knownId } = event;
  if (conversation.owner !== 'bot' || conversation.linking || conversation.personId !== from) return null;
  return accepted({ ...conversation, personId: to, linking: { key, from } }, [
    { type: 'settle-link', key, from, to, knownId },
  ]);
}

/** Keeps the conversation where it is, or gives it back; null when this has been decided. */
export function settleLink(conversation: Conversation, event: EventOf<'link-settled'>): Decision | null {
  const { linking, ...rest } = conversation;
  if (linking?.key !== event.key) return null;
  if (event.is !== 'linked') return accepted({ ...rest, personId: linking.from }, [{ type: 'move-cases' }]);
  const announcement: RuntimeEffect = {
    type: 'announce-link',
    is: 'linked',
    personId: rest.personId,
    by: { conversationId: rest.id },
  };
  return accepted(rest, [{ type: 'move-cases' }, announcement]);
}

/** Gives the conversation a person of its own again. */
export function decideUnlink(
  conversation: Conversation,
  event: EventOf<'unlink-agreed'> | EventOf<'officer-unlinked'>,
  situation: Situation,
): Decision {
  const { id, version, personId } = conversation;
  const isWanted = event.type === 'officer-unlinked' ? situation.isLinked : event.from === personId;
  // Versions are never used twice, so nobody ever had this name.
  const own = toId<'person'>(`p${version}-${id}`);
  if (!isWanted || conversation.linking || personId === own) return refused(conversation, 'not-linked');
  const by = event.type === 'officer-unlinked' ? { officerId: event.officerId } : { conversationId: event.askedIn };
  const isAskedHere = event.type === 'unlink-agreed' && event.askedIn === id;
  return accepted({ ...conversation, personId: own }, [
    { type: 'move-cases' },
    { type: 'announce-link', is: 'unlinked', personId, by },
    // Where it was asked for, the flow says so.
    ...(isAskedHere ? [] : [notice(conversation, situation, 'link-unlinked-here')]),
  ]);
}

/** What the person is told whoever has the conversation: their own safety is no officer's to tell or to keep. */
export function decideNotice(
  conversation: Conversation,
  event: EventOf<'link-code-asked'> | EventOf<'channel-linked' | 'channel-unlinked'>,
  situation: Situation,
): Decision {
  const channel = channelName(situation.program.templates, conversation.language, event.channel);
  if (event.type === 'link-code-asked') {
    const code = shownLinkCode(event.code);
    return accepted(conversation, [notice(conversation, situation, 'link-code-asked', { code, channel })]);
  }
  return accepted(conversation, [notice(conversation, situation, `link-${event.type}`, { channel, at: event.at })]);
}

function notice(
  { language }: Conversation,
  { program, context }: Situation,
  key: string,
  values: Readonly<Record<string, Json>> = {},
): Effect {
  const template = program.templates.find(language, `engine:${key}`);
  const text = template?.render({
    value: (path) => values[path],
    fact: (name) => program.fact(name, language),
    language,
    timeZone: context.timeZone,
  });
  return { type: 'send', content: { type: 'text', text: text ?? key } };
}
