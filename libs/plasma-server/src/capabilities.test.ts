/**
 * What a server can do, a test each, by the names of the list of capabilities. Folding the change log and its statistics are in
 * `contract/compaction-contract.ts`, D1 and the coordinator in the tests that run in workerd.
 */

import {
  defineMutators,
  defineSchema,
  eq,
  id,
  int,
  MutationRefused,
  mutatorDb,
  table,
  text,
} from "@sh1n4ps/plasma-core";
import type { MutatorInput, Row } from "@sh1n4ps/plasma-core";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lists, mutators, schema, todos } from "./contract/app.ts";
import type { Ctx } from "./contract/app.ts";
import { createWorld, SCHEMA_VERSION, sharedAndSecret } from "./contract/world.ts";
import {
  advanceCookieFromChanges,
  CHANGES_TABLE,
  cookieCovers,
  createServerDb,
  createSyncHandler,
  decodeCookie,
  encodeCookie,
  ensureSchema,
  fromBetterSqlite3,
  invokeMutator,
  mergeCookie,
  MigrationRefused,
  packRegionVersion,
  PlasmaAuthorizationError,
  postgresDialect,
  pullPredicate,
  REGION_VERSIONS_TABLE,
  runMigrations,
  runtimePlatform,
  sqliteDialect,
  unpackRegionVersion,
} from "./index.ts";
import type {
  AuthorizePolicy,
  SchemaDiff,
  SqlDialect,
  SqlExecutor,
  SyncServerError,
} from "./index.ts";

let database: Database.Database;
let executor: SqlExecutor;
beforeEach(() => {
  database = new Database(":memory:");
  executor = fromBetterSqlite3(database);
});
afterEach(() => database.close());

const pullOf = (world: ReturnType<typeof createWorld>) => ({
  userId: "ada",
  clientID: "ada-tab",
  body: world.client("ada").pullBody(),
});

describe("the handler", () => {
  it("Mount the handler: a function from Request to Response", async () => {
    const handler = createSyncHandler({
      schema,
      mutators,
      executor,
      schemaVersion: SCHEMA_VERSION,
      auth: () => ({ ok: false, reason: "nobody" }),
    });
    const response = await handler(new Request("https://sync.example/elsewhere"));
    expect(response.status).toBe(404);
  });

  it("Custom path prefix: basePath", async () => {
    const { handler } = createWorld(executor, { basePath: "/api/plasma" });
    const at = (path: string) =>
      handler(new Request(`https://sync.example${path}`, { method: "OPTIONS" }));
    expect((await at("/api/plasma/push")).status).toBe(204);
    expect((await at("/sync/push")).status).toBe(404);
  });

  it("Request auth: who asks is what auth says", async () => {
    const world = createWorld(executor, {
      auth: async (request) =>
        request.headers.get("authorization") === "Bearer ada"
          ? { ok: true, clientGroupID: "ada", clientID: "ada-tab", ctx: { userId: "ada" } }
          : { ok: false, reason: "unknown token" },
    });
    expect((await world.call("pull", pullOf(world))).status).toBe(200);
    expect((await world.call("pull", { ...pullOf(world), userId: "eve" })).status).toBe(401);
  });

  it("Post-push hook: onPushed knows who, which tables and which rows", async () => {
    const world = createWorld(executor);
    await world.client("ada").mutate("createList", { id: "l", name: "List" });
    expect(world.pushed).toMatchObject([
      {
        clientGroupID: "ada",
        tables: ["lists"],
        rows: [{ table: "lists", id: "l", before: null, after: { name: "List" } }],
      },
    ]);
  });

  it("Server-side error hook: onError is told the kind and the cause, the client neither", async () => {
    const world = createWorld(executor);
    const ada = world.client("ada");
    const response = await ada.send("push", ada.pushBody([ada.mutation("crash", {})]));
    expect(await response.text()).not.toContain("secret-in-a-stack");
    const [error] = world.errors.filter(({ kind }) => kind === "mutation-error");
    expect((error as SyncServerError).cause).toBeInstanceOf(TypeError);
  });

  it("Non-blocking work: waitUntil keeps the hook, and the answer does not wait for it", async () => {
    const kept: Promise<unknown>[] = [];
    let finish = () => {};
    let isDone = false;
    const world = createWorld(executor, {
      waitUntil: (promise) => void kept.push(promise),
      onPushed: () =>
        new Promise<void>((resolve) => {
          finish = resolve;
        }).then(() => void (isDone = true)),
    });
    await world.client("ada").mutate("createList", { id: "l", name: "List" });
    expect(isDone).toBe(false);
    finish();
    await Promise.all(kept);
    expect(isDone).toBe(true);
  });

  it("Cap mutations per push: maxMutationsPerPush", async () => {
    const world = createWorld(executor, { maxMutationsPerPush: 1 });
    const ada = world.client("ada");
    const two = [1, 2].map((at) => ada.mutation("createList", { id: `l${at}`, name: "List" }));
    expect((await ada.send("push", ada.pushBody(two))).status).toBe(413);
  });

  it("Cap payload size: maxPayloadBytes", async () => {
    const world = createWorld(executor, { maxPayloadBytes: 400 });
    const ada = world.client("ada");
    const large = ada.mutation("createList", { id: "l", name: "x".repeat(400) });
    expect((await ada.send("push", ada.pushBody([large]))).status).toBe(413);
    expect((await ada.send("pull", ada.pullBody())).status).toBe(200);
  });

  it("Bump schema version, and Handshake behaviour: 409 on mismatch", async () => {
    const world = createWorld(executor, { schemaVersion: "2" });
    const response = await world.call("pull", pullOf(world));
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({
      code: "schema-mismatch",
      details: { schemaVersion: "2" },
    });
  });
});

