import { toLineOrder, type Author, type OutboundMessage } from '../../src/domain/conversation.ts';
import { toEffectId, toId } from '../../src/domain/ids.ts';
import type { Address } from '../../src/domain/message.ts';
import type { Urgency } from '../../src/domain/urgency.ts';
import type { Repositories } from '../../src/ports/repositories.ts';
import { followUpOf, sampleConversation } from '../store/samples.ts';

const authors: Readonly<Record<Urgency, Author>> = {
  officer: { is: 'officer', officerId: toId<'officer'>('huda') },
  bot: { is: 'bot' },
  broadcast: { is: 'system' },
};

/** Puts messages into a conversation's lane as a commit of another process would have left them, unclaimed and due at once. */
export async function putInLane(
  repositories: Pick<Repositories, 'ids' | 'followUps'>,
  address: Address,
  version: number,
  texts: readonly (readonly [from: Urgency, text: string])[],
  now: number,
): Promise<OutboundMessage[]> {
  const id = repositories.ids.conversation(address);
  const messages = texts.map(([from, text], index): OutboundMessage => ({
    id: toEffectId(id, version, index),
    version: 1,
    conversationId: id,
    address,
    order: toLineOrder(version, index),
    direction: 'out',
    author: authors[from],
    content: { type: 'text', text },
    at: now,
    status: 'queued',
    attempts: 0,
    dueAt: now,
  }));
  await repositories.followUps.apply(followUpOf(sampleConversation(id, version, { address }), { messages }));
  return messages;
}

/** The value that `part` of the values lie below; 0 for none. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}
