/**
 * Rows by the value of a column, shared by all live queries of a client, so that opening one more list does not go
 * through all rows again, and a join finds partners without a search.
 *
 * 1. An index is made when a second value of its column is asked for, since one query alone would not pay for it; for
 *    whoever looks up values row by row it is made at once.
 * 2. It holds references to rows, by id, and follows every change set before a view looks at it.
 */

import type { Row, RowChange, Value } from "@sh1n4ps/plasma-core";
import { valueKey } from "@sh1n4ps/plasma-core";
import type { Rows } from "../replica/rows.ts";
import { keyIn } from "../replica/pin.ts";
import type { Pin } from "../replica/pin.ts";

/** Rows that can be looked up by any column. */
export interface IndexedRows extends Rows {
  lookup(table: string, column: string, value: NonNullable<Value>): Iterable<Row>;
}

/** By the key of a value, then by id. */
type Index = Map<string, Map<string, Row>>;

interface IndexedColumn {
  askedFirst: string | undefined;
  index: Index | null;
}

export class EqualityIndexes {
  readonly #tables = new Map<string, Map<string, IndexedColumn>>();

  /** The same rows, but of the table that a query is pinned to only those that it can concern, where they are known. */
  narrowed(rows: Rows, pin: Pin): Rows {
    // Rows are found by id without an index.
    if (pin.column === "id") return rows;
    const index = this.#indexFor(rows, pin);
    if (!index) return rows;
    return {
      schema: rows.schema,
      get: (table, id) => rows.get(table, id),
      rows: (table) =>
        table === pin.table
          ? pin.keys.flatMap((key) => [...(index.get(key)?.values() ?? [])])
          : rows.rows(table),
    };
  }

  /** The same rows, with all values at hand. */
  over(rows: Rows): IndexedRows {
    return {
      schema: rows.schema,
      get: (table, id) => rows.get(table, id),
      rows: (table) => rows.rows(table),
      lookup: (table, column, value) => {
        if (column !== "id")
          return this.#indexOf(rows, table, column).get(valueKey(value))?.values() ?? [];
        const row = typeof value === "string" ? rows.get(table, value) : undefined;
        return row ? [row] : [];
      },
    };
  }

  follow(changes: readonly RowChange[]): void {
    for (const { table, id, before, after } of changes) {
      for (const [column, { index }] of this.#tables.get(table) ?? []) {
        if (!index) continue;
        if (before) remove(index, keyIn(before, column), id);
        if (after) put(index, keyIn(after, column), after);
      }
    }
  }

  #indexFor(rows: Rows, { table, column, keys }: Pin): Index | null {
    const known = this.#column(table, column);
    const asked = keys.join();
    known.askedFirst ??= asked;
    return known.index || known.askedFirst !== asked ? this.#indexOf(rows, table, column) : null;
  }

  #indexOf(rows: Rows, table: string, column: string): Index {
    const known = this.#column(table, column);
    if (known.index) return known.index;
    known.index = new Map();
    for (const row of rows.rows(table)) put(known.index, keyIn(row, column), row);
    return known.index;
  }

  #column(table: string, column: string): IndexedColumn {
    let columns = this.#tables.get(table);
    if (!columns) this.#tables.set(table, (columns = new Map<string, IndexedColumn>()));
    let known = columns.get(column);
    if (!known) columns.set(column, (known = { askedFirst: undefined, index: null }));
    return known;
  }
}

function put(index: Index, key: string, row: Row): void {
  let rows = index.get(key);
  if (!rows) index.set(key, (rows = new Map<string, Row>()));
  rows.set(row["id"] as string, row);
}

function remove(index: Index, key: string, id: string): void {
  const rows = index.get(key);
  rows?.delete(id);
  if (rows?.size === 0) index.delete(key);
}
