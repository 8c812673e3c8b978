/** Random schemas and rows: two to four tables with columns of all kinds, some of them empty, some rows alike. */

import type { ColumnKind, Row } from "@sh1n4ps/plasma-core";
import type { Random } from "./random.ts";
import { DOCUMENTS, EXTREME_REALS, someValue } from "./values.ts";
import type { ColumnSpec, TableSpec, World } from "./world.ts";

const KINDS: readonly ColumnKind[] = [
  "text",
  "int",
  "bigint",
  "real",
  "boolean",
  "timestamp",
  "blob",
  "json",
];
/** Names that a database could take for something else. */
const NAMES = [
  "a",
  "b",
  "c",
  "n",
  "value",
  "key",
  "order",
  "group",
  "select",
  "rowid",
  "token",
  "place",
  "item",
  "count",
  "max",
  "old",
  "new",
  "v",
  "version",
  "id2",
  "other",
];
const ENUM = ["open", "done", "a%"] as const;

/** Columns of this name hold reals whose sums in doubles would depend on the order of their terms. */
const WILD = "wild";

export function generateWorld(random: Random): World {
  const names = ["t", "u", "v", "w"].slice(0, 2 + random.below(3));
  const world: Record<string, TableSpec> = {};
  for (const name of names) {
    const columns = generateColumns(random, names);
    world[name] = { columns, indexes: generateIndexes(random, columns), rows: [] };
  }
  const ids = new Map(names.map((name) => [name, generateIds(random, name)]));
  for (const name of names) {
    const spec = world[name]!;
    world[name] = { ...spec, rows: ids.get(name)!.map((id) => generateRow(random, id, spec, ids)) };
  }
  return world;
}

function generateColumns(random: Random, tables: readonly string[]): Record<string, ColumnSpec> {
  const columns: Record<string, ColumnSpec> = {};
  const names = random.sample(NAMES, 3 + random.below(5));
  for (const name of names)
    columns[name] = { kind: random.pick(KINDS), nullable: random.chance(0.6) };
  if (random.chance(0.3))
    columns["status"] = { kind: "text", enum: ENUM, nullable: random.chance(0.5) };
  if (random.chance(0.3)) columns[WILD] = { kind: "real", nullable: random.chance(0.5) };
  for (const target of tables) {
    if (random.chance(0.5))
      columns[`${target}Id`] = { kind: "ref", target, nullable: random.chance(0.7) };
  }
  if (random.chance(0.1))
    columns["owner"] = { kind: "ref", target: random.pick(tables), nullable: true };
  return columns;
}

function generateIndexes(random: Random, columns: Record<string, ColumnSpec>): string[][] {
  const names = Object.keys(columns).filter((name) => columns[name]!.kind !== "json");
  if (names.length === 0) return [];
  const indexes = Array.from({ length: random.below(3) }, () =>
    random.sample(names, 1 + random.below(2)),
  );
  return [...new Map(indexes.map((index) => [index.join(), index])).values()];
}

function generateIds(random: Random, table: string): string[] {
  const dice = random.next();
  const count = dice < 0.08 ? 0 : dice < 0.9 ? 1 + random.below(9) : 10 + random.below(15);
  // Ids that several tables share, and that sort differently as numbers, by code point and by locale.
  const pool = [
    "1",
    "10",
    "2",
    "a",
    "B",
    "b",
    "\u{10000}",
    "\uffff",
    "\u00e9",
    ...Array.from({ length: 16 }, (_, at) => `${table}${at}`),
  ];
  return random.sample(pool, count);
}

function generateRow(
  random: Random,
  id: string,
  { columns }: TableSpec,
  ids: ReadonlyMap<string, readonly string[]>,
): Row {
  const row: Row = { id };
  for (const [name, spec] of Object.entries(columns)) {
    row[name] =
      spec.nullable && random.chance(0.25) ? null : generateCell(random, name, { spec, ids });
  }
  return row;
}

interface CellPlace {
  readonly spec: ColumnSpec;
  readonly ids: ReadonlyMap<string, readonly string[]>;
}

function generateCell(random: Random, name: string, { spec, ids }: CellPlace): unknown {
  switch (spec.kind) {
    case "id":
    case "ref": {
      const targets = ids.get(spec.target!)!;
      return targets.length > 0 && random.chance(0.9) ? random.pick(targets) : "nowhere";
    }
    case "json":
      return random.pick(DOCUMENTS);
    case "real":
      return random.pick(name === WILD ? EXTREME_REALS : [someValue(random, "real")]);
    case "int":
      // Mostly small: rows that are alike make groups, joins and ties.
      return random.chance(0.7) ? random.below(4) : someValue(random, "int");
    case "bigint":
      return random.chance(0.6) ? BigInt(random.below(4)) : someValue(random, "bigint");
    case "text":
      if (spec.enum) return random.pick(spec.enum);
      return random.chance(0.4) ? random.pick(["a", "A", "b", ""]) : someValue(random, "text");
    default:
      return someValue(random, spec.kind);
  }
}
