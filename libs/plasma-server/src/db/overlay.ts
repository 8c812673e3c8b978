/** The rows that a mutation has written so far, laid over the database: by each query, in SQL. */

import type { Row, RowChange, Schema, TableInfo } from "@sh1n4ps/plasma-core";
import { encodeRow } from "@sh1n4ps/plasma-core";
import type { SqlDialect } from "../sql/dialect.ts";
import { columnOf, join, name, sql } from "../sql/fragment.ts";
import type { Cte, SqlFragment } from "../sql/fragment.ts";
import { selectRows } from "../sql/row-list.ts";

export interface Overlay {
  apply(change: RowChange): void;
  /** The row if it was written here; null if it was deleted here; undefined if the database knows. */
  get(table: string, id: string): Row | null | undefined;
  /** What stands for a table after FROM. */
  source(table: TableInfo): SqlFragment;
  /** What must come before a query that uses `source`. */
  ctes(): readonly Cte[];
  /** The net change of each row that differs from the database. */
  changes(): RowChange[];
}

interface WrittenTable {
  readonly rows: Map<string, RowChange>;
  cte: Cte | null;
}

export function createOverlay(schema: Schema, dialect: SqlDialect): Overlay {
  const written = new Map<string, WrittenTable>();
  return {
    apply(change) {
      let table = written.get(change.table);
      if (!table) written.set(change.table, (table = { rows: new Map(), cte: null }));
      const earlier = table.rows.get(change.id);
      table.rows.set(change.id, { ...change, before: earlier ? earlier.before : change.before });
      table.cte = null;
    },
    get(table, id) {
      return written.get(table)?.rows.get(id)?.after;
    },
    source(table) {
      return written.has(table.name) ? name(overlayName(table.name)) : name(table.name);
    },
    ctes() {
      return [...written].map(([tableName, table]) => {
        table.cte ??= overlayCte(schema.byName.get(tableName)!, [...table.rows.values()], dialect);
        return table.cte;
      });
    },
    changes() {
      const all = [...written.values()].flatMap((table) => [...table.rows.values()]);
      return all.filter((change) => !isUnchanged(schema.byName.get(change.table)!, change));
    },
  };
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
