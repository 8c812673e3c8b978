/** Seeded chance: rows, conditions and queries that have no reason to be polite. */

import {
  alias,
  bigint,
  blob,
  boolean,
  defineSchema,
  id,
  int,
  real,
  table,
  tableInfo,
  text,
  timestamp,
  tableQuery,
} from "@sh1n4ps/plasma-core";
import type {
  CompareOp,
  Condition,
  Operand,
  Row,
  SelectAst,
  TableInfo,
  Value,
} from "@sh1n4ps/plasma-core";

export interface Chance {
  /** A whole number from 0 up to, but not including, `below`. */
  below(below: number): number;
  pick<T>(from: readonly T[]): T;
  /** True once in `times`. */
  oneIn(times: number): boolean;
}

/** mulberry32 */
export function chance(seed: number): Chance {
  let state = seed >>> 0;
  const below = (limit: number) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
  return {
    below,
    pick: (from) => from[below(from.length)]!,
    oneIn: (times) => below(times) === 0,
  };
}

const columns = () => ({
  id: id(),
  word: text().nullable(),
  other: text().nullable(),
  whole: int().nullable(),
  fraction: real().nullable(),
  big: bigint().nullable(),
  flag: boolean().nullable(),
  moment: timestamp().nullable(),
  bytes: blob().nullable(),
});

export const left = table("left", columns());
export const right = table("right", columns());
export const randomSchema = defineSchema({ left, right });
const leftTwin = alias(left, "leftTwin");
const rightTwin = alias(right, "rightTwin");

const VALUES: Readonly<Record<string, readonly NonNullable<Value>[]>> = {
  word: [
    "",
    "a",
    "A",
    "ab",
    "aB",
    "a%b",
    "a_b",
    "a\\b",
    "a*b",
    "[a]",
    "?",
    "é",
    "e\u0301",
    "\uffff",
    "😀",
    "a\nb",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab",
  ],
  whole: [0, 1, -1, 2, 2 ** 53 - 1, -(2 ** 53 - 1), 2 ** 31],
  fraction: [
    0,
    0.1,
    -0.1,
    1,
    1e21,
    5e-324,
    6.140162234981931e-135,
    1.7976931348623157e308,
    2 ** 53 + 2,
    1 / 3,
  ],
  big: [0n, 1n, -1n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)],
  flag: [true, false],
  moment: [new Date(0), new Date(1), new Date(-1), new Date(1.7e12)],
  bytes: [
    new Uint8Array([]),
    new Uint8Array([0]),
    new Uint8Array([255, 0]),
    new Uint8Array([255, 1]),
  ],
};

function poolOf(column: string): readonly NonNullable<Value>[] {
  return VALUES[column === "other" ? "word" : column] ?? [];
}

export function randomRow(random: Chance, rowId: string): Row {
  const row: Row = { id: rowId };
  for (const column of tableInfo(left).columnNames) {
    if (column === "id") continue;
    row[column] = random.oneIn(4) ? null : random.pick(poolOf(column));
  }
  return row;
}

/** What a condition may speak of: aliases and their columns. */
export interface Sight {
  readonly alias: string;
  readonly table: TableInfo;
}

const FAMILIES: readonly (readonly string[])[] = [
  ["word", "other", "id"],
  ["whole", "fraction"],
  ["whole", "big"],
  ["flag"],
  ["moment"],
  ["bytes"],
];
const OPERATORS: readonly CompareOp[] = ["eq", "ne", "gt", "gte", "lt", "lte"];

export function randomCondition(
  random: Chance,
  sights: readonly Sight[],
  depth: number,
): Condition {
  if (depth > 0) {
    switch (random.below(7)) {
      case 0:
      case 1:
        return { kind: "and", conditions: randomConditions(random, sights, depth) };
      case 2:
      case 3:
        return { kind: "or", conditions: randomConditions(random, sights, depth) };
      case 4:
        return { kind: "not", condition: randomCondition(random, sights, depth - 1) };
      case 5:
        return { kind: "exists", query: randomQuery(random, sights, depth - 1) };
    }
  }
  return randomLeaf(random, sights);
}

function randomConditions(random: Chance, sights: readonly Sight[], depth: number): Condition[] {
  return Array.from({ length: random.below(4) }, () => randomCondition(random, sights, depth - 1));
}

export function randomQuery(random: Chance, outer: readonly Sight[], depth: number): SelectAst {
  const from = tableInfo(random.pick([left, right, leftTwin, rightTwin]));
  const sights = [
    ...outer.filter((sight) => sight.alias !== from.alias),
    { alias: from.alias, table: from },
  ];
  return tableQuery(
    { kind: "table", table: from.name, alias: from.alias },
    {
      where: random.oneIn(8) ? null : randomCondition(random, sights, depth),
      orderBy: Array.from({ length: random.below(3) }, () => ({
        operand: {
          kind: "column" as const,
          alias: from.alias,
          column: random.pick(["word", "whole", "fraction", "big", "flag", "moment", "bytes"]),
        },
        direction: random.pick(["asc", "desc"] as const),
      })),
      limit: random.oneIn(4) ? random.below(4) : null,
      offset: random.oneIn(4) ? random.below(3) : 0,
    },
  );
}

function randomLeaf(random: Chance, sights: readonly Sight[]): Condition {
  const family = random.pick(FAMILIES);
  const operand = randomColumn(random, sights, family);
  const values = family.flatMap(poolOf);
  const value = (): Value => (random.oneIn(8) ? null : random.pick(values));
  switch (random.below(6)) {
    case 0:
      return { kind: "isNull", operand };
    case 1:
      return { kind: "in", operand, values: Array.from({ length: random.below(4) }, value) };
    case 2:
      return {
        kind: "like",
        operand: randomColumn(random, sights, FAMILIES[0]!),
        pattern: randomPattern(random),
        foldCase: random.oneIn(3),
      };
    case 3:
      return { kind: "constant", value: random.oneIn(2) };
    default: {
      const other: Operand = random.oneIn(2)
        ? randomColumn(random, sights, family)
        : { kind: "value", value: value() };
      return { kind: "compare", op: random.pick(OPERATORS), left: operand, right: other };
    }
  }
}

function randomColumn(
  random: Chance,
  sights: readonly Sight[],
  family: readonly string[],
): Operand {
  // The innermost table more often than the others, so that conditions tend to be about it.
  const sight = random.oneIn(3) ? random.pick(sights) : sights.at(-1)!;
  return { kind: "column", alias: sight.alias, column: random.pick(family) };
}

function randomPattern(random: Chance): string {
  if (random.oneIn(6)) return `%${"a".repeat(60)}%`;
  const parts = [
    "%",
    "%",
    "_",
    "a",
    "A",
    "b",
    "\\%",
    "\\_",
    "\\\\",
    "*",
    "?",
    "[",
    "]",
    "😀",
    "é",
    "\n",
    "^",
    "-",
    "\\",
  ];
  return Array.from({ length: random.below(6) }, () => random.pick(parts)).join("");
}
