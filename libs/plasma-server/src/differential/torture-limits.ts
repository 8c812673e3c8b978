/** Hard values: dates, bytes, documents, types that do not fit, and as much of anything as there may be. */

import type {
  AggregateOperand,
  ColumnOperand,
  Condition,
  ProjectionField,
  Row,
  SelectAst,
} from "@sh1n4ps/plasma-core";
import * as q from "./shorthand.ts";
import {
  at,
  big,
  bytes,
  flag,
  flags,
  int,
  over,
  real,
  rowsOf,
  text,
  value,
  where,
} from "./torture-case.ts";
import type { TortureCase } from "./torture-case.ts";

const long = "x".repeat(51);

const dates = rowsOf("at", [new Date(0), new Date(-1), new Date(8.64e15), null]);
const blobs = rowsOf(
  "bytes",
  [[], [0], [0, 0], [255], [97], null].map((list) => list && Uint8Array.from(list)),
);
const mismatch = { error: "type-mismatch" } as const;

export const otherCases: TortureCase[] = [
  {
    name: "null comes first ascending, and last descending",
    rows: flags,
    query: value(flag, { orderBy: [q.desc(flag)] }),
    expected: { values: [true, false, null] },
  },
  where(
    "dates are ordered by time, also before 1970",
    dates,
    q.cmp("lte", at, q.val(new Date(0))),
    ["1", "2"],
  ),
  where("the last date there is", dates, q.cmp("eq", at, q.val(new Date(8.64e15))), ["3"]),
  {
    name: "a date is not a number",
    rows: dates,
    query: over({ where: q.cmp("eq", at, q.val(0)) }),
    expected: mismatch,
  },
  {
    name: "a date is not text",
    rows: dates,
    query: over({ where: q.cmp("eq", at, q.val("1970-01-01")) }),
    expected: mismatch,
  },
  {
    name: "a boolean is not a number",
    rows: [],
    query: over({ where: q.cmp("eq", flag, q.val(1)) }),
    expected: mismatch,
  },
  {
    name: "text is not a number",
    rows: [],
    query: over({ where: q.cmp("eq", text, q.val(1)) }),
    expected: mismatch,
  },
  {
    name: "bytes are not text",
    rows: [],
    query: over({ where: q.cmp("eq", bytes, q.val("a")) }),
    expected: mismatch,
  },
  {
    name: "a real is not a bigint",
    rows: [],
    query: over({ where: q.cmp("eq", real, big) }),
    expected: mismatch,
  },
  {
    name: "documents are not compared",
    rows: [],
    query: over({ orderBy: [q.asc(q.col("v.doc"))] }),
    expected: mismatch,
  },
  where("bytes are compared byte by byte", blobs, q.cmp("eq", bytes, q.val(Uint8Array.of(0))), [
    "2",
  ]),
  where("no bytes are bytes, not null", blobs, q.cmp("eq", bytes, q.val(Uint8Array.of())), ["1"]),
  where("bytes above 127 are more", blobs, q.cmp("gt", bytes, q.val(Uint8Array.of(97))), ["4"]),
  where("bytes in a list", blobs, q.within(bytes, [Uint8Array.of(0, 0), Uint8Array.of(97)]), [
    "3",
    "5",
  ]),
  {
    name: "of two equal keys in a document the last one counts, for everybody",
    rows: rowsOf("doc", [JSON.parse('{"role": "user", "role": "admin"}')]),
    query: value(q.col("v.doc")),
    expected: { values: [{ role: "admin" }] },
  },
  {
    name: "documents come back as they were",
    rows: rowsOf("doc", [
      { constructor: 1, "": [null, "\u{1f600}", 1e21, -1.5] },
      [],
      "",
      0,
      false,
    ]),
    query: value(q.col("v.doc")),
    expected: {
      values: [{ constructor: 1, "": [null, "\u{1f600}", 1e21, -1.5] }, [], "", 0, false],
    },
  },
];

function nested(levels: number, innermost: Condition): Condition {
  return levels === 0 ? innermost : q.not(nested(levels - 1, innermost));
}

const isOne = q.cmp("eq", int, q.val(1));
const isHalf = q.cmp("eq", q.agg("sum", int), q.val(0.5));
const tooComplex = { error: "query-too-complex" } as const;
const many = (count: number) =>
  Array.from({ length: count }, (_, index) => q.cmp("ne", real, q.val(index + 0.1)));

function outputs(count: number, operand: ColumnOperand | AggregateOperand): ProjectionField[] {
  return Array.from({ length: count }, (_, index) => q.field(`x${index}`, operand));
}

