/**
 * Keeps the result of a relational query up to date: the rows of its own table as any select's, and what is nested in
 * one of them is gathered anew when a change can concern it.
 *
 * Nested rows that look the same stay the same objects as well, at any depth.
 */

import {
  evaluateRelational,
  evaluateSelect,
  tableQuery,
  tablesOfCondition,
} from "@sh1n4ps/plasma-core";
import type {
  Condition,
  RelatedAst,
  RelationalAst,
  Row,
  RowChange,
  SelectAst,
  Source,
} from "@sh1n4ps/plasma-core";
import { answerPlainly } from "../replica/full-scans.ts";
import { sameRow, selectRows } from "../replica/rows.ts";
import type { IndexedRows } from "./equality-indexes.ts";
import { changesByTable } from "./operators/delta.ts";
import { JoinedRow } from "./operators/joined-row.ts";
import {
  concernedTuples,
  operandsOfPlaces,
  placesOfCondition,
} from "./operators/subquery-places.ts";
import type { Place } from "./operators/subquery-places.ts";
import { TuplesByColumn } from "./operators/tuples-by-value.ts";
import { isRowWindow, RowWindow } from "./row-window.ts";
import { SelectPipeline } from "./select-pipeline.ts";
import type { HydrateOptions } from "./select-pipeline.ts";

export class RelationalPipeline {
  readonly #ast: RelationalAst;
  readonly #own: RowWindow | SelectPipeline;
  readonly #places: readonly Place[];
  #tuples: TuplesByColumn<JoinedRow>;
  /** The rows of the query's own table that are in the result, each with what is shown for it. */
  readonly #parents = new Map<Row, JoinedRow>();
  #result: readonly Row[] = [];

  constructor(ast: RelationalAst) {
    this.#ast = ast;
    this.#own = isRowWindow(ast.query) ? new RowWindow(ast.query) : new SelectPipeline(ast.query);
    this.#places = placesOfRelated(ast, new Map());
    this.#tuples = new TuplesByColumn(operandsOfPlaces(this.#places));
  }

  /** @throws what the evaluation throws. */
  hydrate(rows: IndexedRows, { first, old }: HydrateOptions): readonly Row[] {
    const found =
      this.#own instanceof RowWindow
        ? this.#own.hydrate(first, answerPlainly)
        : this.#own.hydrate(rows, { first, old: [] });
    this.#tuples = new TuplesByColumn(operandsOfPlaces(this.#places));
    this.#parents.clear();
    this.#result = old;
    return this.#show(found, rows, { concerned: [], known: byId(old) });
  }

