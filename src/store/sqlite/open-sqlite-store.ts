import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StoreUnavailable } from '../../domain/errors.ts';
import type {
  BatchWrite,
  Collection,
  CollectionDeclaration,
  IndexValue,
  Store,
  StoredDocument,
} from '../../ports/store.ts';
import { checkDeclarations, checkDocument, checkReplacement } from '../../ports/store-rules.ts';
import { openFileBlobs } from './file-blobs.ts';
import { fromColumn, rowMaker, type ColumnValue, type WriteRequest } from './protocol.ts';
import { toCountByRequest, toCountRequest, toFindRequest, toSearchRequest } from './queries.ts';
import { startWorker, type WorkerClient } from './worker-client.ts';

const pingLimitMs = 2_000;
/** What a request weighs beside its JSON. */
const requestBytes = 200;

/**
 * The embedded store: documents in one SQLite file, blobs as files in a folder beside it, both made when they are missing. Every
 * write is on the disk (fsync) before it resolves; writes that wait together share one fsync.
 * @throws AppError `store-locked` while another process has the file open; StoreUnavailable when it cannot be opened.
 */
export async function openSqliteStore(settings: {
  readonly file: string;
  readonly blobsDir: string;
  readonly collections: readonly CollectionDeclaration[];
}): Promise<Store> {
  checkDeclarations(settings.collections);
  await mkdir(dirname(settings.file), { recursive: true });
  const client = await startWorker({ file: settings.file, collections: settings.collections });
  const blobs = await openFileBlobs(settings.blobsDir).catch(async (error: unknown) => {
    await client.close();
    throw error;
  });
  const opened = new Map(settings.collections.map((declared) => [declared.name, openCollection(declared, client)]));
  const collectionOf = (name: string) => {
    const found = opened.get(name);
    if (found === undefined) throw new TypeError(`no collection "${name}" is declared`);
    return found;
  };
  return {
    collection: (name) => collectionOf(name).collection,
    async batch(writes) {
      if (writes.length === 0) return;
      const requests = writes.map((write) => collectionOf(write.collection).toWrite(write));
      await client.call(
        ['batch', requests],
        requests.reduce((sum, request) => sum + bytesOf(request), 0),
      );
    },
    blobs,
    async ping() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(
          () => reject(new StoreUnavailable(`${settings.file}: no answer in two seconds`)),
          pingLimitMs,
        );
      });
      await Promise.race([client.call(['rows', 'SELECT 1', []], 0), late]).finally(() => clearTimeout(timer));
    },
    close: () => client.close(),
  };
}

function openCollection(declared: CollectionDeclaration, client: WorkerClient) {
  const toRow = rowMaker(declared);
  const toWrite = (write: BatchWrite): WriteRequest => {
    switch (write.type) {
      case 'insert':
        checkDocument(declared, write.document);
        return ['insert', declared.name, toRow(write.document)];
      case 'replace':
        checkReplacement(declared, write.document, write.expectedVersion);
        return ['replace', declared.name, toRow(write.document), write.expectedVersion];
      case 'remove':
        return ['remove', declared.name, write.id];
    }
  };
  const write = async (one: BatchWrite) => {
    const request = toWrite(one);
    await client.call(request, bytesOf(request));
  };
  const read = async (request: Parameters<WorkerClient['call']>[0]) => {
    // Reads answer rows, and only JSON that this store wrote from a StoredDocument.
    const rows = (await client.call(request, requestBytes)) as [string][];
    return rows.map(([json]) => JSON.parse(json) as StoredDocument);
  };
  const collection: Collection = {
    insert: (document) => write({ type: 'insert', collection: declared.name, document }),
    replace: (document, expectedVersion) =>
      write({ type: 'replace', collection: declared.name, document, expectedVersion }),
    remove: (id) => write({ type: 'remove', collection: declared.name, id }),
    get: async (id) => (await read(['get', declared.name, [id]]))[0] ?? null,
    getMany: async (ids) => (ids.length === 0 ? [] : read(['get', declared.name, [...new Set(ids)]])),
    find: async (query) => read(toFindRequest(declared, query)),
    search: async (query) => read(toSearchRequest(declared, query)),
    async count(index, equals) {
      const rows = (await client.call(toCountRequest(declared, index, equals), requestBytes)) as [[number]];
      return rows[0][0];
    },
    async countBy(index): Promise<ReadonlyMap<IndexValue, number>> {
      const rows = (await client.call(toCountByRequest(declared, index), requestBytes)) as [ColumnValue, number][];
      return new Map(rows.map(([value, count]) => [fromColumn(value), count]));
    },
  };
  return { collection, toWrite };
}

function bytesOf(request: WriteRequest): number {
  return request[0] === 'remove' ? requestBytes : request[2][2].length + requestBytes;
}
