import { DatabaseSync } from '@photostructure/sqlite';
import type { ColumnValue } from './protocol.ts';

/** An open SQLite file whose statements are prepared once. Every method throws SQLite's own errors. */
export interface Database {
  /** Runs statements that give nothing back. */
  exec(sql: string): void;
  /** How many rows it changed. */
  run(sql: string, parameters: readonly ColumnValue[]): number;
  /** Rows as arrays. */
  rows(sql: string, parameters: readonly ColumnValue[]): unknown[][];
  readonly isInTransaction: boolean;
  close(): void;
}

/**
 * Opens the file for this process alone: with `locking_mode=EXCLUSIVE` SQLite keeps its operating-system lock from the first
 * access until the file is closed or the process is gone, however it ends. @throws an error for which `isLocked` when another
 * process (or this one) has it open.
 */
export function openDatabase(file: string): Database {
  const connection = new DatabaseSync(file);
  try {
    connection.exec(`
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA page_size = 8192;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA secure_delete = ON;
      PRAGMA temp_store = MEMORY;
      PRAGMA cache_size = -32768;
      PRAGMA wal_autocheckpoint = 4000;
      PRAGMA journal_size_limit = 67108864;
      BEGIN EXCLUSIVE; COMMIT`);
  } catch (error) {
    connection.close();
    throw error;
  }
  // The texts are made from declarations and from the shapes of queries, so their number is small and fixed.
  const prepared = new Map<string, ReturnType<typeof connection.prepare>>();
  const statement = (sql: string) => {
    let found = prepared.get(sql);
    if (found === undefined) {
      found = connection.prepare(sql);
      found.setReturnArrays(true);
      prepared.set(sql, found);
    }
    return found;
  };
  return {
    exec: (sql) => connection.exec(sql),
    run: (sql, parameters) => statement(sql).run(...parameters).changes,
    rows: (sql, parameters) => statement(sql).all(...parameters) as unknown[][], // setReturnArrays makes each row an array.
    get isInTransaction() {
      return connection.isTransaction;
    },
    close: () => connection.close(),
  };
}

/** SQLITE_BUSY or SQLITE_LOCKED: somebody else holds the file (https://sqlite.org/rescode.html). */
export function isLocked(error: unknown): boolean {
  const code = resultCode(error);
  return code === 5 || code === 6;
}

/** SQLITE_CONSTRAINT: an id or a unique value exists; no other constraint is declared. */
export function isConstraint(error: unknown): boolean {
  return resultCode(error) === 19;
}

/** SQLite's primary result code; undefined for an error that is not SQLite's. */
export function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined;
  return error.errcode & 0xff;
}
