import type { CollectionDeclaration, FindQuery, IndexValue, SearchQuery, StoredDocument } from '../../ports/store.ts';
import { checkEquals, checkFind, checkSearch, indexNamed, indexValue } from '../../ports/store-rules.ts';
import { toColumn, type ColumnValue, type ReadRequest } from './protocol.ts';

export function tableName(collection: string): string {
  return `"doc.${collection}"`;
}

/** The side table of a multi index: one row for each token of each document. */
export function sideTableName(collection: string, index: string): string {
  return `"multi.${collection}.${index}"`;
}

export function indexName(collection: string, index: string): string {
  return `"index.${collection}.${index}"`;
}

export function columnName(field: string): string {
  return `"f_${field}"`;
}

/** The condition of a partial index, which a query must repeat word for word to be allowed the index. */
export function isPresent(field: string): string {
  return `${columnName(field)} > -9e999`;
}

type Rows = Extract<ReadRequest, readonly ['rows', ...unknown[]]>;

/** One walk along one index; rows are `[json]`. */
export function toFindRequest(collection: CollectionDeclaration, query: FindQuery): Rows {
  const index = checkFind(collection, query);
  const columns = keyColumns(collection, query.index);
  // Entries of a unique index are never tied, and it holds no id.
  const keys = index.unique === true ? columns : [...columns, 'id'];
  const place = placeOf(collection, query.index, query.equals ?? []);
  const next = place.equals.length;
  const range = toRange(query, keys[next] ?? 'id');
  const behind = toBehind(collection, query, keys, next, query.order === 'ascending' ? '>' : '<');
  const direction = query.order === 'ascending' ? 'ASC' : 'DESC';
  // All values of a unique index are given: there is one document, and nothing behind it.
  const isOver = query.after !== undefined && next === keys.length;
  return [
    'rows',
    `SELECT ${place.json} FROM ${place.source} WHERE ${[...place.terms, ...range.terms, ...behind.terms].join(' AND ')}
     ORDER BY ${keys.map((key) => `${key} ${direction}`).join(', ')} LIMIT ?`,
    [...place.equals, ...range.values, ...behind.values, isOver ? 0 : query.limit],
  ];
}

/** Walks the entries of one token, newest first, and keeps those that are also among the entries of each other token. */
export function toSearchRequest(collection: CollectionDeclaration, query: SearchQuery): ReadRequest {
  checkSearch(collection, query);
  const tokens = [...new Set(query.tokens)];
  const keys = [...keyColumns(collection, query.index), 'id'];
  const place = placeOf(collection, query.index, tokens.slice(0, 1));
  const side = sideTableName(collection.name, query.index);
  const same = keys.slice(1).map((key) => `o.${key} = m.${key}`);
  const others = tokens
    .slice(1)
    .map(() => `EXISTS (SELECT 1 FROM ${side} o WHERE o.token = ? AND ${same.join(' AND ')})`);
  const behind = toBehind(collection, query, keys, 1, '<');
  return [
    'search',
    `SELECT count(*) FROM (SELECT 1 FROM ${side} WHERE token = ? LIMIT 1000)`,
    `SELECT ${place.json} FROM ${place.source} WHERE ${[...place.terms, ...others, ...behind.terms].join(' AND ')}
     ORDER BY ${keys.map((key) => `${key} DESC`).join(', ')} LIMIT ?`,
    tokens,
    [...behind.values, query.limit],
  ];
}

/** One row, `[count]`. */
export function toCountRequest(collection: CollectionDeclaration, index: string, equals: readonly IndexValue[]): Rows {
  checkEquals(collection, index, equals);
  const place = placeOf(collection, index, equals);
  return ['rows', `SELECT count(*) FROM ${place.source} WHERE ${place.terms.join(' AND ')}`, place.equals];
}

/** Rows are `[value, count]`. */
export function toCountByRequest(collection: CollectionDeclaration, index: string): Rows {
  indexNamed(collection, index);
  const place = placeOf(collection, index, []);
  const [key] = keyColumns(collection, index);
  const where = place.terms.length === 0 ? '' : `WHERE ${place.terms.join(' AND ')}`;
  return ['rows', `SELECT ${key}, count(*) FROM ${place.source} ${where} GROUP BY ${key}`, []];
}

/** Columns of the index in its order, without the id that breaks ties. */
function keyColumns(collection: CollectionDeclaration, name: string): readonly string[] {
  const { fields, multi } = indexNamed(collection, name);
  return fields.map((field, position) => (multi === true && position === 0 ? 'token' : columnName(field)));
}

/** Where an index's entries are, and the terms that choose those with the given first values. */
function placeOf(collection: CollectionDeclaration, name: string, given: readonly IndexValue[]) {
  const { fields, multi } = indexNamed(collection, name);
  const table = tableName(collection.name);
  const equals = given.map(toColumn);
  const terms = keyColumns(collection, name)
    .slice(0, equals.length)
    .map((key) => `${key} = ?`);
  if (multi === true) {
    const source = `${sideTableName(collection.name, name)} AS m`;
    return { source, json: `(SELECT json FROM ${table} AS d WHERE d.id = m.id)`, terms, equals };
  }
  const [first = ''] = fields; // Declarations without a field are refused when the store is opened.
  const source = `${table} AS m INDEXED BY ${indexName(collection.name, name)}`;
  return { source, json: 'json', terms: [isPresent(first), ...terms], equals };
}

/** Bounds of one column. They never leave the type of what was given: a missing value is below no number, text above none. */
function toRange(query: FindQuery, column: string): { terms: string[]; values: ColumnValue[] } {
  const sample = query.from ?? query.to;
  if (sample === undefined) return { terms: [], values: [] };
  // With `after`, its bound is where the walk starts; the plus keeps these from being taken for that.
  const key = query.after === undefined ? column : `+${column}`;
  const [least, most] = { number: ['> -9e999', "< ''"], string: [">= ''", "< x''"], boolean: [">= x''", null] }[
    typeof sample as 'number' | 'string' | 'boolean' // `sample` is an IndexValue.
  ];
  const terms = [`${key} ${query.from === undefined ? least : '>= ?'}`];
  if (query.to !== undefined) terms.push(`${key} <= ?`);
  else if (most !== null) terms.push(`${key} ${most}`);
  return { terms, values: [query.from, query.to].flatMap((value) => (value === undefined ? [] : [toColumn(value)])) };
}

/** The entries behind a document, over the columns that the query leaves free. */
function toBehind(
  collection: CollectionDeclaration,
  query: { readonly index: string; readonly after?: StoredDocument },
  keys: readonly string[],
  fixed: number,
  sign: '<' | '>',
): { terms: string[]; values: ColumnValue[] } {
  const { after } = query;
  if (after === undefined) return { terms: [], values: [] };
  const { fields } = indexNamed(collection, query.index);
  const free = keys.slice(fixed);
  if (free.length === 0) return { terms: [], values: [] }; // All values of a unique index are given: see `toFindRequest`.
  const values = free.map((key, position) =>
    key === 'id' ? after.id : toColumn(indexValue(collection.name, after, fields[fixed + position] ?? 'id')),
  );
  return { terms: [`(${free.join(', ')}) ${sign} (${free.map(() => '?').join(', ')})`], values };
}
