/**
 * Values that databases are known to disagree about, each with the one answer that all engines have to give. They are
 * asked of one table, `v`, with a nullable column of each kind; what a row does not say is null.
 */

import type { Condition, QueryAst, Row, SelectAst } from "@sh1n4ps/plasma-core";
import * as q from "./shorthand.ts";
import type { ColumnSpec, World } from "./world.ts";

export interface TortureCase {
  readonly name: string;
  readonly rows: readonly Row[];
  readonly query: QueryAst;
  /** The ids found in order, the values found, or the code of an error. */
  readonly expected:
    | { readonly ids: readonly string[] }
    | { readonly values: readonly unknown[] }
    | { readonly error: string };
}

const COLUMNS: Readonly<Record<string, ColumnSpec>> = {
  text: { kind: "text", nullable: true },
  int: { kind: "int", nullable: true },
  big: { kind: "bigint", nullable: true },
  real: { kind: "real", nullable: true },
  flag: { kind: "boolean", nullable: true },
  at: { kind: "timestamp", nullable: true },
  bytes: { kind: "blob", nullable: true },
  doc: { kind: "json", nullable: true },
};

export function tortureWorld(rows: readonly Row[]): World {
  return { v: { columns: COLUMNS, rows } };
}

const MAX_SAFE = Number.MAX_SAFE_INTEGER;
const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

const text = q.col("v.text");
const int = q.col("v.int");
const big = q.col("v.big");
const real = q.col("v.real");
const flag = q.col("v.flag");
const at = q.col("v.at");
const bytes = q.col("v.bytes");

/** Rows that are called 1, 2, … and hold one value each. */
function rowsOf(column: string, values: readonly unknown[]): Row[] {
  return values.map((value, index) => ({ id: String(index + 1), [column]: value }));
}

function over(parts: Partial<SelectAst>): SelectAst {
  return q.select({ from: q.from("v"), ...parts });
}

function where(
  name: string,
  rows: readonly Row[],
  condition: Condition,
  ids: string[],
): TortureCase {
  return { name, rows, query: over({ where: condition }), expected: { ids } };
}

/** A query for one value a row, called `value`. */
function value(operand: Parameters<typeof q.field>[1], parts: Partial<SelectAst> = {}): SelectAst {
  return over({ projection: [q.field("value", operand)], ...parts });
}

const flags = rowsOf("flag", [true, false, null]);
const isTrue = q.cmp("eq", flag, q.val(true));

const logic: TortureCase[] = [
  where("a comparison with null keeps no row", flags, q.cmp("eq", flag, q.val(null)), []),
  where("nor does its negation", flags, q.not(q.cmp("eq", flag, q.val(null))), []),
  where("unknown or true is true", flags, q.or(q.cmp("eq", flag, q.val(null)), isTrue), ["1"]),
  where("unknown and true is unknown", flags, q.and(q.cmp("eq", flag, q.val(null)), isTrue), []),
  where(
    "not(unknown and false) is true",
    flags,
    q.not(q.and(q.cmp("eq", flag, q.val(null)), isTrue)),
    ["2"],
  ),
  where("a value is not equal to null, nor unequal", flags, q.cmp("ne", flag, q.val(true)), ["2"]),
  where("null does not equal itself", flags, q.cmp("eq", flag, flag), ["1", "2"]),
  where(
    "not in with null keeps nothing",
    rowsOf("int", [1, 2, null]),
    q.not(q.within(int, [1, null])),
    [],
  ),
  where("in with null keeps what is in", rowsOf("int", [1, 2, null]), q.within(int, [1, null]), [
    "1",
  ]),
  where("in nothing is false", rowsOf("int", [1, null]), q.within(int, []), []),
  where(
    "not in nothing is true, also of null",
    rowsOf("int", [1, null]),
    q.not(q.within(int, [])),
    ["1", "2"],
  ),
  where(
    "in of nulls alone is unknown",
    rowsOf("bytes", [Uint8Array.of(1), null]),
    q.not(q.within(bytes, [null])),
    [],
  ),
  where("false comes before true", flags, q.cmp("lt", flag, q.val(true)), ["2"]),
];

