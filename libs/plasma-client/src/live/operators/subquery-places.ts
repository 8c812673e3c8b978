/**
 * Where subqueries read tables, and how a row there leads back to the tuples whose truth it can change: along the
 * equalities that each subquery demands, from the inside out.
 *
 * 1. A changed row can change what a query says of a tuple only where it meets, before or after, all that the query
 *    demands of rows of that place. So what does not lead anywhere else is followed by one equality of each place.
 * 2. Rows on the way are looked up as they are now. One that changed at the same moment is at a place too, and leads on
 *    from there by itself, before and after.
 * 3. Where no equality leads on (or a subquery in FROM lies between), every tuple is concerned.
 */

import { equalitiesOf, sourcesOf, tablesOfSelect, walkCondition } from "@sh1n4ps/plasma-core";
import type { ColumnOperand, Condition, Row, SelectAst, Source, Value } from "@sh1n4ps/plasma-core";
import type { Step } from "./delta.ts";

/** A place at which a table is read. */
export interface Place {
  readonly table: string;
  readonly lead: Lead;
}

export type Lead =
  | { readonly to: "every tuple" }
  /** Those that hold there what the row holds in `column`. */
  | { readonly to: "tuples"; readonly column: string; readonly operand: ColumnOperand }
  /** Rows of another place that hold in `ofColumn` what the row holds in `column`. */
  | {
      readonly to: "rows";
      readonly column: string;
      readonly place: Place;
      readonly ofColumn: string;
    };

/** What the aliases stand for that subqueries have given; any other one is a source of the tuples. */
type Scope = ReadonlyMap<string, Place>;

/** The places of all subqueries of a condition about tuples. */
export function placesOfCondition(
  condition: Condition | null,
  scope: Scope = new Map(),
): readonly Place[] {
  const places: Place[] = [];
  if (!condition) return places;
  walkCondition(condition, (part) => {
    if (part.kind === "exists") places.push(...placesOfQuery(part.query, scope));
  });
  return places;
}

function placesOfQuery(query: SelectAst, outer: Scope): Place[] {
  const scope = new Map(outer);
  const places: Place[] = [];
  // A name that comes later hides one of a query around it, so nothing leads there.
  const isLater = new Set(sourcesOf(query).map(({ alias }) => alias));
  const add = (source: Source, demands: readonly (Condition | null)[]) => {
    isLater.delete(source.alias);
    if (source.kind === "table") {
      const lead = leadOf(source.alias, demands, { scope, isLater });
      const place: Place = { table: source.table, lead };
      places.push(place);
      scope.set(source.alias, place);
    } else {
      const tables = [...tablesOfSelect(source.query)];
      places.push(...tables.map((table): Place => ({ table, lead: EVERY_TUPLE })));
      scope.set(source.alias, { table: "", lead: EVERY_TUPLE });
    }
  };
  add(query.from, [query.where]);
  // What a left join finds no partner for stays without one: `where` says nothing of its rows alone.
  for (const { kind, source, on } of query.joins) {
    add(source, kind === "inner" ? [on, query.where] : [on]);
    // It does not see what is joined after it.
    places.push(...placesOfCondition(on, new Map(scope)));
  }
  for (const condition of [query.where, query.having]) {
    places.push(...placesOfCondition(condition, scope));
  }
  return places;
}

const EVERY_TUPLE: Lead = { to: "every tuple" };

/** Rather straight to the tuples than over other rows. */
function leadOf(
  alias: string,
  demands: readonly (Condition | null)[],
  { scope, isLater }: { readonly scope: Scope; readonly isLater: ReadonlySet<string> },
): Lead {
  let lead = EVERY_TUPLE;
  for (const demand of demands) {
    for (const { column, operand } of demand ? equalitiesOf(demand, alias) : []) {
      if (operand.kind !== "column" || isLater.has(operand.alias)) continue;
      const place = scope.get(operand.alias);
      if (!place) return { to: "tuples", column, operand };
      if (place.lead.to !== "every tuple" && lead === EVERY_TUPLE) {
        lead = { to: "rows", column, place, ofColumn: operand.column };
      }
    }
  }
  return lead;
}

/** The columns of tuples by whose values they have to be found. */
export function operandsOfPlaces(places: readonly Place[]): readonly ColumnOperand[] {
  return places.flatMap(({ lead }) => (lead.to === "tuples" ? [lead.operand] : []));
}

/** Finds tuples that hold a value in a column. */
export type FindTuples<T> = (operand: ColumnOperand, value: Value) => Iterable<T>;

/** The tuples that a step's changes can concern. */
export function concernedTuples<T>(
  places: readonly Place[],
  step: Step,
  find: FindTuples<T>,
): ReadonlySet<T> | "every tuple" {
  const found = new Set<T>();
  const follow = (row: Row, { lead }: Place): void => {
    if (lead.to === "every tuple") return;
    const value = (row[lead.column] ?? null) as Value;
    if (value === null) return;
    if (lead.to === "tuples") {
      for (const tuple of find(lead.operand, value)) found.add(tuple);
    } else {
      for (const next of step.rows.lookup(lead.place.table, lead.ofColumn, value))
        follow(next, lead.place);
    }
  };
  for (const place of places) {
    const changes = step.changes.get(place.table) ?? [];
    if (changes.length > 0 && place.lead.to === "every tuple") return "every tuple";
    for (const { before, after } of changes) {
      if (before) follow(before, place);
      if (after) follow(after, place);
    }
  }
  return found;
}
