import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import {
  and,
  defineMutators,
  defineSchema,
  eq,
  exists,
  id,
  int,
  like,
  select,
  table,
  text,
} from "@sh1n4ps/plasma-core";
import type { AnyColumn, Condition, MutatorInput, SelectQuery } from "@sh1n4ps/plasma-core";
import type { SyncHandlerOptions } from "../options.ts";
import type { SyncServerError } from "../errors.ts";
import { ensureSchema } from "../schema/ensure-schema.ts";
import { fromBetterSqlite3 } from "../sql/better-sqlite3.ts";
import { createSyncHandler } from "../sync-handler.ts";
import { watchFullScans } from "./full-scans.ts";

interface Ctx {
  readonly userId: string;
}

const isMember = (ctx: Ctx, row: { readonly id: AnyColumn }): Condition =>
  exists(
    select()
      .from(members)
      .where(and(eq(members.listId, row.id), eq(members.userId, ctx.userId))),
  );
const lists = table("lists", { id: id(), name: text() }, { auth: { read: isMember } });
/** Without the index that the rule of lists needs. */
const members = table("members", { id: id(), listId: text(), userId: text() });
const todos = table("todos", { id: id(), listId: text(), title: text(), position: int() });
const schema = defineSchema({ lists, members, todos });

const ROWS = 50;

async function world() {
  const database = new Database(":memory:");
  const executor = fromBetterSqlite3(database);
  await ensureSchema({ schema, executor });
  for (let at = 0; at < ROWS; at++) {
    database.prepare("INSERT INTO todos VALUES (?, 'l', 't', 1)").run(`t${at}`);
    database.prepare("INSERT INTO members VALUES (?, 'l', 'u')").run(`m${at}`);
  }
  const warnings: SyncServerError[] = [];
  const report = (warning: SyncServerError) => void warnings.push(warning);
  const watch = (rows: number) => watchFullScans({ schema, executor, rows, report });
  return { executor, warnings, watch };
}

const inList = (listId: string) =>
  select().from(todos).where(eq(todos.listId, listId)).orderBy(todos.position);

describe("watchFullScans", () => {
  it("says which table, how many rows, and which index to declare", async () => {
    const { watch, warnings } = await world();
    await watch(10).look(inList("l").ast, null);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatchObject({
      kind: "full-scan",
      message:
        'A query reads all 50 rows of "todos". Declare an index on that table: indexes: [["listId","position"]].',
      details: { table: "todos", rows: 50, index: ["listId", "position"] },
    });
  });

  it("says it once for each query, whatever the values", async () => {
    const { watch, warnings } = await world();
    const { look } = watch(10);
    await look(inList("l").ast, null);
    await look(inList("other").ast, null);
    expect(warnings).toHaveLength(1);
    await look(inList("l").limit(1).ast, null);
    expect(warnings).toHaveLength(2);
  });

  it.each([
    ["a small table", 51, inList("l")],
    ["an id", 10, select().from(todos).where(eq(todos.id, "t1"))],
    ["all rows", 10, select().from(todos)],
    ["the first rows", 10, select().from(todos).limit(3)],
  ] as [string, number, SelectQuery<unknown>][])("is quiet about %s", async (_, rows, query) => {
    const { watch, warnings } = await world();
    await watch(rows).look(query.ast, null);
    expect(warnings).toStrictEqual([]);
  });

  it("says so when no index would help", async () => {
    const { watch, warnings } = await world();
    await watch(10).look(select().from(todos).where(like(todos.title, "%x%")).ast, null);
    expect(warnings[0]!.message).toMatch(/No index serves its conditions/);
  });

  it("swallows its own failure", async () => {
    const { watch, warnings, executor } = await world();
    await executor.run({ text: "DROP TABLE todos", params: [] });
    await watch(10).look(inList("l").ast, null);
    expect(warnings).toStrictEqual([]);
  });
});

describe("a sync handler", () => {
  const mutators = defineMutators<typeof schema, Ctx>()({
    countTodos: async ({ db, args }: MutatorInput<Ctx, { listId: string }>) => {
      await db.select().from(todos).where(eq(todos.listId, args.listId));
    },
  });

  async function handler(options: Partial<SyncHandlerOptions<Ctx>>) {
    const { executor } = await world();
    const warnings: SyncServerError[] = [];
    const handle = createSyncHandler<Ctx>({
      schema,
      mutators,
      executor,
      schemaVersion: "1",
      auth: () => ({ ok: true, clientGroupID: "u", clientID: "c", ctx: { userId: "u" } }),
      onError: (error) => error.kind === "full-scan" && warnings.push(error),
      ...options,
    });
    const call = async (path: string, body: object) => {
      const response = await handle(
        new Request(`https://sync.example/sync/${path}`, {
          method: "POST",
          headers: {
            "content-type": "application/json",
            "x-plasma-client-id": "c",
            "x-plasma-client-group-id": "u",
          },
          body: JSON.stringify({
            protocolVersion: 1,
            schemaVersion: "1",
            clientGroupID: "u",
            clientID: "c",
            ...body,
          }),
        }),
      );
      expect(await response.json()).toBeDefined();
      expect(response.status).toBe(200);
    };
    const push = (at: number) =>
      call("push", {
        confirmed: 0,
        mutations: [
          {
            id: at,
            uid: `uid-${at}-00000`,
            name: "countTodos",
            args: { listId: "l" },
            timestamp: 0,
          },
        ],
      });
    const pull = () => call("pull", { cookie: null, clients: [] });
    return { push, pull, warnings };
  }

  it("warns about the queries of mutators, through onError", async () => {
    const { push, warnings } = await handler({ warnOnFullScan: 10 });
    await push(1);
    await push(2);
    expect(warnings.map(({ message }) => message)).toStrictEqual([
      'A query reads all 50 rows of "todos". Declare an index on that table: indexes: [["listId"]].',
    ]);
  });

  it("warns about what read rules look up in pulls", async () => {
    const { pull, warnings } = await handler({ warnOnFullScan: 10 });
    await pull();
    await pull();
    expect(warnings.map(({ message }) => message)).toStrictEqual([
      'A query reads all 50 rows of "members". Declare an index on that table: indexes: [["listId","userId"]].',
    ]);
  });

  it("in development takes 1000 rows for many", async () => {
    const { push, pull, warnings } = await handler({ development: true });
    await push(1);
    await pull();
    expect(warnings).toStrictEqual([]);
  });

  it("is quiet without being asked, and when told to be", async () => {
    for (const options of [{}, { development: true, warnOnFullScan: false }] as const) {
      const { push, pull, warnings } = await handler(options);
      await push(1);
      await pull();
      expect(warnings).toStrictEqual([]);
    }
  });
});
