import Database from "better-sqlite3";
import { and, eq, evaluateSelect, inArray, mutatorDb } from "@sh1n4ps/plasma-core";
import type { Row } from "@sh1n4ps/plasma-core";
import { beforeEach, describe, expect, it } from "vitest";
import { lists, members, notes, schema, shares, things, todos } from "../contract/app.ts";
import { chance, left, randomQuery, randomRow, randomSchema, right } from "../contract/random.ts";
import { pause } from "../contract/world.ts";
import { ensureSchema } from "../schema/ensure-schema.ts";
import { fromBetterSqlite3 } from "../sql/better-sqlite3.ts";
import type { SqlExecutor } from "../sql/executor.ts";
import { dialectOf } from "../sql/dialect-of.ts";
import { createOverlay } from "./overlay.ts";
import { bindRules } from "./rules.ts";
import { createServerDb } from "./server-db.ts";
import { openTransaction } from "./transaction.ts";
import type { Transaction } from "./transaction.ts";

let executor: SqlExecutor;
const open = (userId = "ada"): Transaction =>
  openTransaction({
    schema,
    executor,
    ctx: { userId },
    rules: bindRules({ userId }, { default: "allow" }),
  });

beforeEach(async () => {
  executor = fromBetterSqlite3(new Database(":memory:"));
  await ensureSchema({ schema, executor });
  const db = createServerDb({ schema, executor });
  await db.insert(lists).values({ id: "l", name: "L", ownerId: "ada" });
  await db.insert(members).values({ id: "m", listId: "l", userId: "ada" });
  await db.insert(todos).values({ id: "t", listId: "l", title: "stored" });
});

