import type { CollectionDeclaration, StoredDocument } from '../../ports/store.ts';
import { indexTokens } from '../../ports/store-rules.ts';
import type { Database } from './database.ts';
import { columnFields, multiIndexes, type ColumnValue, type Row } from './protocol.ts';
import { columnName, sideTableName, tableName } from './queries.ts';

/** The writes of one collection, several statements each: give each a savepoint. */
export interface Table {
  /** Whether there was none of this id. @throws SQLite's constraint error for a unique value that exists. */
  insert(row: Row): boolean;
  /** Whether the stored version was the expected one. @throws SQLite's constraint error for a unique value that exists. */
  replace(row: Row, expectedVersion: number): boolean;
  remove(id: string): void;
  /** Writes the index columns and side tables of a document that is there and whose side tables hold nothing yet. */
  reindex(row: Row): void;
}

export function openTable(database: Database, collection: CollectionDeclaration): Table {
  const table = tableName(collection.name);
  const columns = columnFields(collection).map(columnName);
  const sides = multiIndexes(collection).map((name) => openSideTable(database, collection, name));
  const all = ['id', 'version', 'json', ...columns];
  const insertSql = `INSERT INTO ${table} (${all.join(', ')}) VALUES (${all.map(() => '?').join(', ')}) ON CONFLICT (id) DO NOTHING`;
  // The old JSON is read only where side tables must be brought up to date from it.
  const selectSql = `SELECT version, ${sides.length > 0 ? 'json' : 'NULL'}, ${[...columns, 'id'].join(', ')} FROM ${table} WHERE id = ?`;

  const stored = (id: string) => {
    const [found] = database.rows(selectSql, [id]);
    if (found === undefined) return null;
    const [version, json, ...values] = found;
    // Written by this store from a StoredDocument and its columns.
    const document = sides.length > 0 ? (JSON.parse(String(json)) as StoredDocument) : null;
    return { version, document, columns: values.slice(0, columns.length) as ColumnValue[] };
  };

  return {
    insert([id, version, json, values, tokens]) {
      if (database.run(insertSql, [id, version, json, ...values]) === 0) return false;
      for (const [n, side] of sides.entries()) side.change(id, null, { tokens: tokens[n] ?? [], columns: values });
      return true;
    },
    replace([id, version, json, values, tokens], expectedVersion) {
      const old = stored(id);
      if (old === null || old.version !== expectedVersion) return false;
      // SQLite rewrites every index whose column is named, changed or not: name only those that changed.
      const changed = columns.flatMap((_, n) => (isSame(old.columns[n], values[n]) ? [] : [n]));
      const sets = ['version = ?', 'json = ?', ...changed.map((n) => `${columns[n]} = ?`)];
      const written = changed.map((n) => values[n] ?? -Infinity);
      database.run(`UPDATE ${table} SET ${sets.join(', ')} WHERE id = ?`, [version, json, ...written, id]);
      for (const [n, side] of sides.entries())
        side.change(id, side.entriesOf(old), { tokens: tokens[n] ?? [], columns: values });
      return true;
    },
    remove(id) {
      if (sides.length > 0) {
        const old = stored(id);
        if (old !== null) for (const side of sides) side.change(id, side.entriesOf(old), null);
      }
      database.run(`DELETE FROM ${table} WHERE id = ?`, [id]);
    },
    reindex([id, , , values, tokens]) {
      if (columns.length > 0)
        database.run(`UPDATE ${table} SET ${columns.map((column) => `${column} = ?`).join(', ')} WHERE id = ?`, [
          ...values,
          id,
        ]);
      for (const [n, side] of sides.entries()) side.change(id, null, { tokens: tokens[n] ?? [], columns: values });
    },
  };
}

/** What a document has in a side table: an entry for each token, all with the same further columns. */
interface Entries {
  readonly tokens: readonly string[];
  /** Those of the whole row. */
  readonly columns: readonly ColumnValue[];
}

function openSideTable(database: Database, collection: CollectionDeclaration, name: string) {
  const table = sideTableName(collection.name, name);
  const [array = '', ...rest] = collection.indexes[name]?.fields ?? [];
  const fields = columnFields(collection);
  const places = rest.map((field) => fields.indexOf(field));
  const key = ['token', ...rest.map(columnName), 'id'];
  const insertSql = `INSERT INTO ${table} (${key.join(', ')}) VALUES (${key.map(() => '?').join(', ')})`;
  const deleteSql = `DELETE FROM ${table} WHERE ${key.map((column) => `${column} = ?`).join(' AND ')}`;
  const restOf = (entries: Entries) => places.map((place) => entries.columns[place] ?? -Infinity);
  return {
    entriesOf: (old: { document: StoredDocument | null; columns: readonly ColumnValue[] }): Entries => ({
      tokens: old.document === null ? [] : indexTokens(collection.name, old.document, array),
      columns: old.columns,
    }),
    /** Takes away what only `old` has and adds what only `next` has. */
    change(id: string, old: Entries | null, next: Entries | null): void {
      const oldRest = old === null ? [] : restOf(old);
      const nextRest = next === null ? [] : restOf(next);
      const nextTokens = new Set(next?.tokens);
      const moved = old !== null && next !== null && oldRest.some((value, n) => !isSame(value, nextRest[n]));
      const common = moved ? [] : (old?.tokens ?? []).filter((token) => nextTokens.has(token));
      const kept = new Set(common);
      for (const token of old?.tokens ?? []) if (!kept.has(token)) database.run(deleteSql, [token, ...oldRest, id]);
      for (const token of next?.tokens ?? []) if (!kept.has(token)) database.run(insertSql, [token, ...nextRest, id]);
    },
  };
}

function isSame(a: ColumnValue | undefined, b: ColumnValue | undefined): boolean {
  return a instanceof Uint8Array && b instanceof Uint8Array ? a[0] === b[0] : a === b;
}
