import type { Collection, FindQuery, StoredDocument } from '../ports/store.ts';

const pageSize = 200;

/** All documents a query finds, page after page. Documents may be removed or replaced between two pages. */
export async function* pagesOf<Row extends StoredDocument>(
  collection: Collection,
  query: Omit<FindQuery, 'limit' | 'after'>,
): AsyncGenerator<readonly Row[], void, undefined> {
  let after: StoredDocument | undefined;
  for (;;) {
    const page = await collection.find({ ...query, limit: pageSize, ...(after ? { after } : {}) });
    if (page.length > 0) yield page as Row[]; // A collection is written by its one repository, which names its row here.
    if (page.length < pageSize) return;
    after = page[page.length - 1];
  }
}

/** The first `limit` different values of `valueOf` in the order of the query. */
export async function distinct<Row extends StoredDocument, Value>(
  collection: Collection,
  query: Omit<FindQuery, 'limit' | 'after'>,
  valueOf: (row: Row) => Value,
  limit: number,
): Promise<Value[]> {
  const values = new Set<Value>();
  for await (const page of pagesOf<Row>(collection, query)) {
    for (const row of page) {
      values.add(valueOf(row));
      if (values.size >= limit) return [...values];
    }
  }
  return [...values];
}
