import type { Model, mongo } from 'mongoose';
import type { CollectionDeclaration, FindQuery, IndexValue, StoredDocument } from '../../ports/store.ts';
import { indexNamed, indexValue } from '../../ports/store-rules.ts';

/** A document as MongoDB holds it. */
export interface MongoRecord {
  readonly _id: string;
  readonly version: number;
  readonly [field: string]: unknown;
}

export type Filter = mongo.Filter<MongoRecord>;

/** The driver's collection under a model. */
export function recordsOf(model: Model<MongoRecord>): mongo.Collection<MongoRecord> {
  // Mongoose does not carry the model's type over to its collection.
  return model.collection as unknown as mongo.Collection<MongoRecord>;
}

export function toRecord({ id, ...rest }: StoredDocument): MongoRecord {
  return { _id: id, ...rest };
}

export function fromRecord({ _id, ...rest }: MongoRecord): StoredDocument {
  return { id: _id, ...rest };
}

/** The index's keys in its order, all in one direction; entries of a unique index are never tied, so it holds no id. */
export function indexKeys(collection: CollectionDeclaration, name: string): readonly string[] {
  const { fields, unique } = indexNamed(collection, name);
  return unique === true ? fields : [...fields, '_id'];
}

export function sortBy(keys: readonly string[], direction: 1 | -1): Record<string, 1 | -1> {
  return Object.fromEntries(keys.map((key) => [key, direction]));
}

/** The documents that an index holds for the given first values. The first field always stands in it: a partial index demands that. */
export function equalsFilter(
  collection: CollectionDeclaration,
  name: string,
  equals: readonly IndexValue[],
): Record<string, unknown> {
  const { fields } = indexNamed(collection, name);
  const [first = ''] = fields;
  const given = equals.map((value, n) => [fields[n] ?? '', value] as const);
  return given.length === 0 ? { [first]: { $exists: true } } : Object.fromEntries<unknown>(given);
}

/** Bounds of the field behind the given values. MongoDB compares within one type only, so a missing field is never inside. */
export function rangeFilter(collection: CollectionDeclaration, query: FindQuery): Record<string, unknown>[] {
  if (query.from === undefined && query.to === undefined) return [];
  const field = indexNamed(collection, query.index).fields[query.equals?.length ?? 0] ?? '_id';
  const bounds = {
    ...(query.from === undefined ? {} : { $gte: query.from }),
    ...(query.to === undefined ? {} : { $lte: query.to }),
  };
  return [{ [field]: bounds }];
}

/**
 * The entries behind a document, over the keys from `fixed` on. Returns one or two filters, to be read one after the other: when
 * the order is descending, documents that lack the next key come last, and a filter that took both would have no bound to seek to.
 */
export function behindFilters(
  collection: CollectionDeclaration,
  query: { readonly index: string; readonly after?: StoredDocument },
  fixed: number,
  direction: 1 | -1,
): Record<string, unknown>[][] {
  const { after } = query;
  if (after === undefined) return [[]];
  const keys = indexKeys(collection, query.index).slice(fixed);
  const [next] = keys;
  if (next === undefined) return []; // All values of a unique index are given: there is one document.
  const values = keys.map((key) => (key === '_id' ? after.id : indexValue(collection.name, after, key)));
  // (a, b, c) behind (x, y, z): a beyond x, or a = x and b beyond y, or a = x and b = y and c beyond z.
  const steps = keys.flatMap((key, n) => {
    const beyond = beyondFilter(key, values[n], direction);
    return beyond === null
      ? []
      : [{ $and: [...keys.slice(0, n).map((same, m) => ({ [same]: values[m] ?? null })), beyond] }];
  });
  const [value] = values;
  if (value === undefined) return [[{ $or: steps }]];
  const bound = { [next]: direction === 1 ? { $gte: value } : { $lte: value } };
  const near = [bound, { $or: steps }];
  return direction === -1 && next !== '_id' && fixed > 0 ? [near, [{ [next]: null }]] : [near];
}

/** Null when nothing can be beyond. A missing field sorts before all values. */
function beyondFilter(key: string, value: IndexValue | undefined, direction: 1 | -1): Record<string, unknown> | null {
  if (direction === 1) return { [key]: value === undefined ? { $ne: null } : { $gt: value } };
  if (value === undefined) return null;
  return key === '_id' ? { [key]: { $lt: value } } : { $or: [{ [key]: { $lt: value } }, { [key]: null }] };
}
