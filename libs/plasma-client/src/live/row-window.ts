/**
 * Keeps the result of a query over one table up to date, row by row: condition, order, limit and offset, projection.
 *
 * 1. It holds every row that meets the condition, in the query's total order (core compares), so that a window is
 *    refilled from what stands beyond it. A changed row is found by that order, in log n steps.
 * 2. Applying changes twice is applying them once: a row takes the place of the one with its id.
 * 3. The array that was handed out is never changed. It is handed out again as long as it holds the same rows.
 */

import { analyzeSelect, compareRows, rowMatches, tablesOfCondition } from "@sh1n4ps/plasma-core";
import type {
  AnalyzedSelect,
  QueryAst,
  ResultShape,
  Row,
  RowChange,
  SelectAst,
} from "@sh1n4ps/plasma-core";
import type { Answer } from "../replica/full-scans.ts";
import { answerQuery, sameRow } from "../replica/rows.ts";
import type { Rows } from "../replica/rows.ts";

/** Moving rows one by one costs more than a new evaluation when so many change at once. */
const MANY_CHANGES = 256;

/** Whether a row of one table alone decides whether it belongs to the result, and where. */
export function isRowWindow(ast: QueryAst): ast is SelectAst {
  if (ast.kind !== "select" || ast.distinct || ast.groupBy.length > 0 || ast.having) return false;
  if (ast.from.kind !== "table" || ast.joins.length > 0) return false;
  if (tablesOfCondition(ast.where).size > 0) return false;
  const { alias } = ast.from;
  const isOwn = ({ kind, ...rest }: { readonly kind: string }) =>
    kind === "column" && (rest as { readonly alias?: string }).alias === alias;
  return (
    ast.orderBy.every(({ operand }) => isOwn(operand)) &&
    (ast.projection ?? []).every((field) => field.kind === "row" || isOwn(field.operand))
  );
}

export class RowWindow {
  readonly #ast: SelectAst;
  /** The query without its window and projection. */
  readonly #everyMatch: SelectAst;
  #analyzed: AnalyzedSelect | undefined;
  #matches: Row[] = [];
  /** The array was handed out: it has to be copied before it changes. */
  #isShared = false;
  /** What stands for a row in the result, by id; unused where that is the row itself. */
  #shown = new Map<string, { readonly row: Row; readonly shown: Row }>();
  #result: readonly Row[] | undefined;

  constructor(ast: SelectAst) {
    this.#ast = ast;
    this.#everyMatch = { ...ast, projection: null, limit: null, offset: 0 };
  }

  /** @throws what the evaluation throws. */
  hydrate(source: Rows, answer: Answer): readonly Row[] {
    this.#analyzed = analyzeSelect(source.schema, this.#ast);
    this.#matches = answer(this.#everyMatch, source, answerQuery);
    this.#isShared = false;
    return this.#window();
  }

  /** The result after a change set; undefined if it has to be hydrated again. */
  apply(changes: readonly RowChange[], source: Rows): readonly Row[] | undefined {
    if (changes.length > MANY_CHANGES) return undefined;
    let isTouched = false;
    for (const { before, after } of changes) {
      if (before && this.#remove(before)) isTouched = true;
      if (after && rowMatches(this.#ast, after, source)) {
        this.#insert(after);
        isTouched = true;
      }
    }
    return isTouched ? this.#window() : this.#result;
  }

  #remove(row: Row): boolean {
    const { at, isThere } = this.#find(row);
    if (isThere) this.#own().splice(at, 1);
    return isThere;
  }

  #insert(row: Row): void {
    const { at, isThere } = this.#find(row);
    this.#own().splice(at, isThere ? 1 : 0, row);
  }

  #own(): Row[] {
    if (this.#isShared) this.#matches = [...this.#matches];
    this.#isShared = false;
    return this.#matches;
  }

  #find(row: Row): { readonly at: number; readonly isThere: boolean } {
    const analyzed = this.#analyzed as AnalyzedSelect;
    let low = 0;
    let high = this.#matches.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = compareRows(analyzed, this.#matches[middle] as Row, row);
      if (order === 0) return { at: middle, isThere: true };
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return { at: low, isThere: false };
  }

  #window(): readonly Row[] {
    const { limit, offset } = this.#ast;
    const { shape } = this.#analyzed as AnalyzedSelect;
    const isWhole = limit === null && offset === 0;
    let rows: readonly Row[] = this.#matches;
    if (!isWhole) rows = rows.slice(offset, limit === null ? undefined : offset + limit);
    if (shape.kind === "fields") rows = this.#project(rows, shape.fields);
    const old = this.#result;
    if (old && old.length === rows.length && old.every((row, at) => row === rows[at])) return old;
    if (rows === this.#matches) this.#isShared = true;
    return (this.#result = rows);
  }

  #project(rows: readonly Row[], fields: Fields): Row[] {
    const before = this.#shown;
    this.#shown = new Map();
    return rows.map((row) => {
      const id = row["id"] as string;
      const known = before.get(id);
      let shown = known?.row === row ? known.shown : projected(row, fields);
      if (known && sameRow(known.shown, shown)) shown = known.shown;
      this.#shown.set(id, { row, shown });
      return shown;
    });
  }
}

type Fields = Extract<ResultShape, { kind: "fields" }>["fields"];

function projected(row: Row, fields: Fields): Row {
  const shown: Row = {};
  for (const field of fields) {
    if (field.kind === "row") shown[field.name] = row;
    else if (field.operand.kind === "column") shown[field.name] = row[field.operand.column] ?? null;
  }
  return shown;
}
