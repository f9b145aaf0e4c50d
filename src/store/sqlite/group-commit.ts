import type { CollectionDeclaration } from '../../ports/store.ts';
import { isConstraint, resultCode, type Database } from './database.ts';
import type { Answer, Envelope, Failure, ReadRequest, Request, WriteRequest } from './protocol.ts';
import { tableName } from './queries.ts';
import { openTable, type Table } from './table.ts';

/** Serves groups of requests; see worker.ts. */
export interface GroupCommit {
  read(group: readonly Envelope[]): Answer[];
  /** One transaction, each request under a savepoint of its own; returns when all is durable, or none of it is. */
  write(group: readonly Envelope[]): Answer[];
}

export function groupCommit(database: Database, collections: readonly CollectionDeclaration[]): GroupCommit {
  const tables = new Map(collections.map((collection) => [collection.name, openTable(database, collection)]));
  const tableOf = (collection: string): Table => {
    const table = tables.get(collection);
    if (table === undefined) throw new TypeError(`no collection "${collection}" is declared`);
    return table;
  };

  const write = (request: WriteRequest): boolean => {
    const table = tableOf(request[1]);
    switch (request[0]) {
      case 'insert':
        return table.insert(request[2]);
      case 'replace':
        return table.replace(request[2], request[3]);
      case 'remove':
        table.remove(request[2]);
        return true;
    }
  };

  const attempt = (number: number, request: Exclude<Request, ReadRequest | readonly ['close']>): Answer => {
    database.run('SAVEPOINT request', []);
    try {
      const answer: Answer = request[0] === 'batch' ? batch(number, request[1]) : single(number, request);
      database.run('RELEASE request', []);
      return answer;
    } catch (error) {
      // Some errors (a full disk) end the whole transaction: then nothing of the group is kept, and `write` says so.
      if (database.isInTransaction) database.exec('ROLLBACK TO request; RELEASE request');
      const subject = request[0] === 'batch' ? 'a batch' : `collection "${request[1]}"`;
      return isConstraint(error)
        ? [number, 'duplicate', `${subject}: a document with the same id or unique value exists`]
        : failed(number, error);
    }
  };

  const batch = (number: number, writes: readonly WriteRequest[]): Answer => {
    for (const one of writes) write(one);
    return [number, null, null];
  };

  const single = (number: number, request: WriteRequest): Answer => {
    if (write(request)) return [number, null, null];
    const [type, collection] = request;
    const id = request[0] === 'remove' ? request[2] : request[2][0];
    return type === 'insert'
      ? [number, 'duplicate', `collection "${collection}": document "${id}" exists`]
      : [number, 'version-conflict', `collection "${collection}": document "${id}" does not have the expected version`];
  };

  return {
    read: (group) =>
      group.flatMap(([number, request]) => {
        if (!isRead(request)) return [];
        try {
          return [[number, null, read(database, request)] as const];
        } catch (error) {
          return [failed(number, error)];
        }
      }),
    write(group) {
      const waiting = group.flatMap(([number, request]) =>
        isRead(request) || request[0] === 'close' ? [] : [[number, request] as const],
      );
      if (waiting.length === 0) return [];
      try {
        database.run('BEGIN IMMEDIATE', []);
        const answers: Answer[] = [];
        for (const [number, request] of waiting) {
          answers.push(attempt(number, request));
          if (!database.isInTransaction)
            throw new Error(`the transaction was ended by: ${String(answers.at(-1)?.[2])}`);
        }
        database.run('COMMIT', []);
        return answers;
      } catch (error) {
        if (database.isInTransaction) database.exec('ROLLBACK');
        const message = error instanceof Error ? error.message : String(error);
        return waiting.map(([number]) => [number, 'store-unavailable', message]);
      }
    },
  };
}

function isRead(request: Request): request is ReadRequest {
  return request[0] === 'rows' || request[0] === 'get' || request[0] === 'search';
}

function read(database: Database, request: ReadRequest): unknown {
  switch (request[0]) {
    case 'rows':
      return database.rows(request[1], request[2]);
    case 'get': {
      const sql = `SELECT json FROM ${tableName(request[1])} WHERE id = ?`;
      return request[2].flatMap((id) => database.rows(sql, [id]));
    }
    case 'search': {
      const [, countSql, sql, tokens, parameters] = request;
      const count = new Map(tokens.map((token) => [token, Number(database.rows(countSql, [token])[0]?.[0])]));
      const rarestFirst = tokens.toSorted((a, b) => (count.get(a) ?? 0) - (count.get(b) ?? 0));
      return database.rows(sql, [...rarestFirst, ...parameters]);
    }
  }
}

/** SQLite's own errors are the world's (disk, memory); all others are this program's. */
function failed(number: number, error: unknown): Answer {
  const failure: Failure = resultCode(error) === undefined || resultCode(error) === 1 ? 'bug' : 'store-unavailable';
  return [number, failure, error instanceof Error ? error.message : String(error)];
}