describe("the database", () => {
  it("Server-side db access outside handler: createServerDb, with the rules of a person or without", async () => {
    const { bob } = await sharedAndSecret(executor);
    const all = createServerDb({ schema, executor });
    const ofBob = createServerDb({ schema, executor, ctx: { userId: "bob" } satisfies Ctx });
    expect(await all.select().from(lists)).toHaveLength(2);
    expect(await ofBob.select().from(lists)).toHaveLength(1);
    await all.update(todos).set({ title: "by the server" }).where(eq(todos.id, "t1"));
    await bob.pull();
    expect(bob.rows.get("todos/t1")).toMatchObject({ title: "by the server" });
  });

  it("Authorization policy: what has no rule is allowed or denied", async () => {
    const plain = table("plain", { id: id() });
    const open = defineSchema({ plain });
    const seen = async (policy: AuthorizePolicy) => {
      const db = createServerDb({ schema: open, executor, ctx: {}, policy });
      return db.select().from(plain);
    };
    await createServerDb({ schema: open, executor }).insert(plain).values({ id: "p" });
    expect(await seen({ default: "allow" })).toEqual([{ id: "p" }]);
    expect(await seen({ default: "deny" })).toEqual([]);
  });

  it("Raise mutator authz errors: PlasmaAuthorizationError is the outcome forbidden", async () => {
    const guarded = defineMutators<typeof schema, Ctx>()({
      createList: async () => {
        throw new PlasmaAuthorizationError("Only on Mondays.");
      },
    });
    const world = createWorld(executor, { mutators: guarded });
    expect(await world.client("ada").mutate("createList", {})).toMatchObject({
      status: "error",
      code: "forbidden",
      message: "Only on Mondays.",
    });
  });

  it("invokeMutator: server code runs a mutator of the app", async () => {
    const db = createServerDb({ schema, executor });
    const call = { db, unrestrictedDb: db, ctx: { userId: "cron" } };
    await invokeMutator(mutators, "createList", { ...call, args: { id: "l", name: "By cron" } });
    expect(await db.select().from(lists)).toEqual([{ id: "l", name: "By cron", ownerId: "cron" }]);
  });

  it("resolveConflict: of two changes of one column the app decides", async () => {
    const pages = table(
      "pages",
      { id: id(), words: text() },
      {
        resolveConflict: ({ current, incoming }) => ({
          ...current,
          words: `${String(current["words"])} ${String(incoming["words"])}`,
        }),
      },
    );
    const paged = defineSchema({ pages });
    const writing = defineMutators<typeof paged, Ctx>()({
      write: async ({ db, args }: MutatorInput<Ctx, { words: string }>) => {
        await db.update(pages).set({ words: args.words }).where(eq(pages.id, "p"));
      },
    });
    const world = createWorld(executor, { schema: paged, mutators: writing });
    await createServerDb({ schema: paged, executor }).insert(pages).values({ id: "p", words: "" });
    const [ada, bob] = [world.client("ada"), world.client("bob")];
    await ada.pull();
    await bob.pull();
    const write = (client: typeof ada, words: string) => {
      const mutation = client.mutation("write" as never, { words });
      const body = { ...client.pushBody([mutation]), base: client.cookie };
      return client.send("push", body);
    };
    await write(ada, "one");
    await write(bob, "two");
    const [page] = await createServerDb({ schema: paged, executor }).select().from(pages);
    expect(page?.words).toBe("one two");
  });

  it("changeLogSuppressed: the server has no such table", async () => {
    const drafts = table("drafts", { id: id() }, { changeLogSuppressed: true });
    const kept = table("kept", { id: id() });
    await ensureSchema({ schema: defineSchema({ drafts, kept }), executor });
    const names = await executor.all({
      text: "SELECT name FROM sqlite_master WHERE type = 'table' AND name IN ('drafts', 'kept')",
      params: [],
    });
    expect(names).toEqual([{ name: "kept" }]);
  });
});

