import type { CollectionDeclaration } from '../ports/store.ts';

/**
 * Every collection and its indexes. An index skips documents that lack its first field: the fields that hold only for a while
 * (`mailbox`, `lane`, `...DueAt`) keep their indexes as small as the work that waits.
 */
export const collections: readonly CollectionDeclaration[] = [
  {
    name: 'conversations',
    indexes: {
      attention: { fields: ['attention', 'attentionRank', 'attentionSince'] },
      officer: { fields: ['officerId', 'attentionRank', 'attentionSince'] },
      busy: { fields: ['busySince'] },
      person: { fields: ['personId'] },
    },
  },
  {
    name: 'events',
    indexes: {
      mailbox: { fields: ['mailbox', 'order'] },
      waiting: { fields: ['waitingSince'] },
      consumed: { fields: ['consumedAt'] },
    },
  },
  {
    name: 'messages',
    indexes: {
      transcript: { fields: ['conversationId', 'order'] },
      lane: { fields: ['lane', 'order'] },
      laneDue: { fields: ['laneDueAt'] },
      urgentDue: { fields: ['urgentDueAt'] },
      held: { fields: ['heldLane', 'order'] },
      platform: { fields: ['platformToken'] },
      attachmentDue: { fields: ['attachmentDueAt'] },
    },
  },
  { name: 'receipts', indexes: { due: { fields: ['dueAt'] } } },
  { name: 'timers', indexes: { due: { fields: ['dueAt'] }, conversation: { fields: ['conversationId'] } } },
  {
    name: 'cases',
    indexes: {
      reference: { fields: ['referenceToken'] },
      person: { fields: ['personId', 'openedAt'] },
      conversation: { fields: ['conversationId'] },
      opened: { fields: ['openedAt'] },
      status: { fields: ['status', 'openedAt'] },
    },
  },
  // One document for each reference ever given, its id the reference's token: the insert decides who has it.
  { name: 'references', indexes: {} },
  {
    name: 'learning',
    indexes: { kind: { fields: ['kind', 'at'] }, conversation: { fields: ['conversationId'] } },
  },
  { name: 'keys', indexes: { generation: { fields: ['generation'] } } },
  // Only who is being erased; the conversations of a person are found by the index of `conversations`.
  { name: 'people', indexes: { erasing: { fields: ['erasingSince'] } } },
  // Link codes, each under its keyed hash, and what was tried or given how often. Both name conversations and are soon forgotten.
  { name: 'link-codes', indexes: { expires: { fields: ['expiresAt'] }, conversation: { fields: ['conversationId'] } } },
  { name: 'link-counts', indexes: { newest: { fields: ['newestAt'] } } },
  { name: 'files', indexes: { conversation: { fields: ['conversationId'] }, age: { fields: ['ageFrom'] } } },
  { name: 'leases', indexes: {} },
  { name: 'settings', indexes: {} },
  { name: 'flows', indexes: { flow: { fields: ['flowId', 'number'] } } },
  { name: 'faq', indexes: { kind: { fields: ['kind'] }, changed: { fields: ['changedAt'] } } },
  // Questions that somebody has decided about: only their ids.
  { name: 'faq-reviews', indexes: {} },
  {
    name: 'accounts',
    indexes: { name: { fields: ['channel', 'account'] }, identity: { fields: ['identityToken'], unique: true } },
  },
  { name: 'audit', indexes: { at: { fields: ['at'] } } },
];
