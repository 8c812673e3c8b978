/**
 * Random histories: random rules over three tables, random writes by mutations and by other SQL, and clients that
 * pull at random moments in pages of random size with writes in between. After each pull a client holds exactly what
 * core's evaluator says it may see at that version, and no operation has named any other row.
 */

import {
  defineSchema,
  evaluateCondition,
  id,
  int,
  ref,
  RULE_ROW,
  table,
  tableQuery,
  text,
} from "@sh1n4ps/plasma-core";
import type { Condition, JsonRow, PullResponse, Row, Schema } from "@sh1n4ps/plasma-core";
import { describe, expect, it } from "vitest";
import { peekCookie, versionAt } from "../change-log/cookie.ts";
import type { Engine } from "../engine.ts";
import { runtimePlatform } from "../platform.ts";
import { pull } from "../pull.ts";
import { ensureSchema } from "../schema/ensure-schema.ts";
import type { SqlExecutor, SqlParam, Statement } from "../sql/executor.ts";
import { chance } from "./random.ts";
import type { Chance } from "./random.ts";

export interface HistoryContractOptions {
  readonly fresh: () => Promise<SqlExecutor>;
  readonly histories: number;
  readonly pullsEach: number;
  readonly seed: number;
}

export function historyContract({
  fresh,
  histories,
  pullsEach,
  seed,
}: HistoryContractOptions): void {
  describe("random histories", () => {
    it(`patch clients to exactly what they may see (${histories} histories of ${pullsEach} pulls from seed ${seed})`, async () => {
      const counts = { pulls: 0, pages: 0, puts: 0, dels: 0, incremental: 0 };
      for (let at = 0; at < histories; at++) {
        try {
          await oneHistory(await fresh(), { random: chance(seed + at), pulls: pullsEach, counts });
        } catch (error) {
          throw new Error(`The history of seed ${seed + at} failed: ${(error as Error).message}`, {
            cause: error,
          });
        }
      }
      expect(counts.pulls).toBe(histories * pullsEach);
      // A run that never took rows away, or never paged, would have shown nothing.
      expect(counts.dels).toBeGreaterThan(counts.pulls / 10);
      expect(counts.puts).toBeGreaterThan(counts.pulls / 2);
      expect(counts.pages).toBeGreaterThan(counts.pulls * 1.2);
      expect(counts.incremental).toBeGreaterThan(counts.pulls / 2);
    }, 600_000);
  });
}

const TABLES = ["a", "b", "c"] as const;
const WORDS = [null, "u", "v", "w"];

function randomSchema(random: Chance): Schema {
  const rules = new Map(
    TABLES.map((name) => [name, randomRule(random, [{ alias: RULE_ROW, table: name }], 2)]),
  );
  const make = (name: (typeof TABLES)[number]) =>
    table(
      name,
      {
        id: id(),
        word: text().nullable(),
        number: int().nullable(),
        key: text().nullable().unique(),
      },
      { auth: { read: () => rules.get(name)! }, indexes: [["word"]] },
    );
  const predicate = table(
    "d",
    {
      id: id(),
      word: text().nullable(),
      number: int().nullable(),
      key: text().nullable().unique(),
      up: ref(() => a.id).nullable(),
    },
    // Not a condition: it looks at the row itself.
    { auth: { read: (_ctx: unknown, row) => typeof row.number === "number" && row.number > 1 } },
  );
  const a = make("a");
  return defineSchema({ a, b: make("b"), c: make("c"), d: predicate });
}

interface Sight {
  readonly alias: string;
  readonly table: string;
}

let aliases = 0;

function randomRule(random: Chance, sights: readonly Sight[], depth: number): Condition {
  if (depth > 0 && !random.oneIn(4)) {
    switch (random.below(5)) {
      case 0:
        return {
          kind: "and",
          conditions: [
            randomRule(random, sights, depth - 1),
            randomRule(random, sights, depth - 1),
          ],
        };
      case 1:
        return {
          kind: "or",
          conditions: [
            randomRule(random, sights, depth - 1),
            randomRule(random, sights, depth - 1),
          ],
        };
      case 2:
        return { kind: "not", condition: randomRule(random, sights, depth - 1) };
      default: {
        const inner = { alias: `x${aliases++}`, table: random.pick(TABLES) };
        const link = randomLeaf(random, [inner, sights.at(-1)!]);
        const rest = randomRule(random, [...sights, inner], depth - 1);
        return {
          kind: "exists",
          query: tableQuery(
            { kind: "table", ...inner },
            {
              where: { kind: "and", conditions: [link, rest] },
              offset: random.oneIn(8) ? 1 : 0,
            },
          ),
        };
      }
    }
  }
  return randomLeaf(random, sights);
}

