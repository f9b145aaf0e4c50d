import type {
  CollectionDeclaration,
  FindQuery,
  IndexDeclaration,
  IndexValue,
  SearchQuery,
  StoredDocument,
} from './store.ts';

/** Most documents that one `find` or `search` may ask for. */
const maxPageSize = 1_000;
/** Most tokens that one `search` may name. */
const maxSearchTokens = 16;

/**
 * What both stores refuse alike, so that a program that works on one works on the other. All errors here are `TypeError`s: they
 * say that the program is wrong, never that the store or a person is.
 */
export function checkDeclarations(collections: readonly CollectionDeclaration[]): void {
  distinct('collections', collections.map(nameOf));
  for (const { name, indexes } of collections) {
    const where = `collection "${name}"`;
    if (!/^[a-z][a-z0-9_-]{0,60}$/i.test(name))
      throw new TypeError(`${where}: expected a name of letters, digits, - and _`);
    distinct(`indexes of ${where}`, Object.keys(indexes));
    distinct(`fields of ${where}`, [...new Set(Object.values(indexes).flatMap((index) => index.fields))]);
    for (const [title, index] of Object.entries(indexes)) {
      const at = `${where}, index "${title}"`;
      if (!/^[a-z][a-z0-9_-]{0,60}$/i.test(title))
        throw new TypeError(`${at}: expected a name of letters, digits, - and _`);
      if (index.fields.length === 0) throw new TypeError(`${at}: expected at least one field`);
      for (const field of index.fields)
        if (!/^[a-z][a-z0-9_]{0,60}$/i.test(field) || field === 'id')
          throw new TypeError(
            `${at}: "${field}" cannot be an index field; expected letters, digits and _, and not "id"`,
          );
      if (index.multi === true && index.unique === true) throw new TypeError(`${at}: a multi index cannot be unique`);
    }
  }
}

/** What a document holds for an index field; undefined when it lacks it. Null is not an index value: leave the field out. */
export function indexValue(collection: string, document: StoredDocument, field: string): IndexValue | undefined {
  const value = document[field];
  if (value === undefined || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  const found = value === null ? 'null' : typeof value === 'number' ? `${value}` : `a value of type ${typeof value}`;
  throw new TypeError(
    `collection "${collection}", document "${document.id}": index field "${field}" holds ${found}; expected a string, a finite number, a boolean or nothing`,
  );
}

/** The entries of a multi index for a document, each once; none when it lacks the field. */
export function indexTokens(collection: string, document: StoredDocument, field: string): readonly string[] {
  const value = document[field];
  if (value === undefined) return [];
  if (Array.isArray(value) && value.every((token) => typeof token === 'string')) return [...new Set<string>(value)];
  throw new TypeError(
    `collection "${collection}", document "${document.id}": multi index field "${field}" expects an array of strings`,
  );
}

/** Throws unless the document has an id and a version. */
export function checkDocument(collection: CollectionDeclaration, { id, version }: StoredDocument): void {
  if (typeof id !== 'string' || id === '')
    throw new TypeError(`collection "${collection.name}": a document needs an id`);
  if (!Number.isSafeInteger(version) || version < 1)
    throw new TypeError(`collection "${collection.name}", document "${id}": version ${version}; expected 1 or more`);
}

/** Throws unless `document` is the next version of what it replaces. */
export function checkReplacement(collection: CollectionDeclaration, document: StoredDocument, expected: number): void {
  if (document.version !== expected + 1)
    throw new TypeError(
      `collection "${collection.name}", document "${document.id}": version ${document.version} cannot replace version ${expected}; expected ${expected + 1}`,
    );
  checkDocument(collection, document);
}

/** Throws unless every index field of the document holds what an index can hold. */
export function checkIndexValues(collection: CollectionDeclaration, document: StoredDocument): void {
  for (const { fields, multi } of Object.values(collection.indexes))
    for (const [position, field] of fields.entries()) {
      if (multi === true && position === 0) indexTokens(collection.name, document, field);
      else indexValue(collection.name, document, field);
    }
}

/** The declaration of an index. */
export function indexNamed(collection: CollectionDeclaration, name: string): IndexDeclaration {
  const index = Object.hasOwn(collection.indexes, name) ? collection.indexes[name] : undefined;
  if (index === undefined) throw new TypeError(`collection "${collection.name}" declares no index "${name}"`);
  return index;
}

/** The declaration of the index that a query asks for. */
export function checkFind(collection: CollectionDeclaration, query: FindQuery): IndexDeclaration {
  const index = indexNamed(collection, query.index);
  const where = `collection "${collection.name}", index "${query.index}"`;
  const given = checkEquals(collection, query.index, query.equals ?? []);
  const bounded = query.from !== undefined || query.to !== undefined;
  if (given + (bounded ? 1 : 0) > index.fields.length)
    throw new TypeError(`${where}: values for more than its ${index.fields.length} fields`);
  if (query.from !== undefined && query.to !== undefined && typeof query.from !== typeof query.to)
    throw new TypeError(`${where}: from and to are of different types`);
  checkLimit(where, query.limit);
  return index;
}

/** The declaration of the multi index that a search asks for. */
export function checkSearch(collection: CollectionDeclaration, query: SearchQuery): IndexDeclaration {
  const index = indexNamed(collection, query.index);
  const where = `collection "${collection.name}", index "${query.index}"`;
  if (index.multi !== true) throw new TypeError(`${where}: search needs a multi index`);
  if (query.tokens.length === 0 || query.tokens.length > maxSearchTokens)
    throw new TypeError(`${where}: ${query.tokens.length} tokens; expected 1 to ${maxSearchTokens}`);
  checkLimit(where, query.limit);
  return index;
}

/** How many values are given; throws when there are more than fields, or none for a multi index (its documents have many places). */
export function checkEquals(collection: CollectionDeclaration, name: string, equals: readonly IndexValue[]): number {
  const index = indexNamed(collection, name);
  if (equals.length > index.fields.length || (index.multi === true && equals.length === 0))
    throw new TypeError(
      `collection "${collection.name}", index "${name}": ${equals.length} values; expected ${index.multi === true ? 1 : 0} to ${index.fields.length}`,
    );
  return equals.length;
}

/** Whether a string may name a blob: it is a file's name in one of the stores. */
export function isBlobId(id: string): boolean {
  return /^[A-Za-z0-9._-]{1,200}$/.test(id) && id !== '.' && id !== '..';
}

function checkLimit(where: string, limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > maxPageSize)
    throw new TypeError(`${where}: limit ${limit}; expected 1 to ${maxPageSize}`);
}

/** SQLite does not tell names apart by case. */
function distinct(what: string, names: readonly string[]): void {
  const twice = names.find((name, at) => names.findIndex((other) => other.toLowerCase() === name.toLowerCase()) !== at);
  if (twice !== undefined) throw new TypeError(`${what}: "${twice}" is there twice (case does not count)`);
}

function nameOf({ name }: CollectionDeclaration): string {
  return name;
}
