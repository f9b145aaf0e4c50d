import type { BatchWrite, Collection, Store } from '../../src/ports/store.ts';

/** When a process dies: before or after the first write of this name, such as `insert events`. */
export interface DeathAt {
  readonly when: 'before' | 'after';
  readonly write: string;
}

/**
 * A store that dies with its process: after so many durable writes, or at one, nothing answers any more, as after a SIGKILL. A
 * batch is written one document at a time, since no store promises that it is atomic; the process may die inside it.
 */
export function createCrashingStore(store: Store, death: number | DeathAt) {
  const writes = typeof death === 'number' ? death : Infinity;
  const isDeath = (when: DeathAt['when'], write: string) =>
    typeof death !== 'number' && death.when === when && death.write === write;
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

  async function writing(name: string, write: () => Promise<void>): Promise<void> {
    if (isDead) return never;
    if (done >= writes || isDeath('before', name)) return die();
    done += 1;
    try {
      await write();
    } catch (error) {
      // A refused write (a duplicate, a conflict) was none.
      done -= 1;
      throw error;
    }
    if (done >= writes || isDeath('after', name)) return die();
  }

  function die(): Promise<never> {
    isDead = true;
    tell();
    return never;
  }

  function wrap(name: string, collection: Collection): Collection {
    return {
      insert: (document) => writing(`insert ${name}`, () => collection.insert(document)),
      replace: (document, version) => writing(`replace ${name}`, () => collection.replace(document, version)),
      remove: (id) => writing(`remove ${name}`, () => collection.remove(id)),
      get: (id) => reading(() => collection.get(id)),
      getMany: (ids) => reading(() => collection.getMany(ids)),
      find: (query) => reading(() => collection.find(query)),
      search: (query) => reading(() => collection.search(query)),
      count: (index, equals) => reading(() => collection.count(index, equals)),
      countBy: (index) => reading(() => collection.countBy(index)),
    };
  }

  const crashing: Store = {
    collection: (name) => wrap(name, store.collection(name)),
    async batch(batch: readonly BatchWrite[]) {
      for (const write of batch) await writing(`${write.type} ${write.collection}`, () => store.batch([write]));
    },
    blobs: {
      put: async (id, bytes) => {
        let put = { sizeBytes: 0 };
        await writing('put blobs', async () => {
          put = await store.blobs.put(id, bytes);
        });
        return put;
      },
      get: (id) => reading(() => store.blobs.get(id)),
      remove: (id) => writing('remove blobs', () => store.blobs.remove(id)),
      async *walk() {
        for await (const blob of store.blobs.walk())
          yield { ...blob, remove: () => writing('remove blobs', () => blob.remove()) };
      },
    },
    ping: () => reading(() => store.ping()),
    // The test closes the real store: this process is dead.
    close: async () => {},
  };
  return { store: crashing, died, kill: () => void die(), writesDone: () => done, isDead: () => isDead };
}
