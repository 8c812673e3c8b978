/**
 * What random histories are made of: tables that refer to each other, with and without indexes; read rules that
 * look into other tables, mostly by equality of such columns, nested, negated, joined; and writes of every kind.
 */

import {
  conditionFromAst,
  defineSchema,
  id,
  int,
  ref,
  RULE_ROW,
  table,
  tableQuery,
  text,
} from "@sh1n4ps/plasma-core";
import type { Condition, Schema, SelectAst } from "@sh1n4ps/plasma-core";
import type { SqlExecutor, SqlParam, Statement } from "../sql/executor.ts";
import type { Chance } from "./random.ts";

export interface Person {
  readonly me: string;
}

const TABLES = ["a", "b", "c"] as const;
export const WORDS = ["u", "v", "w"];
const IDS = ["0", "1", "2", "3", "4", "5"];

/** `up` and `by` are found through an index, `far` is not. */
const LINKS = ["up", "by", "far"] as const;

/** In a rule of the generator it stands for what the person is called. */
const ME = "<me>";

export function randomHistorySchema(random: Chance): Schema {
  const rules = new Map(
    TABLES.map((name) => {
      const rule = randomRule(random, [{ alias: RULE_ROW, table: name }], 3);
      return [name, rule] as const;
    }),
  );
  const make = (name: (typeof TABLES)[number]) =>
    table(
      name,
      {
        id: id(),
        word: text().nullable(),
        number: int().nullable(),
        key: text().nullable().unique(),
        up: text().nullable(),
        by: text().nullable(),
        far: text().nullable(),
      },
      {
        auth: { read: (ctx) => conditionFromAst(spokenBy(rules.get(name)!, (ctx as Person).me)) },
        indexes: [["word"], ["up"], ["by", "word"]],
      },
    );
  const a = make("a");
  const predicate = table(
    "d",
    {
      id: id(),
      word: text().nullable(),
      number: int().nullable(),
      key: text().nullable().unique(),
      owner: ref(() => a.id).nullable(),
    },
    // Not a condition: it looks at the row itself.
    { auth: { read: (_ctx: unknown, row) => typeof row.number === "number" && row.number > 1 } },
  );
  return defineSchema({ a, b: make("b"), c: make("c"), d: predicate });
}

/** The rule as it is for a person. */
function spokenBy(rule: Condition, me: string): Condition {
  return JSON.parse(JSON.stringify(rule).replaceAll(`"${ME}"`, `"${me}"`)) as Condition;
}

interface Sight {
  readonly alias: string;
  readonly table: string;
}

let aliases = 0;

function randomRule(random: Chance, sights: readonly Sight[], depth: number): Condition {
  if (depth === 0 || random.oneIn(5)) return randomLeaf(random, sights);
  const part = () => randomRule(random, sights, depth - 1);
  switch (random.below(7)) {
    case 0:
      return { kind: "and", conditions: [part(), part()] };
    case 1:
      return { kind: "or", conditions: [part(), part()] };
    case 2:
      return { kind: "not", condition: part() };
    default:
      return { kind: "exists", query: randomPartner(random, sights, depth) };
  }
}

function randomPartner(random: Chance, sights: readonly Sight[], depth: number): SelectAst {
  const inner = randomSight(random);
  const around = [...sights, inner];
  const query = tableQuery(
    { kind: "table", ...inner },
    {
      where: {
        kind: "and",
        conditions: [randomLink(random, inner, sights), randomRule(random, around, depth - 1)],
      },
      offset: random.oneIn(12) ? 1 : 0,
      limit: random.oneIn(12) ? random.below(3) : null,
    },
  );
  if (!random.oneIn(6)) return query;
  const joined = randomSight(random);
  return {
    ...query,
    joins: [
      {
        kind: random.oneIn(4) ? "left" : "inner",
        source: { kind: "table", ...joined },
        on: randomLink(random, joined, around),
      },
    ],
    where: { kind: "and", conditions: [query.where!, randomLeaf(random, [...around, joined])] },
    projection: [{ kind: "row", name: "row", alias: inner.alias }],
  };
}

function randomSight(random: Chance): Sight {
  return { alias: `x${aliases++}`, table: random.pick(TABLES) };
}

/** Mostly an equality such as rules are made of: one row's id in another's column, or the same column of both. */
function randomLink(random: Chance, inner: Sight, sights: readonly Sight[]): Condition {
  const outer = random.oneIn(4) ? random.pick(sights) : sights.at(-1)!;
  if (random.oneIn(8)) return randomLeaf(random, [inner, outer]);
  const link = random.pick(LINKS);
  const [left, right] = random.pick([
    ["id", link],
    [link, "id"],
    [link, random.pick(LINKS)],
    ["id", "id"],
  ] as const);
  const column = (sight: Sight, of: string) => ({
    kind: "column" as const,
    alias: sight.alias,
    column: of,
  });
  const operands = [column(inner, left), column(outer, right)] as const;
  const [first, second] = random.oneIn(2) ? operands : operands.toReversed();
  return { kind: "compare", op: "eq", left: first!, right: second! };
}