function randomLeaf(random: Chance, sights: readonly Sight[]): Condition {
  const column = random.pick(["word", "number"]);
  const operand = (sight: Sight) => ({ kind: "column" as const, alias: sight.alias, column });
  const left = operand(random.pick(sights));
  if (random.oneIn(6)) return { kind: "isNull", operand: left };
  const value = column === "word" ? random.pick(WORDS.slice(1)) : random.below(4);
  const right = random.oneIn(2)
    ? operand(random.pick(sights))
    : { kind: "value" as const, value: value! };
  return { kind: "compare", op: random.pick(["eq", "ne", "lt", "gte"] as const), left, right };
}

type Tables = ReadonlyMap<string, ReadonlyMap<string, Row>>;

async function oneHistory(
  executor: SqlExecutor,
  options: {
    random: Chance;
    pulls: number;
    counts: Record<"pulls" | "pages" | "puts" | "dels" | "incremental", number>;
  },
): Promise<void> {
  const { random, counts } = options;
  const schema = randomSchema(random);
  await ensureSchema({ schema, executor });
  const past = new Map<number, Tables>();
  const remember = async () => {
    const names = [...schema.byName.keys()];
    const [meta, ...tables] = await executor.batch([
      { text: "SELECT version FROM _plasma_meta", params: [] },
      ...names.map((name): Statement => ({ text: `SELECT * FROM "${name}"`, params: [] })),
    ]);
    const version = meta![0]!["version"] as number;
    past.set(
      version,
      new Map(
        names.map((name, at) => [
          name,
          new Map(tables[at]!.map((row) => [row["id"] as string, { ...row }])),
        ]),
      ),
    );
  };
  const engine: Engine = {
    schema,
    executor,
    mutators: {},
    policy: { default: "deny" },
    mutatorTimeoutMs: 5000,
    quarantine: { attempts: 1, afterMs: 0 },
    platform: runtimePlatform(),
    report: () => undefined,
  };
  const write = async () => {
    for (let count = random.below(4); count > 0; count--) {
      await executor.batch(randomWrites(random, executor.dialect)).catch((error: unknown) => {
        if (!/unique|foreign key/i.test(String(error))) throw error;
      });
    }
    await remember();
  };
  for (let at = 0; at < 6; at++) await write();
  const clients = Array.from({ length: 3 }, () => ({
    cookie: null as string | null,
    rows: new Map<string, JsonRow>(),
    seen: new Set<string>(),
  }));
  for (let at = 0; at < options.pulls; at++) {
    await write();
    const client = random.pick(clients);
    if (random.oneIn(12)) client.cookie = null;
    if (client.cookie) counts.incremental++;
    const limit = random.pick([1, 2, 3, 1000]);
    const patch: PullResponse["patch"][number][] = [];
    let { cookie } = client;
    for (let isMore = true; isMore;) {
      const page = await pull(
        engine,
        { clientGroupID: "g", clientID: "c", principal: "p", ctx: {} },
        {
          protocolVersion: 1,
          schemaVersion: "1",
          clientGroupID: "g",
          clientID: "c",
          cookie,
          limit,
          clients: [],
        },
      );
      patch.push(...page.patch);
      ({ cookie, hasMore: isMore } = page);
      counts.pages++;
      if (isMore && random.oneIn(2)) await write();
    }
    counts.pulls++;
    const version = versionAt(peekCookie(cookie!)!.positions)!;
    const expected = visibleRows(schema, past.get(version)!);
    const named = new Set<string>();
    for (const operation of patch) {
      if (operation.op === "clear") {
        expect(named.size).toBe(0);
        client.rows.clear();
        client.seen = new Set();
        continue;
      }
      const key = `${operation.table}/${operation.op === "put" ? String(operation.row["id"]) : operation.id}`;
      if (named.has(key))
        throw new Error(
          `${key} is named twice in one patch: ${JSON.stringify(patch)} limit ${limit}`,
        );
      named.add(key);
      if (operation.op === "put") {
        if (!expected.has(key))
          throw new Error(`${key} was sent, but may not be seen at ${version}`);
        client.rows.set(key, operation.row);
        counts.puts++;
      } else {
        if (!client.seen.has(key))
          throw new Error(`${key} was taken away, but never could be seen`);
        client.rows.delete(key);
        counts.dels++;
      }
    }
    client.cookie = cookie;
    client.seen = new Set(expected.keys());
    expect(Object.fromEntries([...client.rows].sort())).toEqual(
      Object.fromEntries([...expected].sort()),
    );
  }
}

