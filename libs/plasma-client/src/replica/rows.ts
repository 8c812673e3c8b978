/** Rows in layers: confirmed rows below, what pending mutations wrote above, what a running mutator writes on top. */

import {
  compareValues,
  evaluateRelational,
  evaluateSelect,
  isLocalOnly,
  requireTable,
  tablesOfCondition,
} from "@sh1n4ps/plasma-core";
import type {
  Condition,
  QueryAst,
  Row,
  RowSource,
  Schema,
  SelectAst,
  Value,
} from "@sh1n4ps/plasma-core";
import type { RowImage } from "../storage/engine.ts";
import { pinOf } from "./pin.ts";
import type { Pin } from "./pin.ts";

export interface Rows extends RowSource {
  get(table: string, id: string): Row | undefined;
}

/** What a layer says about rows: a row, or null where it was deleted. */
export type Layer = Map<string, Map<string, Row | null>>;

/** Rows by table and id. */
export type RowTables = Map<string, Map<string, Row>>;

/** The rows of local-only tables alone: what is left when the server's are forgotten. */
export function localRows({ schema, get, rows }: Rows): Rows {
  const isKept = (table: string) => isLocalOnly(requireTable(schema, table));
  return {
    schema,
    get: (table, id) => (isKept(table) ? get(table, id) : undefined),
    rows: (table) => (isKept(table) ? rows(table) : []),
  };
}

export function tableRows(
  schema: Schema,
  tables: ReadonlyMap<string, ReadonlyMap<string, Row>>,
): Rows {
  return {
    schema,
    get: (table, id) => tables.get(table)?.get(id),
    rows: (table) => tables.get(table)?.values() ?? [],
  };
}

export function stack(below: Rows, above: Layer): Rows {
  return {
    schema: below.schema,
    get: (table, id) => {
      const row = above.get(table)?.get(id);
      return row === undefined ? below.get(table, id) : (row ?? undefined);
    },
    rows: (table) => {
      const layer = above.get(table);
      return layer && layer.size > 0 ? layered(below.rows(table), layer) : below.rows(table);
    },
  };
}

function* layered(below: Iterable<Row>, layer: ReadonlyMap<string, Row | null>): Iterable<Row> {
  for (const row of below) if (!layer.has(row["id"] as string)) yield row;
  for (const row of layer.values()) if (row) yield row;
}

export function setInLayer(layer: Layer, image: RowImage): void {
  let rows = layer.get(image.table);
  if (!rows) layer.set(image.table, (rows = new Map()));
  rows.set(image.id, image.row);
}

export function layerOf(images: readonly RowImage[]): Layer {
  const layer: Layer = new Map();
  for (const image of images) setInLayer(layer, image);
  return layer;
}

export function layerImages(layer: Layer): RowImage[] {
  return [...layer].flatMap(([table, rows]) => [...rows].map(([id, row]) => ({ table, id, row })));
}

/** Runs a query of either kind. */
export function answerQuery(query: QueryAst, source: Rows): Row[] {
  if (query.kind === "select") return selectRows(query, source);
  return evaluateRelational(query, (select) => selectRows(select, source));
}

/** Runs a query. One that names the ids that it wants looks at those rows only. */
export function selectRows(query: SelectAst, source: Rows): Row[] {
  const ids = wantedIds(query);
  if (!ids) return evaluateSelect(query, source);
  const candidates = ids.in
    .map((id) => source.get(ids.table, id))
    .filter((row) => row !== undefined);
  return evaluateSelect(query, {
    schema: source.schema,
    rows: (name): Iterable<Row> => (name === ids.table ? candidates : source.rows(name)),
  });
}

interface WantedIds {
  readonly table: string;
  readonly in: readonly string[];
}

/** The values by which a query finds rows, if nothing in it sees other rows of that table. */
export function soughtBy(query: SelectAst): Pin | null {
  return seeksIn(query) ? pinOf(query) : null;
}

function wantedIds(query: SelectAst): WantedIds | undefined {
  const { where, from } = query;
  if (!where || from.kind !== "table" || !seeksIn(query)) return undefined;
  const found = idsIn(where, from.alias);
  return found && { table: from.table, in: [...new Set(found)] };
}

/** Whether its condition decides alone what it sees of its table. A subquery over the same table has to see all of it. */
function seeksIn({ where, from, joins, having }: SelectAst): boolean {
  if (from.kind !== "table" || joins.length > 0) return false;
  return [where, having].every((condition) => !tablesOfCondition(condition).has(from.table));
}

function idsIn(condition: Condition, alias: string): readonly string[] | undefined {
  switch (condition.kind) {
    case "compare": {
      const { op, left, right } = condition;
      if (op !== "eq" || left.kind !== "column" || left.alias !== alias || left.column !== "id")
        return undefined;
      return right.kind === "value" && typeof right.value === "string" ? [right.value] : undefined;
    }
    case "in": {
      const { operand, values } = condition;
      if (operand.kind !== "column" || operand.alias !== alias || operand.column !== "id")
        return undefined;
      return values.every((value) => typeof value === "string") ? values : undefined;
    }
    case "and":
      for (const part of condition.conditions) {
        const ids = idsIn(part, alias);
        if (ids) return ids;
      }
      return undefined;
    default:
      return undefined;
  }
}

/** Whether two rows of a table hold the same values. */
export function sameRow(left: Row | null | undefined, right: Row | null | undefined): boolean {
  if (left === right) return true;
  if (!left || !right) return !left && !right;
  const names = Object.keys(left);
  if (names.length !== Object.keys(right).length) return false;
  return names.every((name) => name in right && sameValue(left[name], right[name]));
}

function sameValue(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  if (typeof left !== "object" || typeof right !== "object" || !left || !right) return false;
  if (left instanceof Date || left instanceof Uint8Array) {
    return (
      left.constructor === right.constructor &&
      compareValues(left, right as NonNullable<Value>) === 0
    );
  }
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  return sameRow(left as Row, right as Row);
}
