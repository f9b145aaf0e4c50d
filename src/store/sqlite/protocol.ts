import type { CollectionDeclaration, IndexValue, StoredDocument } from '../../ports/store.ts';
import { indexTokens, indexValue } from '../../ports/store-rules.ts';

/**
 * An index value as SQLite keeps it. Its order of types (numbers, text, blobs) is then MongoDB's (numbers, strings, booleans);
 * a missing one is -Infinity, which sorts first and, unlike NULL, can be compared.
 */
export type ColumnValue = string | number | Uint8Array;

/** A document on its way to the worker: arrays and strings, because they are what a message copies fastest. */
export type Row = readonly [
  id: string,
  version: number,
  json: string,
  /** One for each of `columnFields`. */
  columns: readonly ColumnValue[],
  /** One list for each of `multiIndexes`. */
  tokens: readonly (readonly string[])[],
];

export type WriteRequest =
  | readonly [type: 'insert', collection: string, row: Row]
  | readonly [type: 'replace', collection: string, row: Row, expectedVersion: number]
  | readonly [type: 'remove', collection: string, id: string];

export type ReadRequest =
  /** Answers the rows as arrays. */
  | readonly [type: 'rows', sql: string, parameters: readonly ColumnValue[]]
  /** Answers the JSON of those that exist. */
  | readonly [type: 'get', collection: string, ids: readonly string[]]
  /** Puts the rarest token first (`countSql` says how many entries one has), since the first is the one that is walked. */
  | readonly [
      type: 'search',
      countSql: string,
      sql: string,
      tokens: readonly string[],
      parameters: readonly ColumnValue[],
    ];

export type Request =
  ReadRequest | WriteRequest | readonly [type: 'batch', writes: readonly WriteRequest[]] | readonly [type: 'close'];

/** All calls of one turn of the event loop travel in one message. */
export type Envelope = readonly [number: number, request: Request];

export type Failure = 'duplicate' | 'version-conflict' | 'store-unavailable' | 'bug';

/** The answers to one group, also in one message. `null` says that there is no failure. */
export type Answer = readonly [number: number, failure: Failure | null, result: unknown];

export interface WorkerSettings {
  readonly file: string;
  readonly collections: readonly CollectionDeclaration[];
}

/** The worker's first message. */
export type Opening =
  { readonly opened: true } | { readonly opened: false; readonly locked: boolean; readonly message: string };

/** Fields that have a column of their own: all index fields but the arrays. */
export function columnFields(collection: CollectionDeclaration): readonly string[] {
  const indexes = Object.values(collection.indexes);
  return [...new Set(indexes.flatMap(({ fields, multi }) => (multi === true ? fields.slice(1) : fields)))];
}

/** Names of the indexes that live in a side table. */
export function multiIndexes(collection: CollectionDeclaration): readonly string[] {
  return Object.entries(collection.indexes).flatMap(([name, index]) => (index.multi === true ? [name] : []));
}

export function toColumn(value: IndexValue | undefined): ColumnValue {
  if (value === undefined) return -Infinity;
  return typeof value === 'boolean' ? Uint8Array.of(value ? 1 : 0) : value;
}

export function fromColumn(value: ColumnValue): IndexValue {
  return value instanceof Uint8Array ? value[0] === 1 : value;
}

/** Makes rows of one collection's documents. */
export function rowMaker(collection: CollectionDeclaration): (document: StoredDocument, json?: string) => Row {
  const columns = columnFields(collection);
  const arrays = multiIndexes(collection).flatMap((name) => collection.indexes[name]?.fields.slice(0, 1) ?? []);
  return (document, json = JSON.stringify(document)) => [
    document.id,
    document.version,
    json,
    columns.map((field) => toColumn(indexValue(collection.name, document, field))),
    arrays.map((field) => indexTokens(collection.name, document, field)),
  ];
}
