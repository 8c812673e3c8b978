/**
 * The rows in memory: confirmed ones, and over them the images of pending mutations.
 *
 * Whatever replaces rows answers with the net difference, seen from outside: a confirmed row that takes the place of
 * an equal optimistic one is no change, and stays the same object.
 */

import { isLocalOnly, requireTable } from "@sh1n4ps/plasma-core";
import type { Row, RowChange, Schema } from "@sh1n4ps/plasma-core";
import type { RowImage } from "../storage/engine.ts";
import { sameRow, setInLayer, stack, tableRows } from "./rows.ts";
import type { Layer, Rows, RowTables } from "./rows.ts";

export interface Replacement {
  /** Forget the confirmed rows first: all, or all but those of local-only tables. */
  readonly clear: "nothing" | "synced" | "everything";
  /** What changes in the confirmed rows. */
  readonly patch: readonly RowImage[];
  /** The images of all pending mutations, in order. */
  readonly pending: readonly (readonly RowImage[])[];
}

export class OptimisticRows {
  readonly #schema: Schema;
  #base: RowTables = new Map();
  #overlay: Layer = new Map();
  #confirmed: Rows;
  #rows: Rows;

  constructor(schema: Schema) {
    this.#schema = schema;
    this.#confirmed = tableRows(schema, this.#base);
    this.#rows = stack(this.#confirmed, this.#overlay);
  }

  /** What the app sees. Valid until the next change. */
  get rows(): Rows {
    return this.#rows;
  }

  get confirmed(): Rows {
    return this.#confirmed;
  }

  /** The rows of local-only tables, without what pending mutations do to them. */
  localImages(): RowImage[] {
    const local = [...this.#base.keys()].filter((table) =>
      isLocalOnly(requireTable(this.#schema, table)),
    );
    return local.flatMap((table) =>
      [...(this.#base.get(table) ?? [])].map(([id, row]): RowImage => ({
        table,
        id,
        row,
        local: true,
      })),
    );
  }

  /** Puts a new mutation's images on top. */
  add(images: readonly RowImage[]): RowChange[] {
    const changes: RowChange[] = [];
    for (const image of images) {
      const before = this.#rows.get(image.table, image.id) ?? null;
      setInLayer(this.#overlay, image);
      if (!sameRow(before, image.row))
        changes.push(rowChange(image.table, image.id, before, image.row));
      else if (before) setInLayer(this.#overlay, { ...image, row: before });
    }
    return changes;
  }

  replace(next: Replacement): RowChange[] {
    const before = this.#touched(next);
    for (const table of this.#cleared(next)) this.#base.delete(table);
    for (const { table, id, row } of next.patch) {
      if (row) putRow(this.#base, table, row);
      else this.#base.get(table)?.delete(id);
    }
    this.#overlay = new Map();
    for (const images of next.pending) for (const image of images) setInLayer(this.#overlay, image);
    this.#confirmed = tableRows(this.#schema, this.#base);
    this.#rows = stack(this.#confirmed, this.#overlay);

    const changes: RowChange[] = [];
    for (const [table, rows] of before) {
      for (const [id, old] of rows) {
        const row = this.#rows.get(table, id) ?? null;
        if (!sameRow(old, row)) changes.push(rowChange(table, id, old, row));
        else if (old && row !== old) this.#keepIdentity(table, id, old);
      }
    }
    return changes;
  }

  /** The rows that a replacement can change, as they are now. */
  #touched(next: Replacement): Map<string, Map<string, Row | null>> {
    const touched: Layer = new Map();
    const touch = (table: string, id: string) => {
      if (touched.get(table)?.has(id)) return;
      setInLayer(touched, { table, id, row: this.#rows.get(table, id) ?? null });
    };
    for (const table of this.#cleared(next)) {
      for (const id of this.#base.get(table)?.keys() ?? []) touch(table, id);
    }
    for (const [table, rows] of this.#overlay) for (const id of rows.keys()) touch(table, id);
    for (const { table, id } of next.patch) touch(table, id);
    for (const images of next.pending) for (const { table, id } of images) touch(table, id);
    return touched;
  }

  #cleared({ clear }: Replacement): string[] {
    if (clear === "nothing") return [];
    const tables = [...this.#base.keys()];
    if (clear === "everything") return tables;
    return tables.filter((table) => !isLocalOnly(requireTable(this.#schema, table)));
  }

  #keepIdentity(table: string, id: string, row: Row): void {
    if (this.#overlay.get(table)?.has(id)) setInLayer(this.#overlay, { table, id, row });
    else putRow(this.#base, table, row);
  }
}

function rowChange(table: string, id: string, before: Row | null, after: Row | null): RowChange {
  return { table, id, before, after };
}

function putRow(tables: RowTables, table: string, row: Row): void {
  let rows = tables.get(table);
  if (!rows) tables.set(table, (rows = new Map()));
  rows.set(row["id"] as string, row);
}
