/**
 * The rows that mutations have written so far, laid over the database: by each query, in SQL. Whoever knows a row's id may
 * ask for it without SQL. A table that stays on the device is not in the database: nothing stands for it, with no rows.
 */

import type { Row, RowChange, Schema, TableInfo, Value } from "@sh1n4ps/plasma-core";
import { encodeRow, filterRowsWith, isLocalOnly } from "@sh1n4ps/plasma-core";
import type { SqlDialect } from "../sql/dialect.ts";
import { columnOf, join, name, sql } from "../sql/fragment.ts";
import type { Cte, SqlFragment } from "../sql/fragment.ts";
import { selectRows } from "../sql/row-list.ts";

export interface Overlay {
  apply(change: RowChange): void;
  /** The row if it was written here; null if it was deleted here; undefined if the database knows. */
  get(table: string, id: string): Row | null | undefined;
  /** The rows written here that have one of these values in this column. */
  rowsWith(table: string, column: string, values: readonly NonNullable<Value>[]): Row[];
  /** What stands for a table after FROM. */
  source(table: TableInfo): SqlFragment;
  /** What must come before a query that uses `source`. */
  ctes(): readonly Cte[];
  /** The net change of each row that differs from the database. */
  changes(): RowChange[];
  /** How many rows are written. */
  readonly size: number;
  savepoint(): Savepoint;
}

export interface Savepoint {
  /** Gives back the way it was. */
  takeBack(): void;
  /** What was written since: for each row, as it was then and as it is now. */
  changes(): RowChange[];
}

interface WrittenTable {
  readonly rows: Map<string, RowChange>;
  cte: Cte | null;
}

export function createOverlay(schema: Schema, dialect: SqlDialect): Overlay {
  const written = new Map<string, WrittenTable>();
  const absent = new Map<string, TableInfo>();
  const log: { readonly change: RowChange; readonly undo: () => void }[] = [];
  const tableOf = (tableName: string) => {
    let table = written.get(tableName);
    if (!table) written.set(tableName, (table = { rows: new Map(), cte: null }));
    return table;
  };
  return {
    apply(change) {
      const table = tableOf(change.table);
      const earlier = table.rows.get(change.id);
      table.rows.set(change.id, { ...change, before: earlier ? earlier.before : change.before });
      table.cte = null;
      const undo = () => {
        if (earlier) table.rows.set(change.id, earlier);
        else table.rows.delete(change.id);
        table.cte = null;
      };
      log.push({ change, undo });
    },
    get(table, id) {
      return written.get(table)?.rows.get(id)?.after;
    },
    rowsWith(table, column, values) {
      if (column === "id") {
        const rows = written.get(table)?.rows;
        return [...new Set(values)].flatMap((id): Row[] => rowsOf(rows?.get(id as string)));
      }
      const changes = [...(written.get(table)?.rows.values() ?? [])];
      return filterRowsWith(changes.flatMap(rowsOf), column, values);
    },
    source(table) {
      if (isLocalOnly(table)) {
        absent.set(table.name, table);
        return name(overlayName(table.name));
      }
      return isWritten(written.get(table.name)) ? name(overlayName(table.name)) : name(table.name);
    },
    ctes() {
      const nothing = [...absent.values()].map((table): Cte => {
        return { name: overlayName(table.name), body: selectRows(table, [], dialect) };
      });
      const rows = [...written].flatMap(([tableName, table]) => {
        if (!isWritten(table)) return [];
        table.cte ??= overlayCte(schema.byName.get(tableName)!, [...table.rows.values()], dialect);
        return [table.cte];
      });
      return [...nothing, ...rows];
    },
    changes() {
      const all = [...written.values()].flatMap((table) => [...table.rows.values()]);
      return all.filter((change) => !isUnchanged(schema.byName.get(change.table)!, change));
    },
    get size() {
      let size = 0;
      for (const { rows } of written.values()) size += rows.size;
      return size;
    },
    savepoint() {
      const depth = log.length;
      return {
        takeBack() {
          while (log.length > depth) log.pop()!.undo();
        },
        changes() {
          const net = new Map<string, RowChange>();
          for (const { change } of log.slice(depth)) {
            const key = `${change.table}:${change.id}`;
            net.set(key, { ...change, before: (net.get(key) ?? change).before });
          }
          return [...net.values()];
        },
      };
    },
  };
}

function rowsOf(change: RowChange | undefined): Row[] {
  return change?.after ? [change.after] : [];
}

function isWritten(table: WrittenTable | undefined): boolean {
  return table !== undefined && table.rows.size > 0;
}

function overlayName(table: string): string {
  return `${table}@mutation`;
}

function overlayCte(table: TableInfo, changes: readonly RowChange[], dialect: SqlDialect): Cte {
  const ids = dialect.values(changes.map((change) => change.id));
  const rows = changes.flatMap((change) => (change.after ? [change.after] : []));
  const columns = join(table.columnNames.map((column) => columnOf("stored", column)));
  return {
    name: overlayName(table.name),
    body: sql`SELECT ${columns} FROM ${name(table.name)} AS stored WHERE stored.id NOT IN (${ids})
      UNION ALL ${selectRows(table, rows, dialect)}`,
  };
}

function isUnchanged(table: TableInfo, { before, after }: RowChange): boolean {
  if (!before || !after) return before === after;
  return JSON.stringify(encodeRow(table, before)) === JSON.stringify(encodeRow(table, after));
}
