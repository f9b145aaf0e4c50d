import type { Conversation } from '../domain/conversation.ts';
import { Duplicate, VersionConflict } from '../domain/errors.ts';
import type { ConversationId } from '../domain/ids.ts';
import type { ConversationRepository, ErasedConversation } from '../ports/conversation-repositories.ts';
import type { Store, StoredDocument } from '../ports/store.ts';
import type { KeyRing } from './key-ring.ts';
import { markOf } from './seal.ts';
import { erased, openAll, openFields, sealFields, toRow, type SealedRow } from './sealing.ts';

const name = 'conversations';

type SealedConversation = Pick<
  Conversation,
  'address' | 'personName' | 'officer' | 'handoff' | 'linking' | 'session' | 'outbox'
>;
type PlainConversation = Omit<Conversation, keyof SealedConversation>;

/** `attention...` are there while an officer or the queue owns the conversation, `officerId` while an officer does. */
export interface ConversationRow extends SealedRow, PlainConversation {
  readonly id: ConversationId;
  readonly attention?: 'queue' | 'officer';
  readonly attentionRank?: number;
  readonly attentionSince?: number;
  readonly officerId?: string;
}

/** What is left of an erased conversation. */
export interface ConversationStub extends StoredDocument {
  readonly id: ConversationId;
  readonly erased: true;
}

/** Which key a conversation was read or written with, so that what follows a commit is not sealed with the key made after an erasure. */
const marks = new WeakMap<Conversation, string>();

/** The mark of the key a conversation was read or committed with; undefined for a copy of it. */
export function markOfConversation(conversation: Conversation): string | undefined {
  return marks.get(conversation);
}

export function openConversations({ store, keys }: { store: Store; keys: KeyRing }): ConversationRepository {
  const conversations = store.collection(name);

  async function open(row: ConversationRow): Promise<Conversation | typeof erased> {
    const fields = await openFields<SealedConversation>(keys, name, row);
    if (fields === erased) return erased;
    const conversation = fromRow(row, fields);
    marks.set(conversation, markOf(row.sealed));
    return conversation;
  }

  return {
    async get(id) {
      const document = await conversations.get(id);
      if (!document) return null;
      const stub: ErasedConversation = { erased: true, id, version: document.version };
      if ('erased' in document) return stub;
      const opened = await open(toRow<ConversationRow>(document));
      return opened === erased ? stub : opened;
    },

    async commit(conversation) {
      const { id, version } = conversation;
      const key = await keys.forSealing(id);
      const fields = sealFields(key, name, id, toSealedPart(conversation));
      const document = { ...toPlainRow(conversation), ...fields };
      if (version > 1) await conversations.replace(document, version - 1);
      else {
        try {
          await conversations.insert(document);
        } catch (error) {
          if (error instanceof Duplicate) throw new VersionConflict(`conversation ${id} exists already, expected none`);
          throw error;
        }
      }
      marks.set(conversation, key.mark);
    },

    async unfinished(since, limit) {
      const rows = await conversations.find({ index: 'busy', to: since, order: 'ascending', limit });
      return rows.map((row) => toRow<ConversationRow>(row).id);
    },

    async list(owner, { officerId, limit, after }) {
      const rows = await conversations.find({
        ...(owner === 'officer' && officerId
          ? { index: 'officer', equals: [officerId] }
          : { index: 'attention', equals: [owner] }),
        order: 'ascending',
        limit,
        ...(after ? { after: toPlainRow(after) } : {}),
      });
      return openAll(rows.map(toRow<ConversationRow>), open);
    },

    countQueued: () => conversations.count('attention', ['queue']),
  };
}

function toSealedPart({ address, personName, officer, handoff, linking, session, outbox }: Conversation): object {
  return { address, personName, officer, handoff, linking, session, outbox };
}

function toPlainRow(conversation: Conversation): StoredDocument {
  const { id, version, personId, language, owner, consent, consumed, erasing, busySince } = conversation;
  return {
    id,
    version,
    personId,
    language,
    owner,
    ...(consent ? { consent } : {}),
    consumed,
    ...(erasing ? { erasing } : {}),
    ...(busySince === undefined ? {} : { busySince }),
    createdAt: conversation.createdAt,
    lastInboundAt: conversation.lastInboundAt,
    updatedAt: conversation.updatedAt,
    ...(owner === 'bot' ? {} : attentionFields(conversation, owner)),
  };
}

/** Urgent before normal, then who has waited longest. */
function attentionFields({ handoff, officer, updatedAt }: Conversation, owner: 'queue' | 'officer') {
  return {
    attention: owner,
    attentionRank: handoff?.urgency === 'urgent' ? 0 : 1,
    attentionSince: handoff?.since ?? updatedAt,
    ...(owner === 'officer' && officer ? { officerId: officer.id } : {}),
  };
}

function fromRow(row: ConversationRow, fields: SealedConversation): Conversation {
  const { id, version, personId, language, owner, consent, consumed, erasing, busySince } = row;
  return {
    id,
    version,
    personId,
    language,
    owner,
    ...fields,
    ...(consent ? { consent } : {}),
    consumed,
    ...(erasing ? { erasing } : {}),
    ...(busySince === undefined ? {} : { busySince }),
    createdAt: row.createdAt,
    lastInboundAt: row.lastInboundAt,
    updatedAt: row.updatedAt,
  };
}