describe("a transaction", () => {
  it("reads its own writes, and nobody else does", async () => {
    const transaction = open();
    const db = mutatorDb(schema, transaction.restricted);
    await db.insert(todos).values({ id: "u", listId: "l", title: "new" });
    await db.update(todos).set({ title: "changed" }).where(eq(todos.id, "t"));
    expect((await db.select().from(todos)).map((todo) => todo.title)).toEqual(["changed", "new"]);
    await db.delete(todos).where(eq(todos.id, "t"));
    expect(
      (await db.select().from(todos).where(eq(todos.listId, "l"))).map((todo) => todo.id),
    ).toEqual(["u"]);
    expect(await createServerDb({ schema, executor }).select().from(todos)).toHaveLength(1);
  });

  it("keeps the net change of each row only", async () => {
    const transaction = open();
    const db = mutatorDb(schema, transaction.restricted);
    await db.update(todos).set({ title: "once" });
    await db.update(todos).set({ title: "twice" });
    await db.insert(shares).values({ id: "brief", amount: 1 });
    await db.delete(shares);
    expect(transaction.changes()).toMatchObject([
      { id: "t", before: { title: "stored" }, after: { title: "twice" } },
    ]);
    await db.update(todos).set({ title: "stored" });
    expect(transaction.changes()).toEqual([]);
    await db.delete(todos);
    await db.insert(todos).values({ id: "t", listId: "l", title: "anew" });
    expect(transaction.changes()).toMatchObject([
      { before: { title: "stored" }, after: { title: "anew" } },
    ]);
  });

  it("gives outputs that are called like something inherited, and leaves that alone", async () => {
    const db = mutatorDb(schema, open().restricted);
    const [row] = await db
      .select({ constructor: todos, toString: lists.name })
      .from(todos)
      .innerJoin(lists, eq(lists.id, todos.listId));
    expect(Object.entries(row as object)).toMatchObject([
      ["constructor", { id: "t", title: "stored" }],
      ["toString", "L"],
    ]);
    expect(Object.hasOwn(Object, "title")).toBe(false);
  });

  it("judges a write by the state just before it, its own earlier writes included", async () => {
    const transaction = open("bob");
    const db = mutatorDb(schema, transaction.restricted);
    const row = { id: "b", listId: "own", title: "T" };
    await expect(Promise.resolve(db.insert(todos).values(row))).rejects.toMatchObject({
      code: "forbidden",
    });
    await db.insert(lists).values({ id: "own", name: "O", ownerId: "bob" });
    await expect(Promise.resolve(db.insert(todos).values(row))).rejects.toMatchObject({
      code: "forbidden",
    });
    await db.insert(members).values({ id: "bm", listId: "own", userId: "bob" });
    await db.insert(todos).values(row);
    await db.delete(members);
    await expect(
      Promise.resolve(db.insert(todos).values({ ...row, id: "c" })),
    ).rejects.toMatchObject({ code: "forbidden" });
    expect(transaction.changes().map((change) => change.id)).toEqual(["own", "b"]);
  });

  it("lets writes that nobody waits for see each other, through either of its faces", async () => {
    let slow = 20;
    const uneven: SqlExecutor = {
      ...executor,
      // The first query takes longest.
      all: async (statement) => {
        await pause((slow -= 5));
        return executor.all(statement);
      },
    };
    const transaction = openTransaction({
      schema,
      executor: uneven,
      ctx: { userId: "ada" },
      rules: bindRules({ userId: "ada" }, { default: "allow" }),
    });
    const db = mutatorDb(schema, transaction.restricted);
    const unrestricted = mutatorDb(schema, transaction.unrestricted);
    const outcomes = await Promise.allSettled([
      db.insert(shares).values({ id: "same", amount: 1 }),
      unrestricted.insert(shares).values({ id: "same", amount: 2 }),
      db.update(shares).set({ amount: 3 }),
    ]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual([
      "fulfilled",
      "rejected",
      "fulfilled",
    ]);
    expect(transaction.changes()).toMatchObject([{ id: "same", after: { amount: 3 } }]);
  });

  it("is over when it is closed", async () => {
    const transaction = open();
    const db = mutatorDb(schema, transaction.restricted);
    transaction.close();
    await expect(Promise.resolve(db.select().from(todos))).rejects.toMatchObject({
      code: "transaction-over",
    });
    await expect(Promise.resolve(db.delete(todos))).rejects.toMatchObject({
      code: "transaction-over",
    });
    expect(transaction.changes()).toEqual([]);
  });

  it("writes nothing any more once it is over, also what was begun before", async () => {
    let answer = () => {};
    const slow: SqlExecutor = {
      ...executor,
      all: async (statement) => {
        await new Promise<void>((resolve) => (answer = resolve));
        return executor.all(statement);
      },
    };
    const overlay = createOverlay(schema, dialectOf(executor));
    const rules = bindRules({ userId: "ada" }, { default: "allow" });
    const transaction = openTransaction({ schema, executor: slow, ctx: {}, rules, overlay });
    const write = mutatorDb(schema, transaction.unrestricted)
      .update(todos)
      .set({ title: "too late" })
      .where(eq(todos.id, "t"));
    const refused = expect(write).rejects.toMatchObject({ code: "transaction-over" });
    await pause(1);
    transaction.close();
    answer();
    await refused;
    expect(overlay.size).toBe(0);
  });

  it("asks predicates about rows, limits and offsets after that", async () => {
    const db = createServerDb({ schema, executor });
    await db
      .insert(notes)
      .values(
        ["ada", "bob", "ada", "ada"].map((who, at) => ({ id: `n${at}`, body: `${who}: ${at}` })),
      );
    const mine = mutatorDb(schema, open().restricted);
    expect((await mine.select().from(notes)).map((note) => note.id)).toEqual(["n0", "n2", "n3"]);
    expect((await mine.select().from(notes).limit(1).offset(1)).map((note) => note.id)).toEqual([
      "n2",
    ]);
  });

  it("answers a query with many values, and one with too many conditions by a typed error", async () => {
    const db = mutatorDb(schema, open().restricted);
    const run = (count: number) => {
      const many = Array.from({ length: count }, (_, at) => eq(things.whole, at));
      const query = db.select().from(things);
      return Promise.resolve(query.where(and(...many)));
    };
    expect(await run(400)).toEqual([]);
    await expect(run(600)).rejects.toMatchObject({ code: "query-too-complex" });
    const values = Array.from({ length: 5000 }, (_, at) => at);
    expect(await db.select().from(things).where(inArray(things.whole, values))).toEqual([]);
  });

  it("means over its own writes what the evaluator says (600 random queries from seed 4711)", async () => {
    const random = chance(4711);
    const database = fromBetterSqlite3(new Database(":memory:"));
    await ensureSchema({ schema: randomSchema, executor: database });
    const stored = createServerDb({ schema: randomSchema, executor: database });
    const model = { left: new Map<string, Row>(), right: new Map<string, Row>() };
    for (const [name, target] of [
      ["left", left],
      ["right", right],
    ] as const) {
      const rows = Array.from({ length: 12 }, (_, at) => randomRow(random, `r${at}`));
      await stored.insert(target).values(rows as never);
      for (const row of rows) model[name].set(row["id"] as string, row);
    }
    const transaction = openTransaction({
      schema: randomSchema,
      executor: database,
      ctx: {},
      rules: bindRules({}, { default: "allow" }),
    });
    const db = mutatorDb(randomSchema, transaction.restricted);
    for (let at = 0; at < 600; at++) {
      const name = random.pick(["left", "right"] as const);
      const target = name === "left" ? left : right;
      const row = randomRow(random, `r${random.below(18)}`);
      const id = row["id"] as string;
      if (!model[name].has(id)) {
        await db.insert(target).values(row as never);
        model[name].set(id, row);
      } else if (random.oneIn(3)) {
        await db.delete(target).where(eq(target.id, id));
        model[name].delete(id);
      } else {
        await db
          .update(target)
          .set(row as never)
          .where(eq(target.id, id));
        model[name].set(id, row);
      }
      const query = randomQuery(random, [], 2);
      const expected = evaluateSelect(query, {
        schema: randomSchema,
        rows: (table) => model[table as "left" | "right"].values(),
      });
      expect(await transaction.restricted.select(query)).toEqual(expected);
    }
  }, 60_000);
});
