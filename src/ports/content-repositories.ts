import type { Json } from '../domain/effect.ts';
import type { FaqEntry, Lexicon, Phrasings } from '../domain/faq.ts';
import type { ConversationId } from '../domain/ids.ts';

/** What the charity learns from conversations: survey answers, questions without an answer, recorded failures. */
export interface LearningRecord {
  readonly id: string;
  readonly kind: 'survey' | 'question' | 'failure';
  readonly conversationId: ConversationId;
  readonly at: number;
  readonly body: Readonly<Record<string, Json>>;
}

export interface LearningRepository {
  list(kind: LearningRecord['kind'], options: { limit: number; before?: number }): Promise<LearningRecord[]>;
}

/** Published versions of flows; sessions stay pinned to theirs. */
export interface FlowRepository {
  /** Newest published version of every flow. */
  current(): Promise<{ id: string; version: number; source: Json }[]>;
  get(id: string, version: number): Promise<{ id: string; version: number; source: Json } | null>;
  publish(flow: { id: string; version: number; source: Json }): Promise<void>;
}

/** An entry of the FAQ as it is kept. What officers approved stands beside it, so that approving is no edit and the files may still update it. */
export interface StoredFaqEntry {
  /** As the files or an admin wrote it. */
  readonly entry: FaqEntry;
  /** Phrasings approved from what people typed. */
  readonly learned: Phrasings;
  /** What the files gave last, as a hash; absent when an admin created it. */
  readonly seed?: string;
  /** An admin changed, created or removed it: the files leave it as it is. */
  readonly edited?: true;
  /** It is no longer part of the FAQ, because an admin or an upgrade removed it. */
  readonly removed?: 'by-admin' | 'with-files';
  readonly version: number;
  readonly changedAt: number;
}

/** What the FAQ has besides entries. `seed` is as in {@link StoredFaqEntry}; `edited` is about the lexicon. */
export interface StoredFaqWords {
  /** What no entry answers, as the files give it. */
  readonly none: readonly string[];
  /** The same, from admins. */
  readonly addedNone: readonly string[];
  /** Lines of the files that admins took out: they stay out at upgrades. */
  readonly removedNone?: readonly string[];
  readonly lexicon: Lexicon;
  /** Of the lexicon alone, which two admins must not edit over each other; 1 when absent. */
  readonly lexiconVersion?: number;
  readonly seed?: string;
  readonly edited?: true;
  readonly version: number;
  readonly changedAt: number;
}

/** A row of the FAQ as it is now. */
export type FaqChange =
  | { readonly kind: 'entry'; readonly stored: StoredFaqEntry }
  | { readonly kind: 'words'; readonly stored: StoredFaqWords };

/** The FAQ. It is the charity's own text and not sealed: what officers approve must not tell who asked. */
export interface FaqRepository {
  /** All entries by id, removed ones too. */
  entries(): Promise<StoredFaqEntry[]>;
  entry(id: string): Promise<StoredFaqEntry | null>;
  /** `version` is one more than what was read (1: it must not exist). Says when it was written. @throws Duplicate, VersionConflict */
  saveEntry(entry: Omit<StoredFaqEntry, 'changedAt'>): Promise<StoredFaqEntry>;
  words(): Promise<StoredFaqWords | null>;
  /** As `saveEntry`. */
  saveWords(words: Omit<StoredFaqWords, 'changedAt'>): Promise<StoredFaqWords>;
  /** Differs whenever entries or words differ; cheap enough to be asked every second. */
  revision(): Promise<string>;
  /** All rows, the one changed last first, a few at a time. */
  changes(): AsyncIterable<readonly FaqChange[]>;
  /** Remembers that somebody has decided about questions, by ids that tell nothing of them. */
  markReviewed(ids: readonly string[], at: number): Promise<void>;
  /** Those of the ids that somebody has decided about. */
  reviewed(ids: readonly string[]): Promise<ReadonlySet<string>>;
}
