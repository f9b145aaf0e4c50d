import type { Model } from 'mongoose';
import { VersionConflict } from '../../domain/errors.ts';
import type { Collection, CollectionDeclaration, IndexValue, StoredDocument } from '../../ports/store.ts';
import {
  checkDocument,
  checkEquals,
  checkFind,
  checkIndexValues,
  checkReplacement,
  checkSearch,
  indexNamed,
} from '../../ports/store-rules.ts';
import {
  behindFilters,
  equalsFilter,
  fromRecord,
  indexKeys,
  rangeFilter,
  recordsOf,
  sortBy,
  toRecord,
  type Filter,
  type MongoRecord,
} from './filters.ts';
import { translated } from './mongo-errors.ts';

/**
 * One collection. Documents are written through the model's own driver collection: they are plain JSON already, and Mongoose's
 * documents would drop empty objects and trip over fields named like its methods.
 */
export function mongoCollection(declared: CollectionDeclaration, model: Model<MongoRecord>): Collection {
  const records = recordsOf(model);
  const subject = `collection "${declared.name}"`;

  /** Reads the filters one after the other until the page is full. */
  const page = async (
    filters: readonly Filter[],
    { index, limit }: { readonly index: string; readonly limit: number },
    fixed: number,
    direction: 1 | -1,
  ) => {
    // Keys with one given value do not order anything (and an array would be ordered by its greatest entry).
    const sort = sortBy(indexKeys(declared, index).slice(fixed), direction);
    const found: StoredDocument[] = [];
    for (const filter of filters) {
      if (found.length === limit) break;
      const rows = await translated(subject, () =>
        model
          .find(filter)
          .sort(sort)
          .limit(limit - found.length)
          .hint(index)
          .lean<MongoRecord[]>(),
      );
      found.push(...rows.map(fromRecord));
    }
    return found;
  };

  return {
    async insert(document) {
      checkWritten(declared, document);
      await translated(subject, () => records.insertOne(toRecord(document)));
    },
    async get(id) {
      const found = await translated(subject, () => model.findById(id).lean<MongoRecord | null>());
      return found === null ? null : fromRecord(found);
    },
    async getMany(ids) {
      if (ids.length === 0) return [];
      const found = await translated(subject, () => model.find({ _id: { $in: ids } }).lean<MongoRecord[]>());
      return found.map(fromRecord);
    },
    async replace(document, expectedVersion) {
      checkReplacement(declared, document, expectedVersion);
      checkIndexValues(declared, document);
      const filter = { _id: document.id, version: expectedVersion };
      const { matchedCount } = await translated(subject, () => records.replaceOne(filter, toRecord(document)));
      if (matchedCount === 0)
        throw new VersionConflict(`${subject}: document "${document.id}" does not have version ${expectedVersion}`);
    },
    async remove(id) {
      await translated(subject, () => records.deleteOne({ _id: id }));
    },
    async find(query) {
      checkFind(declared, query);
      const equals = query.equals ?? [];
      const direction = query.order === 'ascending' ? 1 : -1;
      const fixed = [equalsFilter(declared, query.index, equals), ...rangeFilter(declared, query)];
      const filters = behindFilters(declared, query, equals.length, direction).map((behind) => ({
        $and: [...fixed, ...behind],
      }));
      return page(filters, query, equals.length, direction);
    },
    async search(query) {
      const [array = ''] = checkSearch(declared, query).fields;
      const carried = { [array]: { $all: [...new Set(query.tokens)] } };
      const filters = behindFilters(declared, query, 1, -1).map((behind) => ({ $and: [carried, ...behind] }));
      return page(filters, query, 1, -1);
    },
    async count(index, equals) {
      checkEquals(declared, index, equals);
      return translated(subject, () => model.countDocuments(equalsFilter(declared, index, equals)).hint(index));
    },
    async countBy(index): Promise<ReadonlyMap<IndexValue, number>> {
      const { fields, multi } = indexNamed(declared, index);
      const path = `$${fields[0]}`;
      const stages = [
        { $match: equalsFilter(declared, index, []) },
        ...(multi === true ? [{ $unwind: path }] : []),
        { $group: { _id: path, count: { $sum: 1 } } },
      ];
      const rows = await translated(subject, () =>
        model.aggregate<{ _id: IndexValue; count: number }>(stages).option({ hint: index }),
      );
      return new Map(rows.map((row) => [row._id, row.count]));
    },
  };
}

/** Throws unless the document can be stored under the collection's indexes. */
export function checkWritten(declared: CollectionDeclaration, document: StoredDocument): void {
  checkDocument(declared, document);
  checkIndexValues(declared, document);
}
