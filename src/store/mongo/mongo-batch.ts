import { mongo, type Model } from 'mongoose';
import type { BatchWrite, CollectionDeclaration } from '../../ports/store.ts';
import { checkReplacement, checkIndexValues } from '../../ports/store-rules.ts';
import { recordsOf, toRecord, type MongoRecord } from './filters.ts';
import { checkWritten } from './mongo-collection.ts';
import { isDuplicate, translated } from './mongo-errors.ts';

/** A collection that batches may write to. */
export interface BatchTarget {
  readonly declared: CollectionDeclaration;
  readonly model: Model<MongoRecord>;
}

/**
 * Writes in order: neighbours of one collection travel as one ordered bulkWrite. An insert whose id exists stops such a bulk with
 * 11000; it is then dropped, with all further inserts known to exist, and the rest goes on.
 */
export async function writeBatch(
  targetOf: (collection: string) => BatchTarget,
  writes: readonly BatchWrite[],
): Promise<void> {
  for (const write of writes) check(targetOf(write.collection).declared, write);
  for (let from = 0; from < writes.length;) {
    const collection = writes[from]?.collection ?? '';
    let to = from + 1;
    while (writes[to]?.collection === collection) to++;
    await writeRun(targetOf(collection), writes.slice(from, to));
    from = to;
  }
}

async function writeRun({ declared, model }: BatchTarget, run: readonly BatchWrite[]): Promise<void> {
  await translated(`batch on collection "${declared.name}"`, async () => {
    let left = run;
    while (left.length > 0) {
      try {
        await recordsOf(model).bulkWrite(left.map(toOperation), { ordered: true });
        return;
      } catch (error) {
        const at = stoppedAt(error);
        const stopped = at === null ? undefined : left[at];
        if (at === null || stopped === undefined || stopped.type !== 'insert') throw error;
        const existing = await existingInserts(model, left.slice(at));
        // The id is new, so it was another unique value: nothing that repeating would heal.
        if (!existing.has(stopped.document.id)) throw error;
        left = left
          .slice(at)
          .filter((write, n) => n > 0 && !(write.type === 'insert' && existing.has(write.document.id)));
      }
    }
  });
}

/** Ids of these inserts that exist and will still exist when their turn comes. */
async function existingInserts(model: Model<MongoRecord>, writes: readonly BatchWrite[]): Promise<ReadonlySet<string>> {
  const removed = new Set(writes.flatMap((write) => (write.type === 'remove' ? [write.id] : [])));
  const ids = writes.flatMap((write, n) =>
    write.type === 'insert' && (n === 0 || !removed.has(write.document.id)) ? [write.document.id] : [],
  );
  const found = await model.find({ _id: { $in: ids } }, { _id: 1 }).lean<MongoRecord[]>();
  return new Set(found.map(({ _id }) => _id));
}

/** Where an ordered bulk was stopped by 11000; null for any other error. */
function stoppedAt(error: unknown): number | null {
  if (!(error instanceof mongo.MongoBulkWriteError) || !isDuplicate(error)) return null;
  const first = [error.writeErrors].flat()[0];
  return first?.index ?? null;
}

function toOperation(write: BatchWrite): mongo.AnyBulkWriteOperation<MongoRecord> {
  switch (write.type) {
    case 'insert':
      return { insertOne: { document: toRecord(write.document) } };
    case 'replace':
      return {
        replaceOne: {
          filter: { _id: write.document.id, version: write.expectedVersion },
          replacement: toRecord(write.document),
        },
      };
    case 'remove':
      return { deleteOne: { filter: { _id: write.id } } };
  }
}

function check(declared: CollectionDeclaration, write: BatchWrite): void {
  if (write.type === 'insert') checkWritten(declared, write.document);
  if (write.type === 'replace') {
    checkReplacement(declared, write.document, write.expectedVersion);
    checkIndexValues(declared, write.document);
  }
}
