import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { createConnection } from 'mongoose';
import { describe, inject } from 'vitest';
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
