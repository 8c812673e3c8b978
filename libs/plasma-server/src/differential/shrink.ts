/**
 * Makes a case smaller as long as the engines still differ about it: fewer rows and columns, then fewer parts of the
 * query, until nothing can be left out any more.
 */

import type { QueryAst, Row, SelectAst } from "@sh1n4ps/plasma-core";
import { replacements } from "./ast-tree.ts";
import { askAll, differ } from "./compare.ts";
import type { Difference } from "./compare.ts";
import type { Engine } from "./engine.ts";
import * as q from "./shorthand.ts";
import { loadWorld } from "./world.ts";
import type { ColumnSpec, TableSpec, World } from "./world.ts";

/** A case is shrunk once, so it may take a few seconds, but not minutes. */
const MAX_ATTEMPTS = 4_000;

export async function shrink(all: readonly Engine[], difference: Difference): Promise<Difference> {
  const engines = disagreeing(all, difference);
  let smallest = difference;
  let attempts = 0;

  const attempt = async (world: World, query: QueryAst): Promise<boolean> => {
    if (++attempts > MAX_ATTEMPTS) return false;
    try {
      const loaded = loadWorld(world);
      for (const engine of engines) await engine.load(loaded);
    } catch {
      return false;
    }
    const outcomes = await askAll(engines, query);
    if (!differ(outcomes)) return false;
    smallest = { ...smallest, world, query, outcomes };
    return true;
  };
  const step = async (): Promise<boolean> => {
    for (const query of smallerQueries(smallest.query)) {
      if (await attempt(smallest.world, query)) return true;
    }
    for (const world of smallerWorlds(smallest.world)) {
      if (await attempt(world, smallest.query)) return true;
    }
    return false;
  };
  while (await step());
  return smallest;
}

/** The reference and one that says otherwise: that is quicker than to ask all of them. */
function disagreeing(
  [reference, ...others]: readonly Engine[],
  { outcomes }: Difference,
): Engine[] {
  const other = others.find(({ name }) => outcomes.get(name) !== outcomes.get(reference!.name));
  return [reference!, other ?? others[0]!];
}

function* smallerQueries(query: QueryAst): Generator<QueryAst> {
  if (query.kind === "relational") yield query.query;
  yield* replacements(query, smallerNodes);
}

function* smallerNodes(node: object): Generator<unknown> {
  if (Array.isArray(node)) {
    yield* smallerLists(node);
    return;
  }
  const part = node as SelectAst | { readonly kind: string };
  if (isSelect(part)) yield* smallerSelects(part);
  if ("conditions" in node) yield* node.conditions as Iterable<unknown>;
  if ("condition" in node) yield node.condition;
  if (part.kind === "exists" || part.kind === "like" || part.kind === "in") yield q.always(true);
  if (part.kind === "subquery" && "query" in node && "alias" in node) {
    const { from } = node.query as SelectAst;
    yield { ...from, alias: node.alias };
  }
}

function isSelect(part: SelectAst | { readonly kind: string }): part is SelectAst {
  return part.kind === "select";
}

function* smallerSelects(query: SelectAst): Generator<SelectAst> {
  if (query.where) yield { ...query, where: null };
  if (query.having) yield { ...query, having: null };
  if (query.projection) yield { ...query, projection: null };
  if (query.distinct) yield { ...query, distinct: false };
  if (query.limit !== null) yield { ...query, limit: null };
  if (query.offset !== 0) yield { ...query, offset: 0 };
}

function* smallerLists<T>(items: readonly T[]): Generator<T[]> {
  if (items.length > 3) {
    const half = items.length >> 1;
    yield items.slice(0, half);
    yield items.slice(half);
  }
  for (const at of items.keys()) yield items.toSpliced(at, 1);
}

function* smallerWorlds(world: World): Generator<World> {
  for (const [name, spec] of Object.entries(world)) {
    const { [name]: _left, ...others } = world;
    yield others;
    for (const smaller of smallerTables(spec)) yield { ...world, [name]: smaller };
  }
}

function* smallerTables(spec: TableSpec): Generator<TableSpec> {
  for (const rows of smallerLists(spec.rows)) yield { ...spec, rows };
  if (spec.indexes && spec.indexes.length > 0) yield { ...spec, indexes: [] };
  for (const column of Object.keys(spec.columns)) {
    yield {
      columns: without(spec.columns, column),
      indexes: (spec.indexes ?? []).filter((index) => !index.includes(column)),
      rows: spec.rows.map((row) => without(row, column)),
    };
  }
  for (const [at, row] of spec.rows.entries()) {
    for (const simpler of simplerRows(spec, row))
      yield { ...spec, rows: spec.rows.with(at, simpler) };
  }
}

function* simplerRows({ columns }: TableSpec, row: Row): Generator<Row> {
  for (const [name, spec] of Object.entries(columns)) {
    if (spec.nullable && row[name] !== null) yield { ...row, [name]: null };
    else if (spec.kind === "int" && !isSmall(row[name])) yield { ...row, [name]: 0 };
  }
}

function isSmall(value: unknown): boolean {
  return value === null || (typeof value === "number" && Math.abs(value) < 10);
}

function without<T extends Row | Readonly<Record<string, ColumnSpec>>>(from: T, key: string): T {
  const { [key]: _left, ...rest } = from;
  return rest as T;
}
