import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { createConnection, mongo, type Connection } from 'mongoose';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { StoreUnavailable } from '../../src/domain/errors.ts';
import { openMongoStore } from '../../src/store/mongo/open-mongo-store.ts';
import { storeContract } from '../contract/store.contract.ts';

const uri = inject('mongodbUri');

describe.skipIf(uri === null)('with a MongoDB', () => {
  storeContract('MongoDB', async () => {
    const line = await openLine(uri ?? '');
    const database = `wasl-store-${process.pid}`;
    return {
      open: (collections) =>
        openMongoStore({ uri: `mongodb://127.0.0.1:${line.port}/${database}?directConnection=true`, collections }),
      cutOff: async () => line.cut(),
      async dispose() {
        line.cut();
        const connection = await createConnection(uri ?? '', { dbName: database }).asPromise();
        await connection.dropDatabase();
        await connection.close();
      },
    };
  });
});

describe.skipIf(uri === null)('a walk over GridFS', () => {
  it("meets an upload that was never finished and one that was replaced as nobody's, and removes them", async () => {
    const database = `wasl-walk-${process.pid}`;
    const store = await openMongoStore({ uri: `${uri}/${database}`, collections: [] });
    const connection = await createConnection(`${uri}/${database}`).asPromise();
    const put = (text: string) =>
      store.blobs.put(
        'whole',
        (async function* () {
          yield Buffer.from(text);
        })(),
      );
    await put('old');
    const chunks = connection.collection('blobs.chunks');
    const files = connection.collection('blobs.files');
    const old = await files.findOne({});
    const oldChunks = await chunks.find({}).toArray();
    await put('new');
    // As a process leaves them that was killed before it removed the older one, and in the middle of an upload.
    await files.insertOne({ ...old! });
    await chunks.insertMany(oldChunks);
    const half = new mongo.ObjectId();
    await chunks.insertMany([0, 1].map((n) => ({ files_id: half, n, data: Buffer.from('half') })));

    const found = [];
    for await (const blob of store.blobs.walk()) found.push(blob);
    expect(found.map(({ id }) => id).sort()).toEqual([null, null, 'whole'].sort());
    for (const blob of found.filter(({ id }) => id === null)) await blob.remove();
    expect(await chunks.countDocuments()).toBe(1);
    expect(await files.countDocuments()).toBe(1);
    const bytes = [];
    for await (const piece of (await store.blobs.get('whole'))!) bytes.push(piece);
    expect(Buffer.concat(bytes).toString()).toBe('new');
    await connection.dropDatabase();
    await connection.close();
    await store.close();
  });
});

describe.skipIf(uri === null)('opening a store on MongoDB', () => {
  const database = `wasl-store-open-${process.pid}`;
  const collections = [
    { name: 'notes', indexes: { place: { fields: ['place', 'order'] }, code: { fields: ['code'], unique: true } } },
  ];
  const named = `${uri}/${database}`;
  const look = async <T>(action: (connection: Connection) => Promise<T>) => {
    const connection = await createConnection(named).asPromise();
    return action(connection).finally(() => connection.close());
  };
  afterAll(() => look((connection) => connection.dropDatabase()));

  it('makes each index with all keys one way, over the documents that have its first field', async () => {
    const store = await openMongoStore({ uri: named, collections });
    await store.close();
    const indexes = await look((connection) => connection.collection('notes').indexes());
    expect(indexes.find(({ name }) => name === 'place')).toMatchObject({
      key: { place: 1, order: 1, _id: 1 },
      partialFilterExpression: { place: { $exists: true } },
    });
    expect(indexes.find(({ name }) => name === 'code')).toMatchObject({ key: { code: 1 }, unique: true });
  });

  it('leaves alone the indexes that somebody else made', async () => {
    await look((connection) => connection.collection('notes').createIndex({ other: 1 }, { name: 'other' }));
    const store = await openMongoStore({ uri: named, collections });
    await store.close();
    const indexes = await look((connection) => connection.collection('notes').indexes());
    expect(indexes.map(({ name }) => name).sort()).toEqual(['_id_', 'code', 'other', 'place']);
  });
});

describe('opening a store on a MongoDB that is away', () => {
  it('says StoreUnavailable within seconds', async () => {
    const line = await openLine('mongodb://127.0.0.1:1');
    line.cut();
    const opening = openMongoStore({ uri: `mongodb://127.0.0.1:${line.port}/nothing`, collections: [] });
    await expect(opening).rejects.toBeInstanceOf(StoreUnavailable);
  });
});

/** A line to the server that can be cut. */
async function openLine(to: string): Promise<{ readonly port: number; cut(): void }> {
  const { hostname, port } = new URL(to);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port || 27017), hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    cut() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