  /** The result after a change set; undefined if it has to be hydrated again. @throws what the evaluation throws. */
  apply(changes: readonly RowChange[], rows: IndexedRows): readonly Row[] | undefined {
    const step = { rows, changes: changesByTable(changes) };
    const found =
      this.#own instanceof RowWindow
        ? this.#own.apply(step.changes.get(tableOf(this.#ast.query.from).table) ?? [], rows)
        : this.#own.apply(changes, rows);
    if (!found) return undefined;
    const concerned = concernedTuples(this.#places, step, (operand, value) =>
      this.#tuples.get(operand, value),
    );
    return this.#show(found, rows, {
      concerned: concerned === "every tuple" ? this.#parents.values() : concerned,
      known: new Map(),
    });
  }

  /** @param known What was shown before for rows that are not held yet. */
  #show(
    found: readonly Row[],
    rows: IndexedRows,
    {
      concerned,
      known,
    }: { readonly concerned: Iterable<JoinedRow>; readonly known: Map<string, Row> },
  ): readonly Row[] {
    const toGather = new Map<string, JoinedRow>();
    for (const gone of this.#goneFrom(found)) if (gone.shown) known.set(gone.key, gone.shown);
    for (const parent of concerned) {
      if (this.#parents.has(parent.row!)) toGather.set(parent.key, parent);
    }
    for (const row of found) {
      if (this.#parents.has(row)) continue;
      const parent = new JoinedRow(this.#ast.query.from.alias, row, row["id"] as string);
      parent.shown = known.get(parent.key);
      this.#parents.set(row, parent);
      this.#tuples.add(parent);
      toGather.set(parent.key, parent);
    }
    for (const shown of this.#gather([...toGather.keys()], rows)) {
      const parent = toGather.get(shown["id"] as string)!;
      parent.shown = withKnownParts(parent.shown, shown, this.#ast.with);
    }
    const result = found.map((row) => this.#parents.get(row)!.shown!);
    const old = this.#result;
    const isSame = old.length === result.length && old.every((row, at) => row === result[at]);
    return isSame ? old : (this.#result = result);
  }

  /** Lets go of the rows that are not in the result any more. */
  #goneFrom(found: readonly Row[]): JoinedRow[] {
    const isFound = new Set(found);
    const gone = [...this.#parents.values()].filter(({ row }) => !isFound.has(row!));
    for (const parent of gone) {
      this.#parents.delete(parent.row!);
      this.#tuples.delete(parent);
    }
    return gone;
  }

  #gather(ids: readonly string[], rows: IndexedRows): Row[] {
    if (ids.length === 0) return [];
    const { from } = this.#ast.query;
    const where: Condition = {
      kind: "in",
      operand: { kind: "column", alias: from.alias, column: "id" },
      values: ids,
    };
    const query = tableQuery(tableOf(from), { where });
    return evaluateRelational({ ...this.#ast, query }, (select) => selectListed(select, rows));
  }
}

function placesOfRelated(
  { query, with: related }: RelationalAst,
  outer: ReadonlyMap<string, Place>,
): readonly Place[] {
  return related.flatMap(({ related: child, parentColumn, childColumn }): Place[] => {
    const above = outer.get(query.from.alias);
    const { table, alias } = tableOf(child.query.from);
    const place: Place = {
      table,
      lead: above
        ? { to: "rows", column: childColumn, place: above, ofColumn: parentColumn }
        : {
            to: "tuples",
            column: childColumn,
            operand: { kind: "column", alias: query.from.alias, column: parentColumn },
          },
    };
    // Each level is a query of its own, so a name stands for its own row only.
    const scope = new Map([[alias, place]]);
    return [
      place,
      ...placesOfCondition(child.query.where, scope),
      ...placesOfRelated(child, scope),
    ];
  });
}

/** A query whose condition lists values of a column, which every gathering of related rows does. */
function selectListed(query: SelectAst, rows: IndexedRows): Row[] {
  const { from, where } = query;
  const list = where?.kind === "and" ? where.conditions[0] : where;
  const isListed =
    from.kind === "table" && list?.kind === "in" && list.operand.kind === "column" && where;
  if (!isListed || tablesOfCondition(where).has(from.table)) return selectRows(query, rows);
  const { operand, values } = list;
  if (operand.kind !== "column" || operand.alias !== from.alias) return selectRows(query, rows);
  const listed = values.flatMap((value) =>
    value === null ? [] : [...rows.lookup(from.table, operand.column, value)],
  );
  return evaluateSelect(query, {
    ...rows,
    rows: (table) => (table === from.table ? listed : rows.rows(table)),
  });
}

function tableOf(source: Source): Extract<Source, { kind: "table" }> {
  // The builder makes no other ones.
  if (source.kind !== "table") throw new Error("A relational query is about tables.");
  return source;
}

/** The new row, with the old object in place of each part that holds the same. */
function withKnownParts(old: Row | undefined, row: Row, related: readonly RelatedAst[]): Row {
  if (!old) return row;
  if (sameRow(old, row)) return old;
  const next: Row = { ...row };
  for (const { name, related: child } of related) {
    const before = byId([old[name]].flat().filter((part) => part !== null) as Row[]);
    const keep = (part: Row) => withKnownParts(before.get(part["id"] as string), part, child.with);
    const parts = row[name] as Row | readonly Row[] | null;
    next[name] = Array.isArray(parts) ? parts.map(keep) : parts && keep(parts as Row);
  }
  return next;
}

function byId(rows: readonly Row[]): Map<string, Row> {
  return new Map(rows.map((row) => [row["id"] as string, row]));
}