/** A row of such outputs. */
function alike(count: number, value: number): Row {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`x${index}`, value]));
}

function joined(tables: number): SelectAst {
  const joins = Array.from({ length: tables - 1 }, (_, index) =>
    q.join("inner", q.from("v", `v${index}`), q.cmp("eq", q.col(`v${index}.id`), q.col("v.id"))),
  );
  return over({ joins, projection: [q.field("id", q.col("v.id"))] });
}

function inside(levels: number): SelectAst {
  return levels === 0 ? over({}) : q.select({ from: q.sub(inside(levels - 1), "v") });
}

/** As complex as a query may be, and a little more. */
export const limitCases: TortureCase[] = [
  where("67 levels of not", rowsOf("int", [1, 2]), nested(67, isOne), ["2"]),
  {
    name: "68 levels of not are too deep",
    rows: [],
    query: over({ where: nested(68, isOne) }),
    expected: tooComplex,
  },
  {
    name: "the deepest condition of an aggregate",
    rows: rowsOf("int", [1, 2]),
    query: value(q.agg("sum", int), { having: nested(55, isHalf) }),
    expected: { values: [3] },
  },
  where("the deepest long pattern", rowsOf("text", [long]), nested(40, q.like(text, long)), ["1"]),
  where(
    "four levels of subqueries",
    rowsOf("int", [1]),
    Array.from({ length: 4 }).reduce<Condition>(
      (inner) => q.exists(over({ where: q.and(isOne, inner) })),
      isOne,
    ),
    ["1"],
  ),
  where("499 conditions with as many values", rowsOf("real", [0.5, 7.1]), q.and(...many(499)), [
    "1",
  ]),
  {
    name: "501 conditions are too many",
    rows: [],
    query: over({ where: q.or(...many(500)) }),
    expected: tooComplex,
  },
  {
    name: "the deepest condition of an average of reals",
    rows: rowsOf("real", [0.25, 0.75]),
    query: value(q.agg("avg", real), {
      having: nested(55, q.cmp("eq", q.agg("avg", real), q.val(1))),
    }),
    expected: { values: [0.5] },
  },
  {
    name: "as many averages as a query may have",
    rows: rowsOf("real", [0.1, 0.2, 0.3]),
    query: over({ projection: outputs(31, q.agg("avg", real)) }),
    expected: { values: [alike(31, 0.6 / 3)] },
  },
  {
    name: "one average more",
    rows: [],
    query: over({ projection: outputs(32, q.agg("avg", real)) }),
    expected: tooComplex,
  },
  {
    name: "a hundred columns",
    rows: rowsOf("int", [1, 2]),
    query: over({ projection: outputs(100, int) }),
    expected: { values: [alike(100, 1), alike(100, 2)] },
  },
  {
    name: "101 columns are too many",
    rows: [],
    query: over({ projection: outputs(101, int) }),
    expected: tooComplex,
  },
  {
    name: "a hundred terms in an order",
    rows: rowsOf("int", [1, 2]),
    query: over({ orderBy: Array.from({ length: 99 }, () => q.desc(int)) }),
    expected: { ids: ["2", "1"] },
  },
  { name: "64 tables", rows: rowsOf("int", [1]), query: joined(64), expected: { ids: ["1"] } },
  { name: "65 tables are too many", rows: [], query: joined(65), expected: tooComplex },
  {
    name: "20 subqueries in each other",
    rows: rowsOf("int", [1, 2]),
    query: inside(20),
    expected: { ids: ["1", "2"] },
  },
  {
    name: "21 subqueries in each other are too many",
    rows: [],
    query: inside(21),
    expected: tooComplex,
  },
  where(
    "20,000 values in a list",
    rowsOf("int", [1, 19_999, 20_000]),
    q.within(
      int,
      Array.from({ length: 20_000 }, (_, index) => index),
    ),
    ["1", "2"],
  ),
];

const LARGE = "\u{1f600}".repeat(250_000);

/** As large as a cell and a row may be. */
export const largeCases: TortureCase[] = [
  {
    name: "a text of a million bytes comes back",
    rows: rowsOf("text", [LARGE]),
    query: value(text, { where: q.cmp("eq", text, q.val(LARGE)) }),
    expected: { values: [LARGE] },
  },
  {
    name: "a row of 1.9 megabytes is found, compared and counted",
    rows: [{ id: "1", text: LARGE, bytes: new Uint8Array(890_000).fill(171) }],
    query: value(q.agg("count", bytes), { where: q.like(text, "%\u{1f600}") }),
    expected: { values: [1] },
  },
];
