/**
 * Random queries over random rows, against a reference that says the same in another way: conditions as numbers
 * (0 false, ½ unknown, 1 true), rows as plain loops, no early exit anywhere, nothing prepared.
 */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Row } from "../schema/table.ts";
import type {
  ColumnOperand,
  CompareOp,
  Condition,
  Operand,
  OrderTerm,
  SelectAst,
  Source,
  Value,
} from "./ast.ts";
import { evaluateSelect, hasRow, rowMatches } from "./evaluate.ts";
import type { RowSource } from "./evaluate.ts";
import { tableQuery } from "./select.ts";
import { boolean, id, int, text } from "../schema/column.ts";
import { defineSchema } from "../schema/schema.ts";
import { table } from "../schema/table.ts";

const TABLES = ["t", "u"];
const columns = () => ({
  id: id(),
  text: text().nullable(),
  int: int().nullable(),
  flag: boolean().nullable(),
});
const schema = defineSchema({ t: table("t", columns()), u: table("u", columns()) });
const TEXTS = ["", "a", "AB", "ab", "b", "\ue000", "\u{10000}"];
const PATTERNS = ["%", "a%", "A%", "_", "%b", "\\%", "a_", ""];

type Sight = Record<string, Row>;

function referenceTruth(condition: Condition, rows: Record<string, Row[]>, sight: Sight): number {
  const value = (operand: Operand): Value => {
    if (operand.kind === "value") return operand.value;
    const { alias, column: name } = columnOnly(operand);
    return (sight[alias] as Row)[name] as Value;
  };
  const truth = (part: Condition) => referenceTruth(part, rows, sight);
  switch (condition.kind) {
    case "constant":
      return condition.value ? 1 : 0;
    case "compare": {
      const left = sortKey(value(condition.left));
      const right = sortKey(value(condition.right));
      if (left === null || right === null) return 0.5;
      const holds: Record<CompareOp, boolean> = {
        eq: left === right,
        ne: left !== right,
        gt: left > right,
        gte: left >= right,
        lt: left < right,
        lte: left <= right,
      };
      return holds[condition.op] ? 1 : 0;
    }
    case "in": {
      const equal = condition.values.map((candidate) =>
        truth({
          kind: "compare",
          op: "eq",
          left: condition.operand,
          right: { kind: "value", value: candidate },
        }),
      );
      return Math.max(0, ...equal);
    }
    case "isNull":
      return value(condition.operand) === null ? 1 : 0;
    case "like": {
      const text = value(condition.operand);
      if (text === null) return 0.5;
      const fold = (given: string) =>
        condition.foldCase ? given.replaceAll("A", "a").replaceAll("B", "b") : given;
      return likeReference([...fold(condition.pattern)], [...fold(String(text))]) ? 1 : 0;
    }
    case "and":
      return Math.min(1, ...condition.conditions.map(truth));
    case "or":
      return Math.max(0, ...condition.conditions.map(truth));
    case "not":
      return 1 - truth(condition.condition);
    case "exists":
      return referenceSelect(condition.query, rows, sight).length > 0 ? 1 : 0;
  }
}

/** Text as its code points in fixed width, numbers shifted into the positive: `<` on these is the order we mean. */
function sortKey(value: Value): string | null {
  if (value === null) return null;
  if (typeof value === "string") {
    return Array.from(value, (character) =>
      (character.codePointAt(0) as number).toString(16).padStart(6, "0"),
    ).join("");
  }
  return String(Number(value) + 1_000).padStart(6, "0");
}

function likeReference(pattern: string[], text: string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return text.length === 0;
  if (first === "%")
    return text.some((_, at) => likeReference(rest, text.slice(at))) || likeReference(rest, []);
  const literal = first === "\\" && rest.length > 0 ? rest[0] : first;
  const after = first === "\\" && rest.length > 0 ? rest.slice(1) : rest;
  if (text.length === 0) return false;
  return (first === "_" || literal === text[0]) && likeReference(after, text.slice(1));
}

/** These queries have columns of tables only; joins, groups and subqueries in FROM are held against SQL. */
function columnOnly(operand: Operand): ColumnOperand {
  if (operand.kind !== "column") throw new Error("not a column");
  return operand;
}

function tableOf(from: Source): string {
  if (from.kind !== "table") throw new Error("not a table");
  return from.table;
}

function referenceSelect(query: SelectAst, rows: Record<string, Row[]>, sight: Sight): Row[] {
  const kept = (rows[tableOf(query.from)] as Row[]).filter(
    (row) =>
      query.where === null ||
      referenceTruth(query.where, rows, { ...sight, [query.from.alias]: row }) === 1,
  );
  // Sorted by the last term first: a stable sort then leaves the first term in charge.
  const terms: OrderTerm[] = [
    ...query.orderBy,
    { operand: { kind: "column", alias: query.from.alias, column: "id" }, direction: "asc" },
  ];
  for (const { operand, direction } of terms.reverse()) {
    const name = columnOnly(operand).column;
    const key = (row: Row) => sortKey(row[name] as Value) ?? "";
    const isNull = (row: Row) => row[name] === null;
    kept.sort((left, right) => {
      const order =
        isNull(left) || isNull(right)
          ? Number(isNull(right)) - Number(isNull(left))
          : key(left) < key(right)
            ? -1
            : Number(key(left) > key(right));
      return direction === "asc" ? order : -order;
    });
  }
  return kept.filter(
    (_, at) => at >= query.offset && (query.limit === null || at < query.offset + query.limit),
  );
}