const letters = rowsOf("text", ["abc", "ABC", "Éa", "éa", "a%c", "a_c", "a\\c", "", null]);
const long = "x".repeat(51);

const patterns: TortureCase[] = [
  where("like tells upper case from lower", letters, q.like(text, "a%"), ["1", "5", "6", "7"]),
  where("ilike folds A to Z", letters, q.ilike(text, "ABC"), ["1", "2"]),
  where("ilike folds no other letters", letters, q.ilike(text, "éA"), ["4"]),
  where("an escaped % is a percent sign", letters, q.like(text, "a\\%c"), ["5"]),
  where("an escaped _ is an underscore", letters, q.like(text, "a\\_c"), ["6"]),
  where("an escaped backslash is one", letters, q.like(text, "a\\\\c"), ["7"]),
  where("an escaped letter is that letter", letters, q.like(text, "\\abc"), ["1"]),
  where("the empty pattern matches the empty text", letters, q.like(text, ""), ["8"]),
  where("not like is unknown for null", letters, q.not(q.like(text, "%")), []),
  where(
    "wildcards of other languages are letters",
    rowsOf("text", ["*", "?", "[a]", "a"]),
    q.like(text, "[a]"),
    ["3"],
  ),
  where(
    "_ is one code point, not one unit",
    rowsOf("text", ["\u{1f600}", "ab"]),
    q.like(text, "_"),
    ["1"],
  ),
  where("_ is not a letter with its accent", rowsOf("text", ["e\u0301", "é"]), q.like(text, "_"), [
    "2",
  ]),
  where(
    "a pattern of 51 bytes",
    rowsOf("text", [long, `${long}x`, `a${long}`]),
    q.like(text, long),
    ["1"],
  ),
  where("one with wildcards", rowsOf("text", [`-${long}-`, long]), q.like(text, `_${long}%`), [
    "1",
  ]),
  where(
    "one of thousands of bytes",
    rowsOf("text", ["ab".repeat(2000), "ab".repeat(1999)]),
    q.like(text, `%${"ab".repeat(1999)}ab`),
    ["1"],
  ),
  where(
    "a long one of case folded",
    rowsOf("text", [long.toUpperCase()]),
    q.ilike(text, `${long}%`),
    ["1"],
  ),
  where("U+FFFD is not U+FFFF", rowsOf("text", ["\ufffd", "\uffff"]), q.like(text, "\ufffd"), [
    "1",
  ]),
  where(
    "many % do not explode",
    rowsOf("text", ["a".repeat(60)]),
    q.like(text, `${"%a".repeat(30)}%b`),
    [],
  ),
];

const order = [
  "",
  "A",
  "B",
  "a",
  "e\u0301",
  "\u00e9",
  "\ue000",
  "\ufffd",
  "\uffff",
  "\u{10000}",
  "\u{10ffff}",
];

const texts: TortureCase[] = [
  {
    name: "text is ordered by code point, not by locale or UTF-16 unit",
    rows: rowsOf("text", [...order].reverse()),
    query: value(text, { orderBy: [q.asc(text)] }),
    expected: { values: order },
  },
  where(
    "composed and decomposed letters differ",
    rowsOf("text", ["\u00e9", "e\u0301"]),
    q.cmp("eq", text, q.val("é")),
    ["1"],
  ),
  where("trailing blanks count", rowsOf("text", ["a", "a "]), q.cmp("eq", text, q.val("a")), ["1"]),
  where(
    "text that looks like a number is text",
    rowsOf("text", ["1", "1.0", "01"]),
    q.within(text, ["1"]),
    ["1"],
  ),
  where("10 is less than 9 as text", rowsOf("text", ["10", "9"]), q.cmp("lt", text, q.val("9")), [
    "1",
  ]),
  {
    name: "groups tell case and accents apart",
    rows: rowsOf("text", ["a", "A", "a", "á"]),
    query: value(q.agg("count"), { groupBy: [text] }),
    expected: { values: [1, 2, 1] },
  },
];

