import type { StoredDocument } from '../ports/store.ts';
import type { KeyRing } from './key-ring.ts';
import { markOf, openText, sealText, type DataKey } from './seal.ts';

/** What stands in the place of a value whose key was destroyed. */
export const erased: unique symbol = Symbol('erased');

/** A document with sealed fields: all of them are one sealed JSON text. */
export interface SealedRow extends StoredDocument {
  readonly keyId: string;
  readonly sealed: string;
}

/** The two fields that sealing adds to a document. */
export type Sealed = Pick<SealedRow, 'keyId' | 'sealed'>;

/** Seals the fields of one document. The collection and the id are part of the seal: it opens nowhere else. */
export function sealFields(key: DataKey, collection: string, id: string, fields: object): Sealed {
  return { keyId: key.id, sealed: sealText(key, collection, id, JSON.stringify(fields)) };
}

/** Opens the sealed fields of a document; `erased` when their key was destroyed. @throws AppError `seal-broken` */
export async function openFields<Fields>(
  keys: KeyRing,
  collection: string,
  row: SealedRow,
): Promise<Fields | typeof erased> {
  const mark = markOf(row.sealed);
  const known = keys.known(row.keyId);
  const key = known?.mark === mark ? known : await keys.forOpening(row.keyId, mark);
  if (!key) return erased;
  return JSON.parse(openText(key, collection, row.id, row.sealed)) as Fields; // What `sealFields` sealed in this collection.
}

/** Opens many rows and leaves out those that are erased. */
export async function openAll<Row extends SealedRow, Opened>(
  rows: readonly Row[],
  open: (row: Row) => Promise<Opened | typeof erased>,
): Promise<Opened[]> {
  const opened: Opened[] = [];
  for (const row of rows) {
    const one = await open(row);
    if (one !== erased) opened.push(one);
  }
  return opened;
}

/** Reads a document as the row its repository wrote. */
export function toRow<Row extends StoredDocument>(document: StoredDocument): Row {
  return document as Row; // A collection is written by its one repository; what it wrote has this shape.
}
