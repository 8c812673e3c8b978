/**
 * Values that databases are known to disagree about, each with the one answer that all engines have to give. They are
 * asked of one table, `v`, with a nullable column of each kind; what a row does not say is null.
 */

import type { Condition } from "@sh1n4ps/plasma-core";
import * as q from "./shorthand.ts";
import { numbers, sums } from "./torture-numbers.ts";
import {
  at,
  big,
  bytes,
  flag,
  int,
  over,
  real,
  rowsOf,
  text,
  value,
  where,
} from "./torture-world.ts";
import type { TortureCase } from "./torture-world.ts";

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
