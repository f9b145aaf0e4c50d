import type { BatchWrite, Collection, Store } from '../../src/ports/store.ts';

/**
 * A store that dies with its process: after `writes` durable writes nothing answers any more, as after a SIGKILL. A batch is
 * written one document at a time, since no store promises that it is atomic; the process may die inside it.
 */
export function createCrashingStore(store: Store, writes: number) {
  let done = 0;
  let isDead = false;
  let tell: () => void = () => {};
  const died = new Promise<void>((resolve) => (tell = resolve));
  const never = new Promise<never>(() => {});

  async function reading<Value>(read: () => Promise<Value>): Promise<Value> {
    if (isDead) return never;
    const value = await read();
    return isDead ? never : value;
  }

  async function writing(write: () => Promise<void>): Promise<void> {
    if (isDead) return never;
    if (done >= writes) return die();
    done += 1;
    try {
      await write();
    } catch (error) {
      // A refused write (a duplicate, a conflict) was none.
      done -= 1;
      throw error;
    }
    if (done >= writes) return die();
  }

  function die(): Promise<never> {
    isDead = true;
    tell();
    return never;
  }

  function wrap(collection: Collection): Collection {
    return {
      insert: (document) => writing(() => collection.insert(document)),
      replace: (document, version) => writing(() => collection.replace(document, version)),
      remove: (id) => writing(() => collection.remove(id)),
      get: (id) => reading(() => collection.get(id)),
      getMany: (ids) => reading(() => collection.getMany(ids)),
      find: (query) => reading(() => collection.find(query)),
      search: (query) => reading(() => collection.search(query)),
      count: (index, equals) => reading(() => collection.count(index, equals)),
      countBy: (index) => reading(() => collection.countBy(index)),
    };
  }

  const crashing: Store = {
    collection: (name) => wrap(store.collection(name)),
    async batch(batch: readonly BatchWrite[]) {
      for (const write of batch) await writing(() => store.batch([write]));
    },
    blobs: {
      put: async (id, bytes) => {
        let put = { sizeBytes: 0 };
        await writing(async () => {
          put = await store.blobs.put(id, bytes);
        });
        return put;
      },
      get: (id) => reading(() => store.blobs.get(id)),
      remove: (id) => writing(() => store.blobs.remove(id)),
    },
    ping: () => reading(() => store.ping()),
    // The test closes the real store: this process is dead.
    close: async () => {},
  };
  return { store: crashing, died, kill: () => void die(), writesDone: () => done, isDead: () => isDead };
}
