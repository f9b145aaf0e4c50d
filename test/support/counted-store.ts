import type { Collection, Store } from '../../src/ports/store.ts';

/** A store that notes what is written to it: one entry for each write the database is asked for. */
export function createCountedStore(store: Store) {
  const writes: string[] = [];
  const reads: string[] = [];
  function wrap(name: string, collection: Collection): Collection {
    const noting =
      <Parameters extends unknown[], Result>(
        list: string[],
        verb: string,
        call: (...parameters: Parameters) => Promise<Result>,
      ) =>
      (...parameters: Parameters): Promise<Result> => {
        list.push(`${verb} ${name}`);
        return call(...parameters);
      };
    return {
      insert: noting(writes, 'insert', collection.insert),
      replace: noting(writes, 'replace', collection.replace),
      remove: noting(writes, 'remove', collection.remove),
      get: noting(reads, 'get', collection.get),
      getMany: noting(reads, 'getMany', collection.getMany),
      find: noting(reads, 'find', collection.find),
      search: noting(reads, 'search', collection.search),
      count: noting(reads, 'count', collection.count),
      countBy: noting(reads, 'countBy', collection.countBy),
    };
  }
  const counted: Store = {
    ...store,
    collection: (name) => wrap(name, store.collection(name)),
    batch(batch) {
      writes.push(`batch ${batch.map((write) => `${write.type} ${write.collection}`).join(', ')}`);
      return store.batch(batch);
    },
  };
  return { store: counted, writes, reads };
}