function visibleRows(schema: Schema, tables: Tables): Map<string, Row> {
  const visible = new Map<string, Row>();
  const source = { schema, rows: (name: string) => [...tables.get(name)!.values()] };
  for (const info of schema.byName.values()) {
    const columns = Object.fromEntries(info.columnNames.map((name) => [name, info.columns[name]]));
    const answer = info.options.auth!.read!({}, columns as never);
    for (const [rowId, row] of tables.get(info.name)!) {
      const may =
        typeof answer === "object"
          ? evaluateCondition(answer, source, new Map([[RULE_ROW, row]])) === true
          : info.options.auth!.read!({}, row as never) === true;
      if (may) visible.set(`${info.name}/${rowId}`, row);
    }
  }
  return visible;
}

/** One transaction of plain SQL; now and then as the engine writes, under one announced version. */
function randomWrites(random: Chance, dialect: Dialect): Statement[] {
  const writes = Array.from({ length: 1 + random.below(3) }, () => {
    const write = randomWrite(random);
    return { ...write, text: SPELLING[dialect](write.text) };
  });
  return random.oneIn(2)
    ? [...ANNOUNCED[dialect].map(plain), ...writes, ...WITHDRAWN[dialect].map(plain)]
    : writes;
}

type Dialect = SqlExecutor["dialect"];

const plain = (text: string): Statement => ({ text, params: [] });

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
const SPELLING: Readonly<Record<Dialect, (text: string) => string>> = {
  sqlite: (text) => text,
  postgres: (text) => {
    if (text.startsWith("INSERT OR IGNORE"))
      return `${text.replace("OR IGNORE ", "")} ON CONFLICT DO NOTHING`;
    if (text.startsWith("INSERT OR REPLACE"))
      return `${text.replace("OR REPLACE ", "")} ON CONFLICT (id) DO UPDATE SET word = excluded.word, number = excluded.number, key = excluded.key`;
    return text.replace("UPDATE OR REPLACE", "UPDATE");
  },
};

function randomWrite(random: Chance): Statement {
  const name = random.pick([...TABLES, "d"]);
  const key = random.oneIn(2) ? random.pick(["k1", "k2", "k3"]) : null;
  const values: SqlParam[] = [
    `${random.below(6)}`,
    random.pick(WORDS),
    random.oneIn(4) ? null : random.below(4),
    key,
  ];
  switch (random.below(6)) {
    case 0:
    case 1:
      return {
        text: `INSERT OR REPLACE INTO "${name}" (id, word, number, key) VALUES (?, ?, ?, ?)`,
        params: name === "a" ? [`a${values[0]}`, ...values.slice(1)] : values,
      };
    case 2:
      return {
        text: `INSERT OR IGNORE INTO "${name}" (id, word, number, key) VALUES (?, ?, ?, ?)`,
        params: values,
      };
    case 3:
      return {
        text: `UPDATE OR REPLACE "${name}" SET word = ?2, number = ?3, key = ?4 WHERE id = ?1`.replace(
          /\?(\d)/g,
          "?",
        ),
        params: [values[1]!, values[2]!, values[3]!, values[0]!],
      };
    case 4:
      return {
        text: `UPDATE "${name}" SET number = coalesce(number, 0) + 1 WHERE word = ?`,
        params: [random.pick(WORDS)],
      };
    default:
      return {
        text: `DELETE FROM "${name}" WHERE id = ? OR number = ?`,
        params: [values[0]!, random.below(8)],
      };
  }
}
