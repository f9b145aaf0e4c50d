/** What a document may hold in the store: plain JSON. */
export interface StoredDocument {
  readonly id: string;
  /** 1 when inserted, one more at each replace. */
  readonly version: number;
  readonly [field: string]: unknown;
}

/**
 * One index of a collection, declared once for both stores. Fields are top-level names of the document. A document that lacks the
 * first field is not in the index. `multi` names the one field that holds an array of strings, each of them an entry.
 */
export interface IndexDeclaration {
  readonly fields: readonly string[];
  readonly unique?: boolean;
  readonly multi?: boolean;
}

/** A collection as both stores must make it. Index field values are strings, finite numbers or booleans. */
export interface CollectionDeclaration {
  readonly name: string;
  readonly indexes: Readonly<Record<string, IndexDeclaration>>;
}

export type IndexValue = string | number | boolean;

export interface FindQuery {
  readonly index: string;
  /** Values of the index's first fields, in the index's order. */
  readonly equals?: readonly IndexValue[];
  /** Bounds of the next field, both inclusive. */
  readonly from?: IndexValue;
  readonly to?: IndexValue;
  /** One direction for all fields of the index; the id breaks ties in the same direction. */
  readonly order: 'ascending' | 'descending';
  /** At most 1,000. */
  readonly limit: number;
  /** Continue behind this document (the last one of the page before), which need not exist any more. */
  readonly after?: StoredDocument;
}

export interface SearchQuery {
  /** A `multi` index whose first field is the array; its second field, if any, orders the result, newest (highest) first. */
  readonly index: string;
  /** All of them must be carried. At most 16. */
  readonly tokens: readonly string[];
  readonly limit: number;
  readonly after?: StoredDocument;
}

/**
 * One write of a batch. Every kind may be repeated without harm:
 * `insert` of an id that exists, `replace` of a version that has passed and `remove` of what is gone do nothing.
 */
export type BatchWrite =
  | { readonly type: 'insert'; readonly collection: string; readonly document: StoredDocument }
  | {
      readonly type: 'replace';
      readonly collection: string;
      readonly document: StoredDocument;
      readonly expectedVersion: number;
    }
  | { readonly type: 'remove'; readonly collection: string; readonly id: string };

/** The one narrow port to a database. Every method may throw `StoreUnavailable`. */
export interface Collection {
  /** @throws Duplicate when the id or a unique value exists. */
  insert(document: StoredDocument): Promise<void>;
  get(id: string): Promise<StoredDocument | null>;
  /** Several by id, in no order; those that do not exist are absent. */
  getMany(ids: readonly string[]): Promise<StoredDocument[]>;
  /** Writes `document` (whose version must be `expectedVersion + 1`) if the stored version is `expectedVersion`. @throws VersionConflict, Duplicate */
  replace(document: StoredDocument, expectedVersion: number): Promise<void>;
  remove(id: string): Promise<void>;
  find(query: FindQuery): Promise<StoredDocument[]>;
  search(query: SearchQuery): Promise<StoredDocument[]>;
  /** How many documents an index holds for the given first values. */
  count(index: string, equals: readonly IndexValue[]): Promise<number>;
  /** How many documents there are for each value of the index's first field. */
  countBy(index: string): Promise<ReadonlyMap<IndexValue, number>>;
}

/** A database with its collections, made from their declarations when it is opened. */
export interface Store {
  collection(name: string): Collection;
  /** Ordered and idempotent, over any collections; not relied on to be atomic. When it resolves, all of it is durable. */
  batch(writes: readonly BatchWrite[]): Promise<void>;
  readonly blobs: Blobs;
  /** @throws StoreUnavailable when the database does not answer within two seconds. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Files, streamed both ways, never whole in memory. Bytes are sealed by the caller's side of the port. */
export interface Blobs {
  /** Durable when it resolves. Writing an id again replaces it. @throws StoreUnavailable, and whatever the stream throws (then nothing is kept). */
  put(id: string, bytes: AsyncIterable<Uint8Array>): Promise<{ readonly sizeBytes: number }>;
  /** Null when there is no such blob. */
  get(id: string): Promise<AsyncIterable<Uint8Array> | null>;
  remove(id: string): Promise<void>;
  /** All that lies there (but empty blobs), in no order. The reader may take hours between two; what comes or goes meanwhile may be missed. */
  walk(): AsyncIterable<StoredBlob>;
}

/** Something that lies where the blobs do. */
export interface StoredBlob {
  /** Null for what nobody can get: an upload that was never finished, or what another has replaced. */
  readonly id: string | null;
  /** When it was written or begun, milliseconds since the epoch. */
  readonly at: number;
  /** Removes this and nothing that was written under its id since. Idempotent. */
  remove(): Promise<void>;
}
