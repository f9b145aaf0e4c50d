import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts';
import { storeContract } from '../contract/store.contract.ts';

storeContract('SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wasl-store-'));
  return {
    open: (collections) =>
      openSqliteStore({
        file: join(folder, 'data', 'wasl.sqlite'),
        blobsDir: join(folder, 'data', 'blobs'),
        collections,
      }),
    cutOff: (store) => store.close(),
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
});
