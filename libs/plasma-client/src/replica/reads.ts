/**
 * What a mutator has looked at. It is a function of its args, its context and the rows that it reads, so where none of
 * those rows is different it does what it did before, and need not run again.
 *
 * Rows are noted as they are read: by id, by the value of a column (`pin.ts`), or, for everything else, as the table.
 */

import type { DifferentRows } from "./different-rows.ts";
import { keyIn } from "./pin.ts";
import type { Pin } from "./pin.ts";
import type { Rows } from "./rows.ts";

export class Reads {
  /** The rows, whose reading is noted from now on. */
  readonly rows: Rows;
  readonly #below: Rows;
  readonly #ids = new Map<string, Set<string>>();
  readonly #tables = new Set<string>();
  readonly #pins: Pin[] = [];

  constructor(below: Rows) {
    this.#below = below;
    this.rows = {
      schema: below.schema,
      get: (table, id) => {
        const ids = this.#ids.get(table);
        if (ids) ids.add(id);
        else this.#ids.set(table, new Set([id]));
        return below.get(table, id);
      },
      rows: (table) => {
        this.#tables.add(table);
        return below.rows(table);
      },
    };
  }

  /** The same for a question that only rows with these values can answer, whatever else of the table is looked through. */
  ofPinned(pin: Pin): Rows {
    // Ids are noted as their rows are got.
    if (pin.column === "id") return this.rows;
    this.#pins.push(pin);
    const { schema, get, rows } = this.rows;
    return {
      schema,
      get,
      rows: (table) => (table === pin.table ? this.#below.rows(table) : rows(table)),
    };
  }

  meet(different: DifferentRows): boolean {
    for (const table of this.#tables) if (different.of(table).size > 0) return true;
    for (const [table, ids] of this.#ids) {
      const rows = different.of(table);
      if (rows.size > 0) for (const id of ids) if (rows.has(id)) return true;
    }
    return this.#pins.some(({ table, column, keys }) => {
      for (const versions of different.of(table).values()) {
        if (versions.some((row) => row && keys.includes(keyIn(row, column)))) return true;
      }
      return false;
    });
  }
}
