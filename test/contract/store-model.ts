import type { CollectionDeclaration, FindQuery, SearchQuery, StoredDocument } from '../../src/ports/store.ts';

/** What `find` must answer, over a plain list. Only numbers, booleans and texts without surrogates are compared. */
export function modelFind(
  collection: CollectionDeclaration,
  documents: readonly StoredDocument[],
  query: FindQuery,
): StoredDocument[] {
  const fields = collection.indexes[query.index]?.fields ?? [];
  const equals = query.equals ?? [];
  const next = fields[equals.length];
  const { from, to } = query;
  const held = documents.filter(
    (document) =>
      document[fields[0] ?? ''] !== undefined &&
      equals.every((value, n) => document[fields[n] ?? ''] === value) &&
      (from === undefined || isAtLeast(document[next ?? ''], from)) &&
      (to === undefined || isAtLeast(to, document[next ?? ''])),
  );
  return page(held, fields, query.order === 'ascending' ? 1 : -1, query);
}

/** What `search` must answer. */
export function modelSearch(
  collection: CollectionDeclaration,
  documents: readonly StoredDocument[],
  query: SearchQuery,
): StoredDocument[] {
  const [array = '', ...rest] = collection.indexes[query.index]?.fields ?? [];
  const held = documents.filter((document) => {
    const carried: unknown = document[array];
    return Array.isArray(carried) && query.tokens.every((token) => carried.includes(token));
  });
  return page(held, rest, -1, query);
}

function page(
  documents: readonly StoredDocument[],
  fields: readonly string[],
  direction: 1 | -1,
  { after, limit }: { readonly after?: StoredDocument; readonly limit: number },
): StoredDocument[] {
  const order = (a: StoredDocument, b: StoredDocument) => {
    for (const field of [...fields, 'id']) {
      const sign = compare(a[field], b[field]);
      if (sign !== 0) return sign * direction;
    }
    return 0;
  };
  return documents
    .filter((document) => after === undefined || order(document, after) > 0)
    .toSorted(order)
    .slice(0, limit);
}

/** Missing is least. */
function compare(a: unknown, b: unknown): number {
  if (a === b) return 0;
  if (a === undefined) return -1;
  if (b === undefined) return 1;
  return (a as string) < (b as string) ? -1 : 1; // Both are of one type, and `<` takes each of them.
}

function isAtLeast(a: unknown, b: unknown): boolean {
  return a !== undefined && b !== undefined && compare(a, b) >= 0;
}
