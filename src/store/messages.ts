import type { OutboundMessage, TranscriptLine } from '../domain/conversation.ts';
import { VersionConflict } from '../domain/errors.ts';
import type { ConversationId } from '../domain/ids.ts';
import type { MessageRepository } from '../ports/message-repositories.ts';
import type { Store } from '../ports/store.ts';
import { platformToken, type Derivation } from './ids.ts';
import type { KeyRing } from './key-ring.ts';
import { toLine, toMessageRow, toSealedLine, type MessageRow, type SealedLine } from './message-rows.ts';
import { pagesOf } from './pages.ts';
import { erased, openAll, openFields, sealFields, toRow, type Sealed } from './sealing.ts';

const name = 'messages';

export interface MessageDependencies {
  readonly store: Store;
  readonly keys: KeyRing;
  readonly ids: Derivation;
}

type Line = TranscriptLine | OutboundMessage;

/** Sealed texts of the lines this process opened: a change of their plain fields seals nothing anew. */
const carried = new WeakMap<Line, Sealed>();

export function openMessages({ store, keys, ids }: MessageDependencies): MessageRepository {
  const messages = store.collection(name);

  async function open(row: MessageRow): Promise<Line | typeof erased> {
    const fields = await openFields<SealedLine>(keys, name, row);
    if (fields === erased) return erased;
    const line = toLine(row, fields);
    carried.set(line, { keyId: row.keyId, sealed: row.sealed });
    return line;
  }

  async function openOutbound(row: MessageRow): Promise<OutboundMessage | typeof erased> {
    const line = await open(row);
    if (line === erased) return erased;
    if (!('status' in line)) throw new Error(`message ${row.id} is in an index of outbound messages and is none`);
    return line;
  }

  async function findByToken(token: string): Promise<OutboundMessage | null> {
    const [row] = await messages.find({ index: 'platform', equals: [token], order: 'descending', limit: 1 });
    const message = row && (await openOutbound(toRow<MessageRow>(row)));
    return message === undefined || message === erased ? null : message;
  }

  async function sealLine(line: Line): Promise<Sealed> {
    const key = await keys.forSealing(line.conversationId);
    return sealFields(key, name, line.id, toSealedLine(line));
  }

  return {
    async page(conversationId, { limit, before }) {
      const rows = await messages.find({
        index: 'transcript',
        equals: [conversationId],
        ...(before === undefined ? {} : { to: before }),
        order: 'descending',
        limit: before === undefined ? limit : Math.min(limit + 1, 1_000), // The bound is inclusive.
      });
      const older = rows.map(toRow<MessageRow>).filter((row) => row.order !== before);
      return openAll(older.slice(0, limit), open);
    },

    async get(id) {
      const document = await messages.get(id);
      const line = document && (await open(toRow<MessageRow>(document)));
      return line === erased ? null : line;
    },

    async lane(conversationId, limit) {
      const rows = await messages.find({ index: 'lane', equals: [conversationId], order: 'ascending', limit });
      return openAll(rows.map(toRow<MessageRow>), openOutbound);
    },

    async update(message, { claim, failure, ...change }) {
      const { claim: oldClaim, failure: oldFailure, ...kept } = message;
      const newClaim = claim === undefined ? oldClaim : claim;
      const newFailure = failure === undefined ? oldFailure : failure;
      const changed: OutboundMessage = {
        ...kept,
        ...change,
        version: message.version + 1,
        ...(newClaim ? { claim: newClaim } : {}),
        ...(newFailure ? { failure: newFailure } : {}),
      };
      const isSealedPartSame = changed.platformMessageId === message.platformMessageId;
      const sealed = (isSealedPartSame && carried.get(message)) || (await sealLine(changed));
      await messages.replace(toMessageRow(changed, changed.version, sealed, ids), message.version);
      carried.set(changed, sealed);
      return changed;
    },

    async held(conversationId, limit) {
      const rows = await messages.find({ index: 'held', equals: [conversationId], order: 'ascending', limit });
      return openAll(rows.map(toRow<MessageRow>), openOutbound);
    },

    findByPlatformId: (account, platformMessageId) => findByToken(platformToken(ids, account, platformMessageId)),

    findByReceipt: ({ messageToken }) => findByToken(messageToken),

    async *conversationsWithHeld() {
      let last: ConversationId | null = null;
      for await (const page of pagesOf<MessageRow>(messages, { index: 'held', order: 'ascending' })) {
        for (const { conversationId } of page) {
          if (conversationId !== last) yield conversationId;
          last = conversationId;
        }
      }
    },

    async strandedLanes(now, { of, limit, after }) {
      const [index, field] = of === 'officer' ? ['urgentDue', 'urgentDueAt'] : ['laneDue', 'laneDueAt'];
      const mark = after && { after: { id: after.id, version: 1, [field]: after.dueAt } };
      const rows = await messages.find({ index, to: now, order: 'ascending', limit, ...mark });
      const [last] = rows.slice(-1);
      return {
        lanes: [...new Set(rows.map((row) => toRow<MessageRow>(row).conversationId))],
        next: last && rows.length === limit ? { id: last.id, dueAt: Number(last[field]) } : null,
      };
    },

    async setAttachment(id, attachment, dueAt) {
      for (;;) {
        const document = await messages.get(id);
        const line = document && (await open(toRow<MessageRow>(document)));
        if (!document || !line || line === erased) return;
        const changed: Line = { ...line, attachment };
        const version = document.version + 1;
        const row = toMessageRow(changed, version, await sealLine(changed), ids, dueAt);
        try {
          return await messages.replace(row, document.version);
        } catch (error) {
          if (!(error instanceof VersionConflict)) throw error;
        }
      }
    },

    async claimAttachment(id, now, until) {
      const document = await messages.get(id);
      const row = document && toRow<MessageRow>(document);
      if (row?.attachmentDueAt === undefined || row.attachmentDueAt > now) return false;
      try {
        await messages.replace({ ...row, version: row.version + 1, attachmentDueAt: until }, row.version);
        return true;
      } catch (error) {
        if (error instanceof VersionConflict) return false;
        throw error;
      }
    },

    async pendingAttachments(now, limit) {
      const rows = await messages.find({ index: 'attachmentDue', to: now, order: 'ascending', limit });
      return openAll(rows.map(toRow<MessageRow>), open);
    },
  };
}