const numbers: TortureCase[] = [
  {
    name: "minus zero is zero, stored, read and compared",
    rows: rowsOf("real", [-0]),
    query: value(real, { where: q.cmp("eq", real, q.val(-0)) }),
    expected: { values: [0] },
  },
  {
    name: "int keeps its ends",
    rows: rowsOf("int", [MAX_SAFE, -MAX_SAFE]),
    query: value(int, { where: q.within(int, [MAX_SAFE, -MAX_SAFE]) }),
    expected: { values: [MAX_SAFE, -MAX_SAFE] },
  },
  {
    name: "bigint keeps the ends of 64 bits",
    rows: rowsOf("big", [INT64_MAX, INT64_MIN, 2n ** 53n + 1n]),
    query: value(big, { orderBy: [q.asc(big)] }),
    expected: { values: [INT64_MIN, 2n ** 53n + 1n, INT64_MAX] },
  },
  where(
    "2^53 and 2^53 + 1 differ",
    rowsOf("big", [2n ** 53n, 2n ** 53n + 1n]),
    q.cmp("eq", big, q.val(2n ** 53n + 1n)),
    ["2"],
  ),
  where(
    "in a list as well",
    rowsOf("big", [2n ** 53n, 2n ** 53n + 1n]),
    q.within(big, [2n ** 53n]),
    ["1"],
  ),
  where(
    "an int is less than 2^53 as a bigint",
    rowsOf("int", [MAX_SAFE]),
    q.cmp("lt", int, q.val(2n ** 53n)),
    ["1"],
  ),
  where("an int equals a real of its value", rowsOf("int", [3]), q.cmp("eq", int, q.val(3.0)), [
    "1",
  ]),
  where(
    "an int is less than a fraction more",
    rowsOf("int", [3, 4]),
    q.cmp("lt", int, q.val(3.5)),
    ["1"],
  ),
  where(
    "an int is less than a huge real",
    rowsOf("int", [MAX_SAFE]),
    q.cmp("lt", int, q.val(1e300)),
    ["1"],
  ),
  {
    name: "reals keep every bit",
    rows: rowsOf("real", [0.1, 5e-324, 1.7976931348623157e308, 1e23, 1 / 3]),
    query: value(real),
    expected: { values: [0.1, 5e-324, 1.7976931348623157e308, 1e23, 1 / 3] },
  },
  where("a real equals the same literal", rowsOf("real", [1e23, 0.1]), q.within(real, [1e23]), [
    "1",
  ]),
];

