/** A table with a column of every kind, and rows that hold every value worth testing. */

import {
  alias,
  bigint,
  blob,
  boolean,
  completeRow,
  defineSchema,
  id,
  int,
  json,
  real,
  ref,
  table,
  text,
  timestamp,
} from "@sh1n4ps/plasma-core";
import type { AnyColumn, Row, TableInfo } from "@sh1n4ps/plasma-core";

export const cells = table(
  "cells",
  {
    id: id(),
    next: ref((): AnyColumn => cells.id).nullable(),
    text: text().nullable(),
    int: int().nullable(),
    bigint: bigint().nullable(),
    real: real().nullable(),
    boolean: boolean().nullable(),
    timestamp: timestamp().nullable(),
    blob: blob().nullable(),
    json: json().nullable(),
    order: text().default('it\'s "so" \\ ?'),
    flag: boolean().default(true),
    bytes: blob().default(new Uint8Array([0, 255])),
    doc: json().default({ a: ["'", '"'] }),
    big: bigint().default(-(2n ** 63n)),
    half: real().default(0.1),
    since: timestamp().default(new Date(-1)),
  },
  { indexes: [["int", "timestamp"], ["flag"]] },
);
export const others = alias(cells, "others");
export const SCHEMA = defineSchema({ cells });
export const TABLE = SCHEMA.byName.get("cells") as TableInfo;

const TEXTS = [
  "",
  " ",
  "a",
  "A",
  "b",
  "B",
  "Z",
  "z",
  "é",
  "É",
  "ß",
  "İ",
  "i",
  "I",
  "ı",
  "K",
  "k",
  "ab",
  "aB",
  "a b",
  "a_b",
  "a%b",
  "a\\b",
  "a\\",
  "\\",
  "%",
  "_",
  "*",
  "[a]",
  "'",
  '"',
  "?",
  "$1",
  "\u{1}",
  "\uffff",
  "\ufffd",
  "\u{10000}",
  "\u{10ffff}",
  "😀",
  "e\u0301",
  "\n",
  "null",
  "NaN",
  "1",
  "01",
  "true",
  "y".repeat(5_000),
  "x".repeat(300),
];
const INTS = [0, 1, -1, 2, 7, 2 ** 31, -(2 ** 31) - 1, 2 ** 53 - 1, -(2 ** 53) + 1];
const BIGINTS = [
  0n,
  1n,
  -1n,
  2n ** 53n,
  2n ** 53n + 1n,
  -(2n ** 53n) - 1n,
  2n ** 63n - 1n,
  -(2n ** 63n),
  2n ** 63n - 2n,
];
const REALS = [
  0,
  1,
  -1,
  0.1,
  0.2,
  1 / 3,
  -0.5,
  5e-324,
  -5e-324,
  2 ** -1022,
  2 ** -1022 - 2 ** -1074,
  1.7976931348623157e308,
  -1.7976931348623157e308,
  2 ** 53 - 1,
  1e21,
  1.5,
  123456789.12345679,
  9007199254740992e3,
  4.35,
  0.30000000000000004,
];
const DATES = [0, 1, -1, 8.64e15, -8.64e15, 1_700_000_000_123].map((time) => new Date(time));
const BLOBS = [
  [],
  [0],
  [0, 0],
  [0, 1],
  [1],
  [127],
  [128],
  [255],
  [92, 120],
  [255, 0],
  Array.from({ length: 256 }, (_, at) => at),
].map((bytes) => new Uint8Array(bytes));
const DOCUMENTS: readonly unknown[] = [
  {},
  [],
  "text",
  "",
  0,
  -1.5,
  5e-324,
  1.7976931348623157e308,
  2 ** 53 - 1,
  1e21,
  true,
  false,
  [null],
  { b: 1, a: 2, aa: 3 },
  { "": { "\u{1f600}": ["\u0001", "\u2028", "'", '"', "\\"] } },
  { a: [1, [2, { b: null }]], constructor: 1, __a: [] },
];

export const KINDS = {
  text: TEXTS,
  int: INTS,
  bigint: BIGINTS,
  real: REALS,
  boolean: [false, true],
  timestamp: DATES,
  blob: BLOBS,
} as const;

function makeRows(): Row[] {
  const samples: Record<string, readonly unknown[]> = { ...KINDS, json: DOCUMENTS };
  const longest = Math.max(...Object.values(samples).map((values) => values.length));
  const rows = Array.from({ length: longest * 2 }, (_, at): Row => {
    // Each value stands in two rows, beside different others, and nulls among them.
    const values = Object.entries(samples).map(([column, list], nth) => [
      column,
      at < longest ? (list[at] ?? null) : (list[(at * (2 * nth + 1)) % list.length] ?? null),
    ]);
    const id = `row-${at}`;
    return { ...Object.fromEntries(values), id, next: at % 3 === 0 ? null : `row-${at - 1}` };
  });
  return rows.map((row) => completeRow(TABLE, row));
}

export const ROWS = makeRows();