describe("the schema", () => {
  const people = table("people", { id: id(), name: text() });
  const first = defineSchema({ people });

  it("First-run DDL (idempotent): ensureSchema may be called with every request", async () => {
    for (let at = 0; at < 3; at++) await ensureSchema({ schema: first, executor });
    await createServerDb({ schema: first, executor }).insert(people).values({ id: "a", name: "A" });
    await ensureSchema({ schema: first, executor: { ...executor } });
    expect(await createServerDb({ schema: first, executor }).select().from(people)).toHaveLength(1);
  });

  it("Reconcile diff at deploy: runMigrations, and Introspect the diff: SchemaDiff", async () => {
    await ensureSchema({ schema: first, executor });
    const aged = table("people", { id: id(), name: text(), age: int().nullable() });
    const diff: SchemaDiff = await runMigrations({
      schema: defineSchema({ people: aged }),
      executor,
    });
    expect(diff).toMatchObject({ createdTables: [], addedColumns: ["people.age"] });
  });

  it("Refuse destructive migrations: drops, renames and changes of kind that nobody has declared", async () => {
    await ensureSchema({ schema: first, executor });
    const others = [
      table("people", { id: id() }),
      table("people", { id: id(), title: text() }),
      table("people", { id: id(), name: int() }),
    ];
    for (const people of others) {
      const other = defineSchema({ people });
      await expect(runMigrations({ schema: other, executor })).rejects.toBeInstanceOf(
        MigrationRefused,
      );
    }
  });
});

