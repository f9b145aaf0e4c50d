import type { Conversation, OutboundMessage, TranscriptLine } from '../../src/domain/conversation.ts';
import { toLineOrder } from '../../src/domain/conversation.ts';
import type { Case } from '../../src/domain/case.ts';
import type { StoredEvent } from '../../src/domain/event.ts';
import { toEffectId, toId, type ConversationId } from '../../src/domain/ids.ts';
import type { Address } from '../../src/domain/message.ts';
import type { FollowUp } from '../../src/ports/conversation-repositories.ts';
import type { Repositories } from '../../src/ports/repositories.ts';

export const secretKey = Buffer.alloc(32, 'k');
export const otherSecretKey = Buffer.alloc(32, 'o');

/** Words that must never be found in a store's bytes. */
export const secrets = {
  chat: '966501234567',
  name: 'أبو عبدالعزيز الحربي',
  text: 'انقطع الماء عن بيتنا منذ ثلاثة أيام',
  reply: 'نعتذر لكم، وسنصلكم اليوم بإذن الله',
  answer: 'حي العزيزية شارع الستين',
  idNumber: '1098765432',
  summary: 'أسرة من تسعة أفراد بلا ماء',
  platformMessageId: 'wamid.HBgMOTY2NTAxMjM0NTY3FQIAEhgU',
  fileName: 'صك-ملكية-الحربي.pdf',
  fileText: 'صورة من سجل الأسرة',
  comment: 'الموظف كان لطيفا جدا',
} as const;

export const address: Address = { channel: 'telegram', account: 'main', chat: secrets.chat };
export const now = 1_760_000_000_000;

export function sampleEvent(
  repositories: Repositories,
  number: number,
  change: { address?: Address; text?: string } = {},
): StoredEvent {
  const from = change.address ?? address;
  const conversationId = repositories.ids.conversation(from);
  return {
    id: repositories.ids.event([conversationId, 'message', number]),
    version: 1,
    conversationId,
    address: from,
    order: `${String(now + number).padStart(14, '0')}-00000001-test`,
    receivedAt: now + number,
    tries: 0,
    event: {
      type: 'message-received',
      message: {
        address: from,
        platformMessageId: String(number),
        kind: 'message',
        sentAt: now,
        sender: { name: secrets.name },
        content: { type: 'text', text: change.text ?? secrets.text },
      },
    },
  };
}

export function sampleConversation(
  id: ConversationId,
  version: number,
  change: Partial<Conversation> = {},
): Conversation {
  return {
    id,
    version,
    address,
    personId: toId<'person'>(`p0-${id}`),
    language: 'ar',
    personName: secrets.name,
    owner: 'bot',
    session: { variables: { idNumber: secrets.idNumber, district: secrets.answer } },
    outbox: [],
    consumed: [],
    createdAt: now,
    lastInboundAt: now,
    updatedAt: now + version,
    ...change,
  };
}

export function sampleMessage(
  conversationId: ConversationId,
  version: number,
  change: Partial<OutboundMessage> = {},
): OutboundMessage {
  return {
    id: toEffectId(conversationId, version, 0),
    version: 1,
    conversationId,
    address,
    order: toLineOrder(version, 0),
    direction: 'out',
    author: { is: 'bot' },
    content: { type: 'text', text: secrets.reply },
    at: now + version,
    status: 'queued',
    attempts: 0,
    dueAt: now + version,
    ...change,
  };
}

export function sampleLine(
  conversationId: ConversationId,
  version: number,
  change: Partial<TranscriptLine> = {},
): TranscriptLine {
  return {
    id: `line-${version}`,
    conversationId,
    order: toLineOrder(version, 50),
    direction: 'in',
    author: { is: 'person' },
    content: { type: 'text', text: secrets.text },
    at: now + version,
    ...change,
  };
}

export function sampleCase(conversationId: ConversationId, reference: string, change: Partial<Case> = {}): Case {
  return {
    id: toId<'case'>(`${conversationId}-1-3`),
    version: 1,
    reference,
    conversationId,
    personId: toId<'person'>(`p0-${conversationId}`),
    kind: 'assistance',
    urgency: 'normal',
    status: 'received',
    answers: [{ name: 'district', label: 'الحي', value: secrets.answer, shown: secrets.answer }],
    attachments: [],
    openedAt: now,
    updatedAt: now,
    ...change,
  };
}

/** A follow-up with nothing in it but what is given. */
export function followUpOf(conversation: Conversation, change: Partial<FollowUp> = {}): FollowUp {
  return {
    conversation,
    lines: [],
    messages: [],
    timers: [],
    cancelledTimers: [],
    cases: [],
    consumed: [],
    results: [],
    records: [],
    ...change,
  };
}