const sums: TortureCase[] = [
  {
    name: "a sum of ints up to 2^53 − 1",
    rows: rowsOf("int", [MAX_SAFE - 1, 1]),
    query: value(q.agg("sum", int)),
    expected: { values: [MAX_SAFE] },
  },
  {
    name: "one past it is an error",
    rows: rowsOf("int", [MAX_SAFE, 1]),
    query: value(q.agg("sum", int)),
    expected: { error: "overflow" },
  },
  {
    name: "one that comes back in time is none",
    rows: rowsOf("int", [MAX_SAFE, MAX_SAFE, -MAX_SAFE]),
    query: value(q.agg("sum", int)),
    expected: { values: [MAX_SAFE] },
  },
  {
    name: "a sum of bigints past 64 bits is an error",
    rows: rowsOf("big", [INT64_MAX, 1n]),
    query: value(q.agg("sum", big)),
    expected: { error: "overflow" },
  },
  {
    name: "below as well",
    rows: rowsOf("big", [INT64_MIN, -1n]),
    query: value(q.agg("sum", big)),
    expected: { error: "overflow" },
  },
  {
    name: "the least bigint alone is none",
    rows: rowsOf("big", [INT64_MIN]),
    query: value(q.agg("sum", big)),
    expected: { values: [INT64_MIN] },
  },
  {
    name: "bigints that come back in time are exact",
    rows: rowsOf("big", [INT64_MAX, INT64_MAX, INT64_MIN, INT64_MIN, 5n]),
    query: value(q.agg("sum", big)),
    expected: { values: [3n] },
  },
  {
    name: "a sum of reals that are whole is a real",
    rows: rowsOf("real", [MAX_SAFE, 1, 1]),
    query: value(q.agg("sum", real)),
    expected: { values: [2 ** 53] },
  },
  {
    name: "a sum of reals past the doubles is an error",
    rows: rowsOf("real", [1.7976931348623157e308, 1.7976931348623157e308]),
    query: value(q.agg("sum", real)),
    expected: { error: "overflow" },
  },
  {
    name: "a sum that is too large is more than any other where nobody sees it",
    rows: [
      { id: "1", text: "a", int: MAX_SAFE },
      { id: "2", text: "a", int: 1 },
      { id: "3", text: "b", int: MAX_SAFE },
    ],
    query: value(text, {
      groupBy: [text],
      having: q.cmp("gt", q.agg("sum", int), q.val(0)),
      orderBy: [q.desc(q.agg("sum", int))],
    }),
    expected: { values: ["a", "b"] },
  },
  {
    name: "a group that is cut off raises no error",
    rows: [
      { id: "1", text: "a", int: 1 },
      { id: "2", text: "b", int: MAX_SAFE },
      { id: "3", text: "b", int: MAX_SAFE },
    ],
    query: value(q.agg("sum", int), { groupBy: [text], limit: 1 }),
    expected: { values: [1] },
  },
  {
    name: "a sum of sums is as infinite as they are",
    rows: rowsOf("int", [MAX_SAFE, MAX_SAFE]),
    query: q.select({
      from: q.sub(value(q.agg("sum", int)), "s"),
      projection: [q.field("value", q.agg("sum", q.col("s.value")))],
    }),
    expected: { error: "overflow" },
  },
  {
    name: "an average needs no room for its total",
    rows: rowsOf("big", [INT64_MAX, INT64_MAX, INT64_MAX]),
    query: value(q.agg("avg", big)),
    expected: { values: [2 ** 63] },
  },
  {
    name: "an average of ints is not cut to an int",
    rows: rowsOf("int", [1, 2, null]),
    query: value(q.agg("avg", int)),
    expected: { values: [1.5] },
  },
  ...(["sum", "avg", "min", "max"] as const).map((fn): TortureCase => ({
    name: `${fn} of nothing is null`,
    rows: rowsOf("int", [null, null]),
    query: value(q.agg(fn, int)),
    expected: { values: [null] },
  })),
  {
    name: "count of nothing is 0, of rows their number",
    rows: rowsOf("int", [null, null]),
    query: over({ projection: [q.field("value", q.agg("count", int))] }),
    expected: { values: [0] },
  },
  {
    name: "a group of nulls is a group",
    rows: rowsOf("int", [null, 1, null]),
    query: value(q.agg("count"), { groupBy: [int] }),
    expected: { values: [2, 1] },
  },
  {
    name: "the least and the most of booleans",
    rows: rowsOf("flag", [true, false]),
    query: over({
      projection: [q.field("least", q.agg("min", flag)), q.field("most", q.agg("max", flag))],
    }),
    expected: { values: [{ least: false, most: true }] },
  },
];

const dates = rowsOf("at", [new Date(0), new Date(-1), new Date(8.64e15), null]);
const blobs = rowsOf(
  "bytes",
  [[], [0], [0, 0], [255], [97], null].map((list) => list && Uint8Array.from(list)),
);
const mismatch = { error: "type-mismatch" } as const;

const others: TortureCase[] = [
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

/** As complex as a query may be, and a little more. */
const limits: TortureCase[] = [
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

export const tortureCases: readonly TortureCase[] = [
  ...logic,
  ...patterns,
  ...texts,
  ...numbers,
  ...sums,
  ...others,
  ...limits,
  ...largeCases,
];