describe("cookies and regions", () => {
  it("Causal cookie codec: encodeCookie, decodeCookie, mergeCookie, cookieCovers", async () => {
    const key = { key: "k", platform: runtimePlatform() };
    const rest = {
      databaseId: "d",
      nonce: "n",
      principal: "p",
      schemaVersion: "1",
      visibility: "",
    };
    const cookie = { ...rest, positions: { "0": "5", "1": "2" } };
    const text = await encodeCookie(cookie, key);
    expect(await decodeCookie(text, key)).toEqual(cookie);
    expect(await decodeCookie(text, { ...key, key: "other" })).toBeNull();
    const both = mergeCookie(cookie.positions, { "1": "7" });
    expect(both).toEqual({ "0": "5", "1": "7" });
    expect(cookieCovers(both, cookie.positions)).toBe(true);
    expect(cookieCovers(cookie.positions, both)).toBe(false);
  });

  it("Advance a cookie from a change batch: advanceCookieFromChanges", () => {
    const changes = [
      { region: 0, version: 4 },
      { region: 1, version: 9 },
      { region: 0, version: 6 },
    ];
    expect(advanceCookieFromChanges({ "0": "5" }, changes)).toEqual({ "0": "6", "1": "9" });
  });

  it("Pull predicate from cookie: pullPredicate, for the table CHANGES_TABLE", async () => {
    const { world } = await sharedAndSecret(executor);
    const where = pullPredicate({ "0": "3" });
    const rows = await world.executor.all({
      text: `SELECT DISTINCT version FROM ${CHANGES_TABLE} WHERE ${where.text} ORDER BY version`,
      params: where.params,
    });
    expect(rows).toEqual([{ version: 4 }]);
  });

  it("Pack / unpack region+version: packRegionVersion, unpackRegionVersion", () => {
    expect(unpackRegionVersion(packRegionVersion(3, 2 ** 40))).toEqual({
      region: 3,
      version: 2 ** 40,
    });
  });

  it("Constants REGION_VERSIONS_TABLE, CHANGES_TABLE: names of the engine's own", () => {
    expect(
      [REGION_VERSIONS_TABLE, CHANGES_TABLE].every((name) => name.startsWith("_plasma_")),
    ).toBe(true);
  });
});

describe("executors and dialects", () => {
  it("better-sqlite3 (Node), and SQLite executor for tests: fromBetterSqlite3", async () => {
    const rows = await fromBetterSqlite3(new Database(":memory:")).all({
      text: "SELECT 1 AS one",
      params: [],
    });
    expect(rows).toEqual([{ one: 1 }]);
  });

  it("SQLite dialect and Postgres dialect, and SQL dialect interface", () => {
    const dialects: readonly SqlDialect[] = [sqliteDialect, postgresDialect];
    expect(dialects.map(({ name }) => name)).toEqual(["sqlite", "postgres"]);
    expect(dialects.map((dialect) => dialect.columnType("bigint"))).toEqual(["INTEGER", "bigint"]);
  });

  it("SQL executor interface: bring your own driver", async () => {
    const statements: string[] = [];
    const own: SqlExecutor = {
      ...executor,
      all: (statement) => (statements.push(statement.text), executor.all(statement)),
    };
    const world = createWorld(own);
    expect((await world.call("pull", pullOf(world))).status).toBe(200);
    expect(statements.length).toBeGreaterThan(0);
  });

  it("Server-side db for isolated writes: createServerDb, each write a commit of its own", async () => {
    const db = createServerDb({ schema, executor });
    const version = () =>
      (database.prepare("SELECT version FROM _plasma_meta").get() as Row)["version"];
    await db.insert(lists).values({ id: "a", name: "A", ownerId: "ada" });
    await db.insert(lists).values({ id: "b", name: "B", ownerId: "ada" });
    expect(version()).toBe(2);
  });

  it("mutators are tried on their own: mutatorDb over any runner", async () => {
    const db = mutatorDb(schema, {
      select: () => Promise.resolve([]),
      write: () => Promise.reject(new MutationRefused("full", "No more rows.")),
    });
    const call = { db, unrestrictedDb: db, ctx: { userId: "ada" }, args: { id: "l", name: "L" } };
    await expect(invokeMutator(mutators, "createList", call)).rejects.toMatchObject({
      code: "full",
    });
  });
});
