import type { Case } from '../domain/case.ts';
import {
  toLineOrder,
  type Conversation,
  type OutboundMessage,
  type OutboxEntry,
  type TranscriptLine,
} from '../domain/conversation.ts';
import type { StoredEvent } from '../domain/event.ts';
import type { EffectId } from '../domain/ids.ts';
import { withoutLinkCodes } from '../domain/link.ts';
import type { Attachment, InboundContent, OutboundContent } from '../domain/message.ts';
import type { LearningRecord } from '../ports/content-repositories.ts';
import type { FollowUp, StoredTimer } from '../ports/conversation-repositories.ts';
import { attachmentIdOf } from './decide.ts';

/** What the outbox of a commit becomes, before anything that needs the world (a reference, a look-up) is added. */
export interface FollowUpInputs {
  readonly conversation: Conversation;
  /** The consumed events whose mailbox entries are still there. */
  readonly events: readonly StoredEvent[];
  readonly now: number;
  /** Set on every message, which is thereby inserted already claimed by the worker that committed; null leaves them to anybody. */
  readonly claim: { readonly holder: string; readonly until: number } | null;
  /** References reserved for the `open-case` effects of this outbox. */
  readonly references: ReadonlyMap<EffectId, string>;
  /** One outbound content becomes what the channel can carry, a platform message each. */
  readonly split: (content: OutboundContent) => readonly OutboundContent[];
  /** Makes the event that carries an effect's result back to the engine. */
  readonly toResult: (effectId: EffectId, key: string, result: { reference: string }) => StoredEvent;
}

/** Parts of one outbound message that a channel may need at most. */
const maxParts = 100;

/** Moves what a commit decided to where it lives: pure, and derived from ids, so that doing it twice changes nothing. */
export function toFollowUp(inputs: FollowUpInputs): FollowUp {
  const { conversation, events, now } = inputs;
  const lines: TranscriptLine[] = [];
  const messages: OutboundMessage[] = [];
  const timers: StoredTimer[] = [];
  const cancelledTimers: string[] = [];
  const cases: Case[] = [];
  const results: StoredEvent[] = [];
  const records: LearningRecord[] = [];
  const byId = new Map(events.map((event) => [event.id, event]));

  for (const entry of conversation.outbox) {
    const { effect } = entry;
    const index = indexOf(entry);
    const order = toLineOrder(versionOf(entry), index * maxParts);
    switch (effect.type) {
      case 'send':
      case 'send-as-officer':
        inputs.split(effect.content).forEach((content, part) => messages.push(toMessage(inputs, entry, content, part)));
        break;
      case 'record-inbound': {
        const event = byId.get(effect.eventId);
        // Consumed already: then its line was written before, in the same ordered batch.
        if (event) lines.push(...toInboundLine(event, order));
        break;
      }
      case 'record-note':
        lines.push({
          id: entry.id,
          conversationId: conversation.id,
          order,
          direction: 'note',
          author: { is: 'officer', officerId: effect.officerId },
          content: { type: 'text', text: effect.text },
          at: now,
        });
        break;
      case 'set-timer':
        timers.push({
          conversationId: conversation.id,
          address: conversation.address,
          name: effect.name,
          dueAt: conversation.updatedAt + effect.afterMs,
          cause: entry.id,
        });
        break;
      case 'cancel-timer':
        remove(timers, effect.name);
        cancelledTimers.push(effect.name);
        break;
      case 'open-case': {
        const reference = inputs.references.get(entry.id);
        if (!reference) throw new Error(`no reference was reserved for ${entry.id}`);
        cases.push(toCase(conversation, entry.id, effect, reference));
        results.push(inputs.toResult(entry.id, effect.key, { reference }));
        break;
      }
      case 'record-survey':
      case 'record-question':
      case 'record-failure': {
        const { type, ...whole } = effect;
        // A link code typed where it means nothing is nobody's to read, and teaches nothing.
        const body = 'text' in whole ? { ...whole, text: withoutLinkCodes(whole.text) } : whole;
        if ('text' in body && body.text === '') break;
        records.push({
          id: entry.id,
          kind: type === 'record-survey' ? 'survey' : type === 'record-question' ? 'question' : 'failure',
          conversationId: conversation.id,
          at: conversation.updatedAt,
          body,
        });
        break;
      }
      default:
        // Carried out beside the follow-up (`call`, `find-case`, ...) or part of the commit itself.
        break;
    }
  }

  const consumed = conversation.consumed.flatMap(({ id, outcome }) => {
    const event = byId.get(id);
    return event ? [{ event, outcome }] : [];
  });
  return { conversation, lines, messages, timers, cancelledTimers, cases, results, records, consumed };
}

function toMessage(
  inputs: FollowUpInputs,
  entry: OutboxEntry,
  content: OutboundContent,
  part: number,
): OutboundMessage {
  const { conversation, now, claim } = inputs;
  const { effect } = entry;
  return {
    id: part === 0 ? entry.id : `${entry.id}-${part}`,
    version: 1,
    conversationId: conversation.id,
    address: conversation.address,
    order: toLineOrder(versionOf(entry), indexOf(entry) * maxParts + Math.min(part, maxParts - 1)),
    direction: 'out',
    author: effect.type === 'send-as-officer' ? { is: 'officer', officerId: effect.officerId } : { is: 'bot' },
    content,
    at: now,
    ...(claim
      ? { status: 'sending', attempts: 1, dueAt: claim.until, claim }
      : { status: 'queued', attempts: 0, dueAt: now }),
  };
}

function toInboundLine(event: StoredEvent, order: string): TranscriptLine[] {
  if (event.event.type !== 'message-received') return [];
  const { message } = event.event;
  const attachment = toAttachment(event, message.content);
  return [
    {
      id: event.id,
      conversationId: event.conversationId,
      order,
      direction: 'in',
      author: { is: 'person' },
      content: message.content,
      at: event.receivedAt,
      ...(attachment ? { attachment } : {}),
      ...(message.kind === 'edit' ? { edited: true } : {}),
    },
  ];
}

function toAttachment(event: StoredEvent, content: InboundContent): Attachment | null {
  if (content.type !== 'media') return null;
  const { fileId, durationSeconds: _duration, ...description } = content.media;
  return { id: attachmentIdOf(event.id), ...description, state: { is: 'pending', fileId } };
}

function toCase(
  conversation: Conversation,
  id: EffectId,
  effect: Extract<OutboxEntry['effect'], { type: 'open-case' }>,
  reference: string,
): Case {
  return {
    id: id as string as Case['id'], // A case is named by the effect that opened it.
    version: 1,
    reference,
    conversationId: conversation.id,
    personId: conversation.personId,
    kind: effect.kind,
    urgency: effect.urgency,
    status: 'received',
    answers: effect.answers,
    attachments: effect.attachments,
    openedAt: conversation.updatedAt,
    updatedAt: conversation.updatedAt,
  };
}

function remove(timers: StoredTimer[], name: string): void {
  const at = timers.findIndex((timer) => timer.name === name);
  if (at >= 0) timers.splice(at, 1);
}

function versionOf(entry: OutboxEntry): number {
  return Number(entry.id.split('-').at(-2));
}

function indexOf(entry: OutboxEntry): number {
  return Number(entry.id.split('-').at(-1));
}
