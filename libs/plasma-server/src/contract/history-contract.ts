/**
 * Random histories: random rules over tables that refer to each other, random writes by mutations and by other SQL, and
 * people's clients that pull at random moments, some from long ago, in pages of random size with writes in between.
 * After each pull a client holds exactly what core's evaluator says its person may see at that version, and no
 * operation has named any other row.
 */

import { evaluateCondition, RULE_ROW } from "@sh1n4ps/plasma-core";
import type { JsonRow, PullResponse, Row, Schema } from "@sh1n4ps/plasma-core";
import { describe, expect, it } from "vitest";
import { peekCookie, versionAt } from "../change-log/cookie.ts";
import type { Engine } from "../engine.ts";
import { createStandingMemory } from "../push/standing-memory.ts";
import { createOwedAttempts } from "../owed-attempts.ts";
import { runtimePlatform } from "../platform.ts";
import { pull } from "../pull/pull.ts";
import { ensureSchema } from "../schema/ensure-schema.ts";
import type { SqlExecutor, Statement } from "../sql/executor.ts";
import { randomHistorySchema, randomWrites, WORDS } from "./random-history.ts";
import type { Person } from "./random-history.ts";
import { chance } from "./random.ts";
import type { Chance } from "./random.ts";

export interface HistoryContractOptions {
  readonly fresh: () => Promise<SqlExecutor>;
  readonly histories: number;
  readonly pullsEach: number;
  readonly seed: number;
}

export function historyContract(options: HistoryContractOptions): void {
  const { histories, pullsEach, seed } = options;
  describe("random histories", () => {
    it(`patch clients to exactly what they may see (${histories} histories of ${pullsEach} pulls from seed ${seed})`, async () => {
      const counts = newCounts();
      await randomHistories({ ...options, counts });
      expect(counts.pulls).toBe(histories * pullsEach);
      // A run that never took rows away, or never paged, would have shown nothing.
      expect(counts.dels).toBeGreaterThan(counts.pulls / 10);
      expect(counts.puts).toBeGreaterThan(counts.pulls / 2);
      expect(counts.pages).toBeGreaterThan(counts.pulls * 1.1);
      expect(counts.incremental).toBeGreaterThan(counts.pulls / 2);
      expect(counts.fromLongAgo).toBeGreaterThan(0);
    }, 600_000);
  });
}

export type HistoryCounts = Record<
  "pulls" | "pages" | "puts" | "dels" | "incremental" | "fromLongAgo",
  number
>;

export function newCounts(): HistoryCounts {
  return { pulls: 0, pages: 0, puts: 0, dels: 0, incremental: 0, fromLongAgo: 0 };
}