function randomLeaf(random: Chance, sights: readonly Sight[]): Condition {
  const column = random.pick(["word", "number"]);
  const operand = (sight: Sight) => ({ kind: "column" as const, alias: sight.alias, column });
  const left = operand(random.oneIn(2) ? sights.at(-1)! : random.pick(sights));
  if (random.oneIn(6)) return { kind: "isNull", operand: left };
  const value = column === "word" ? random.pick([...WORDS, ME, ME]) : random.below(4);
  const right = random.oneIn(3) ? operand(random.pick(sights)) : { kind: "value" as const, value };
  return {
    kind: "compare",
    op: random.pick(["eq", "eq", "ne", "lt", "gte"] as const),
    left,
    right,
  };
}

/** One transaction of plain SQL; now and then as the engine writes, under one announced version. */
export function randomWrites(random: Chance, dialect: Dialect): Statement[] {
  const writes = Array.from({ length: 1 + random.below(3) }, () => {
    const write = randomWrite(random);
    return { ...write, text: SPELLING[dialect](write.text) };
  });
  return random.oneIn(2)
    ? [...ANNOUNCED[dialect].map(plain), ...writes, ...WITHDRAWN[dialect].map(plain)]
    : writes;
}

type Dialect = SqlExecutor["dialect"];

const plain = (statement: string): Statement => ({ text: statement, params: [] });

/** As an engine commit does. */
const ANNOUNCED: Readonly<Record<Dialect, readonly string[]>> = {
  sqlite: [
    "INSERT INTO _plasma_versions (version, nonce, time) SELECT version + 1, hex(randomblob(8)), 0 FROM _plasma_meta",
    "UPDATE _plasma_meta SET version = version + 1",
    "INSERT INTO _plasma_origin_context (id) VALUES (1)",
  ],
  postgres: [
    "INSERT INTO _plasma_versions (version, nonce, time) SELECT version + 1, gen_random_uuid(), 0 FROM _plasma_meta",
    "UPDATE _plasma_meta SET version = version + 1",
    "SELECT set_config('plasma.version', CAST(version AS text), true) FROM _plasma_meta",
  ],
};
const WITHDRAWN: Readonly<Record<Dialect, readonly string[]>> = {
  sqlite: ["DELETE FROM _plasma_origin_context"],
  postgres: [],
};

/** Postgres has no REPLACE: there an insert of a known id updates the row. */
const SPELLING: Readonly<Record<Dialect, (statement: string) => string>> = {
  sqlite: (statement) => statement,
  postgres: (statement) => {
    if (statement.startsWith("INSERT OR IGNORE"))
      return `${statement.replace("OR IGNORE ", "")} ON CONFLICT DO NOTHING`;
    if (statement.startsWith("INSERT OR REPLACE"))
      return `${statement.replace("OR REPLACE ", "")} ON CONFLICT (id) DO UPDATE SET word = excluded.word, number = excluded.number, key = excluded.key`;
    return statement.replace("UPDATE OR REPLACE", "UPDATE");
  },
};

function randomWrite(random: Chance): Statement {
  const name = random.pick([...TABLES, ...TABLES, "d"] as const);
  const row: Record<string, SqlParam> = {
    id: random.pick(IDS),
    word: random.oneIn(5) ? null : random.pick(WORDS),
    number: random.oneIn(4) ? null : random.below(4),
    key: random.oneIn(2) ? random.pick(["k1", "k2", "k3"]) : null,
  };
  if (name !== "d") {
    for (const link of LINKS) row[link] = random.oneIn(6) ? null : random.pick(IDS);
  }
  const columns = Object.keys(row);
  const insert = `INTO "${name}" (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`;
  switch (random.below(7)) {
    case 0:
    case 1:
      return { text: `INSERT OR REPLACE ${insert}`, params: Object.values(row) };
    case 2:
      return { text: `INSERT OR IGNORE ${insert}`, params: Object.values(row) };
    case 3: {
      const changed = columns.slice(1).filter(() => random.oneIn(2));
      const set = changed.length > 0 ? changed : ["word"];
      return {
        text: `UPDATE OR REPLACE "${name}" SET ${set.map((column) => `${column} = ?`).join(", ")} WHERE id = ?`,
        params: [...set.map((column) => row[column]!), row["id"]!],
      };
    }
    case 4:
      return {
        text: `UPDATE "${name}" SET number = coalesce(number, 0) + 1 WHERE word = ?`,
        params: [random.pick(WORDS)],
      };
    case 5:
      return { text: `DELETE FROM "${name}" WHERE id = ?`, params: [row["id"]!] };
    default:
      return {
        text: `DELETE FROM "${name}" WHERE id = ? OR number = ?`,
        params: [row["id"]!, random.below(8)],
      };
  }
}
