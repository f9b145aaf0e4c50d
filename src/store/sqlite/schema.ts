import type { CollectionDeclaration, StoredDocument } from '../../ports/store.ts';
import type { Database } from './database.ts';
import { columnFields, multiIndexes, rowMaker } from './protocol.ts';
import { columnName, indexName, isPresent, sideTableName, tableName } from './queries.ts';
import { openTable } from './table.ts';

/** Raised when what is written below changes shape; a file of a later one is refused. */
const schemaVersion = 1;
const copiedAtOnce = 500;

/**
 * Makes the tables and indexes that the declarations ask for, in one transaction; does nothing where they are there already.
 * A collection whose declaration changed has its index columns and indexes made anew from its documents. Collections that are
 * no longer declared keep their documents.
 */
export function applyDeclarations(database: Database, collections: readonly CollectionDeclaration[]): void {
  const found = Number(database.rows('PRAGMA user_version', [])[0]?.[0]);
  if (found > schemaVersion)
    throw new Error(`the file was written by a newer release (schema ${found}; this one knows ${schemaVersion})`);
  database.exec('BEGIN IMMEDIATE');
  try {
    database.exec(
      `PRAGMA user_version = ${schemaVersion}; CREATE TABLE IF NOT EXISTS declarations (name TEXT PRIMARY KEY, indexes TEXT NOT NULL)`,
    );
    for (const collection of collections) applyDeclaration(database, collection);
    database.exec('COMMIT');
  } catch (error) {
    if (database.isInTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function applyDeclaration(database: Database, collection: CollectionDeclaration): void {
  const wanted = JSON.stringify(collection.indexes);
  const applied = database.rows('SELECT indexes FROM declarations WHERE name = ?', [collection.name])[0]?.[0];
  if (applied === wanted) return;
  const table = tableName(collection.name);
  database.exec(`CREATE TABLE IF NOT EXISTS ${table} (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, version INTEGER NOT NULL, json TEXT NOT NULL)`);
  dropIndexes(database, collection.name);
  addColumns(database, collection);
  for (const name of multiIndexes(collection)) createSideTable(database, collection, name);
  refill(database, collection);
  for (const name of Object.keys(collection.indexes)) createIndex(database, collection, name);
  database.run(
    'INSERT INTO declarations (name, indexes) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET indexes = excluded.indexes',
    [collection.name, wanted],
  );
}

function dropIndexes(database: Database, collection: string): void {
  const named = (type: string, prefix: string) =>
    database
      .rows('SELECT name FROM sqlite_schema WHERE type = ? AND substr(name, 1, ?) = ?', [type, prefix.length, prefix])
      .map(([name]) => String(name));
  for (const name of named('index', `index.${collection}.`)) database.exec(`DROP INDEX "${name}"`);
  for (const name of named('table', `multi.${collection}.`)) database.exec(`DROP TABLE "${name}"`);
}

function addColumns(database: Database, collection: CollectionDeclaration): void {
  const present = new Set(
    database
      .rows('SELECT name FROM pragma_table_info(?)', [`doc.${collection.name}`])
      .map(([name]) => `"${String(name)}"`),
  );
  for (const column of columnFields(collection).map(columnName))
    if (!present.has(column))
      // No type, so that SQLite converts nothing; the default is "missing".
      database.exec(`ALTER TABLE ${tableName(collection.name)} ADD COLUMN ${column} NOT NULL DEFAULT -9e999`);
}

function createSideTable(database: Database, collection: CollectionDeclaration, name: string): void {
  const rest = (collection.indexes[name]?.fields ?? []).slice(1).map(columnName);
  const columns = ['token TEXT NOT NULL', ...rest.map((column) => `${column} NOT NULL`), 'id TEXT NOT NULL'];
  const key = ['token', ...rest, 'id'].join(', ');
  database.exec(
    `CREATE TABLE ${sideTableName(collection.name, name)} (${columns.join(', ')}, PRIMARY KEY (${key})) WITHOUT ROWID`,
  );
}

function createIndex(database: Database, collection: CollectionDeclaration, name: string): void {
  const { fields = [], unique, multi } = collection.indexes[name] ?? {};
  const [first] = fields;
  if (multi === true || first === undefined) return;
  const keys = [...fields.map(columnName), ...(unique === true ? [] : ['id'])].join(', ');
  database.exec(
    `CREATE ${unique === true ? 'UNIQUE' : ''} INDEX ${indexName(collection.name, name)} ON ${tableName(collection.name)} (${keys}) WHERE ${isPresent(first)}`,
  );
}

/** Writes the index columns and side tables of all documents that are there. */
function refill(database: Database, collection: CollectionDeclaration): void {
  const table = openTable(database, collection);
  const toRow = rowMaker(collection);
  const select = `SELECT seq, json FROM ${tableName(collection.name)} WHERE seq > ? ORDER BY seq LIMIT ${copiedAtOnce}`;
  let last = 0;
  for (let rows = database.rows(select, [last]); rows.length > 0; rows = database.rows(select, [last])) {
    for (const [seq, json] of rows) {
      last = Number(seq);
      // Written by this store from a StoredDocument.
      table.reindex(toRow(JSON.parse(String(json)) as StoredDocument, String(json)));
    }
  }
}