/** Throws at the first pull that is wrong, with the seed of its history. */
export async function randomHistories(
  options: HistoryContractOptions & { readonly counts: HistoryCounts },
): Promise<void> {
  const { fresh, histories, pullsEach: pulls, seed, counts } = options;
  for (let at = 0; at < histories; at++) {
    try {
      await oneHistory(await fresh(), { random: chance(seed + at), pulls, counts });
    } catch (error) {
      throw new Error(`The history of seed ${seed + at} failed: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
}

type Tables = ReadonlyMap<string, ReadonlyMap<string, Row>>;

interface HistoryClient {
  readonly person: Person;
  readonly cookie: string | null;
  readonly rows: ReadonlyMap<string, JsonRow>;
}

async function oneHistory(
  executor: SqlExecutor,
  options: { readonly random: Chance; readonly pulls: number; readonly counts: HistoryCounts },
): Promise<void> {
  const { random, counts } = options;
  const schema = randomHistorySchema(random);
  await ensureSchema({ schema, executor });
  const past = new Map<number, Tables>();
  const engine = engineOf(schema, executor);
  const write = async () => {
    for (let count = random.below(4); count > 0; count--) {
      await executor.batch(randomWrites(random, executor.dialect)).catch((error: unknown) => {
        if (!/unique|foreign key/i.test(String(error))) throw error;
      });
    }
    const { version, tables } = await everything(schema, executor);
    past.set(version, tables);
  };
  for (let at = 0; at < 6; at++) await write();
  const clients: HistoryClient[] = WORDS.map((me) => ({
    person: { me },
    cookie: null,
    rows: new Map(),
  }));
  // As profiles are that were put aside, and are taken up again.
  const aside: HistoryClient[] = [];
  for (let at = 0; at < options.pulls; at++) {
    await write();
    const place = random.below(clients.length);
    let client = clients[place]!;
    const fate = random.below(40);
    if (fate < 5 && aside.length > 0) {
      client = random.pick(aside);
      counts.fromLongAgo++;
    } else if (fate === 5 || fate === 6) {
      client = { ...client, cookie: null };
    } else if (fate === 7) {
      client = { ...client, person: { me: random.pick(WORDS) } };
    }
    if (client.cookie) counts.incremental++;
    const { cookie, patch } = await wholePull(engine, {
      client,
      limit: random.pick([1, 2, 3, 1000]),
      afterPage: async (hasMore) => {
        counts.pages++;
        if (hasMore && random.oneIn(2)) await write();
      },
    });
    counts.pulls++;
    const version = versionAt(peekCookie(cookie)!.positions)!;
    const expected = visibleRows(schema, past.get(version)!, client.person);
    const rows = apply(patch, { client, expected, version, counts });
    expect(Object.fromEntries([...rows].sort())).toEqual(Object.fromEntries([...expected].sort()));
    clients[place] = { ...client, cookie, rows };
    if (random.oneIn(6)) aside.push(clients[place]);
  }
}

function engineOf(schema: Schema, executor: SqlExecutor): Engine {
  return {
    schema,
    executor,
    mutators: {},
    policy: { default: "deny" },
    mutatorTimeoutMs: 5000,
    quarantine: { attempts: 1, afterMs: 0 },
    standings: createStandingMemory(),
    owedAttempts: createOwedAttempts(),
    platform: runtimePlatform(),
    report: () => undefined,
  };
}

async function everything(
  schema: Schema,
  executor: SqlExecutor,
): Promise<{ readonly version: number; readonly tables: Tables }> {
  const names = [...schema.byName.keys()];
  const [meta, ...tables] = await executor.batch([
    { text: "SELECT version FROM _plasma_meta", params: [] },
    ...names.map((name): Statement => ({ text: `SELECT * FROM "${name}"`, params: [] })),
  ]);
  return {
    version: meta![0]!["version"] as number,
    tables: new Map(
      names.map((name, at) => [
        name,
        new Map(tables[at]!.map((row) => [row["id"] as string, { ...row } as Row])),
      ]),
    ),
  };
}

async function wholePull(
  engine: Engine,
  {
    client,
    limit,
    afterPage,
  }: {
    readonly client: HistoryClient;
    readonly limit: number;
    readonly afterPage: (hasMore: boolean) => Promise<void>;
  },
): Promise<{ readonly cookie: string; readonly patch: PullResponse["patch"] }> {
  const patch: PullResponse["patch"][number][] = [];
  let { cookie } = client;
  for (;;) {
    const page = await pull(
      engine,
      { clientGroupID: "g", clientID: "c", principal: "p", ctx: client.person },
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
    ({ cookie } = page);
    await afterPage(page.hasMore);
    if (!page.hasMore) return { cookie: cookie!, patch };
  }
}

/** The rows after the patch. Throws if it names a row that it may not name, or one twice. */
function apply(
  patch: PullResponse["patch"],
  about: {
    readonly client: HistoryClient;
    readonly expected: ReadonlyMap<string, Row>;
    readonly version: number;
    readonly counts: HistoryCounts;
  },
): ReadonlyMap<string, JsonRow> {
  const { client, expected, version, counts } = about;
  const rows = new Map(client.rows);
  const named = new Set<string>();
  for (const operation of patch) {
    if (operation.op === "clear") {
      expect(named.size).toBe(0);
      rows.clear();
      continue;
    }
    const id = operation.op === "put" ? String(operation.row["id"]) : operation.id;
    const key = `${operation.table}/${id}`;
    if (named.has(key)) throw new Error(`${key} is named twice in one patch`);
    named.add(key);
    if (operation.op === "put") {
      if (!expected.has(key)) throw new Error(`${key} was sent, but may not be seen at ${version}`);
      rows.set(key, operation.row);
      counts.puts++;
    } else {
      if (!rows.has(key)) throw new Error(`${key} was taken away, but never could be seen`);
      rows.delete(key);
      counts.dels++;
    }
  }
  return rows;
}

function visibleRows(schema: Schema, tables: Tables, person: Person): Map<string, Row> {
  const visible = new Map<string, Row>();
  const source = { schema, rows: (name: string) => [...tables.get(name)!.values()] };
  for (const info of schema.byName.values()) {
    const columns = Object.fromEntries(info.columnNames.map((name) => [name, info.columns[name]]));
    const answer = info.options.auth!.read!(person, columns as never);
    for (const [rowId, row] of tables.get(info.name)!) {
      const may =
        typeof answer === "object"
          ? evaluateCondition(answer, source, new Map([[RULE_ROW, row]])) === true
          : info.options.auth!.read!(person, row as never) === true;
      if (may) visible.set(`${info.name}/${rowId}`, row);
    }
  }
  return visible;
}
