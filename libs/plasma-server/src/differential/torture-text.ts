/** Hard values: three-valued logic, patterns, and text. */

import * as q from "./shorthand.ts";
import { bytes, flag, flags, int, rowsOf, text, value, where } from "./torture-case.ts";
import type { TortureCase } from "./torture-case.ts";

const isTrue = q.cmp("eq", flag, q.val(true));

export const logicCases: TortureCase[] = [
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

export const patternCases: TortureCase[] = [
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

export const textCases: TortureCase[] = [
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