const cellOf = {
  text: fc.option(fc.constantFrom(...TEXTS)),
  int: fc.option(fc.integer({ min: -1, max: 2 })),
  flag: fc.option(fc.boolean()),
};
const rowsOf = fc
  .array(fc.record(cellOf), { maxLength: 6 })
  .map((cells) => cells.map((cell, at) => ({ id: `r${(at * 5) % 7}`, ...cell })));
const database = fc.record({ t: rowsOf, u: rowsOf });

function column(aliases: readonly string[], name: string): fc.Arbitrary<Operand> {
  return fc.constantFrom(...aliases).map((alias) => ({ kind: "column", alias, column: name }));
}

function conditionOf(aliases: readonly string[], depth: number): fc.Arbitrary<Condition> {
  const comparison = fc.constantFrom("text", "int", "flag").chain((kind) => {
    const name = kind as keyof typeof cellOf;
    const side = fc.oneof(
      column(aliases, name),
      cellOf[name].map((value): Operand => ({ kind: "value", value })),
    );
    const operator = fc.constantFrom<CompareOp>("eq", "ne", "gt", "gte", "lt", "lte");
    const list: fc.Arbitrary<Value[]> = fc.array<Value>(cellOf[name], { maxLength: 4 });
    return fc.oneof(
      fc
        .tuple(operator, side, side)
        .map(([op, left, right]): Condition => ({ kind: "compare", op, left, right })),
      fc.tuple(side, list).map(([operand, values]): Condition => ({ kind: "in", operand, values })),
      side.map((operand): Condition => ({ kind: "isNull", operand })),
    );
  });
  const matching = fc
    .tuple(column(aliases, "text"), fc.constantFrom(...PATTERNS), fc.boolean())
    .map(([operand, pattern, foldCase]): Condition => ({
      kind: "like",
      operand,
      pattern,
      foldCase,
    }));
  const leaf = fc.oneof(
    { weight: 4, arbitrary: comparison },
    matching,
    fc.boolean().map((value): Condition => ({ kind: "constant", value })),
  );
  if (depth === 0) return leaf;
  const inner = conditionOf(aliases, depth - 1);
  return fc.oneof(
    { weight: 2, arbitrary: leaf },
    fc.array(inner, { maxLength: 3 }).map((conditions): Condition => ({ kind: "and", conditions })),
    fc.array(inner, { maxLength: 3 }).map((conditions): Condition => ({ kind: "or", conditions })),
    inner.map((condition): Condition => ({ kind: "not", condition })),
    selectOf(aliases, depth - 1).map((query): Condition => ({ kind: "exists", query })),
  );
}

/** Each level names its table by its depth, or takes the name of the level above and hides it. */
function selectOf(outer: readonly string[], depth: number): fc.Arbitrary<SelectAst> {
  const name = fc.constantFrom(`q${outer.length}`, ...outer.slice(-1));
  return fc.tuple(fc.constantFrom(...TABLES), name).chain(([table, alias]) => {
    const term = fc
      .tuple(
        fc.constantFrom("text", "int", "flag", "id"),
        fc.constantFrom("asc" as const, "desc" as const),
      )
      .map(([to, direction]): OrderTerm => ({
        operand: { kind: "column", alias, column: to },
        direction,
      }));
    return fc
      .tuple(
        fc.option(conditionOf([...new Set([...outer, alias])], depth)),
        fc.array(term, { maxLength: 2 }),
        fc.option(fc.nat(4)),
        fc.nat(2),
      )
      .map(([where, orderBy, limit, offset]): SelectAst =>
        tableQuery({ kind: "table", table, alias }, { where, orderBy, limit, offset }),
      );
  });
}

describe("the evaluator", () => {
  it("says of any query over any rows what the reference says", { timeout: 60_000 }, () => {
    let withRows = 0;
    let lookups = 0;
    fc.assert(
      fc.property(selectOf([], 3), database, (query, rows) => {
        const source: RowSource = { schema, rows: (name) => rows[name as "t" | "u"] };
        const withLookup: RowSource = {
          ...source,
          lookup: (name, column, value) => {
            lookups++;
            return rows[name as "t" | "u"].filter((row) => (row as Row)[column] === value);
          },
        };
        const expected = referenceSelect(query, rows, {});
        if (expected.length > 0) withRows++;
        expect(evaluateSelect(query, source)).toEqual(expected);
        expect(evaluateSelect(query, withLookup)).toEqual(expected);
        expect(hasRow(query, source, new Map())).toBe(expected.length > 0);
        const everything = { ...query, limit: null, offset: 0 };
        const matching = referenceSelect(everything, rows, {});
        for (const row of source.rows(tableOf(query.from))) {
          expect(rowMatches(query, row, source)).toBe(matching.includes(row as never));
        }
      }),
      { numRuns: 10_000 },
    );
    // A generator whose queries find nothing would prove nothing.
    expect(withRows).toBeGreaterThan(2_000);
    expect(lookups).toBeGreaterThan(50);
  });
});
