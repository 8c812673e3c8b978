/** Hard values: numbers, their sums and averages. */

import * as q from "./shorthand.ts";
import { big, flag, int, over, real, rowsOf, text, value, where } from "./torture-case.ts";
import type { TortureCase } from "./torture-case.ts";

const MAX_SAFE = Number.MAX_SAFE_INTEGER;
const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

export const numberCases: TortureCase[] = [
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

export const sumCases: TortureCase[] = [
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
