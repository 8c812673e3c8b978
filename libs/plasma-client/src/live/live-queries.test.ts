import {
  and,
  asc,
  desc,
  encodeTagged,
  eq,
  evaluateSelect,
  exists,
  gt,
  inArray,
  like,
  not,
  or,
  PlasmaError,
  readDb,
  select,
  sum,
} from "@sh1n4ps/plasma-core";
import type { ReadDb, Row, SelectQuery, SelectAst } from "@sh1n4ps/plasma-core";
import { describe, expect, it } from "vitest";
import { sameRow } from "../replica/rows.ts";
import { createMemoryEngine } from "../storage/memory-engine.ts";
import { modelServer } from "../testing/model-server.ts";
import { pick, seededRandom } from "../testing/seeded-random.ts";
import { tabsWorld } from "../testing/tabs-world.ts";
import {
  drafts,
  lists,
  SERVER_USER,
  testMutators,
  testSchema,
  todos,
} from "../testing/test-app.ts";
import { LiveQueries } from "./live-queries.ts";

function world() {
  const { replica } = tabsWorld().tab({ engine: createMemoryEngine() });
  const failures: unknown[] = [];
  const live = new LiveQueries({ source: replica, onFailure: (cause) => failures.push(cause) });
  const db = readDb(testSchema, {
    select: (query) => replica.select(query),
    live: (query) => live.watch(query),
  });
  const remote = modelServer({
    schema: testSchema,
    mutators: testMutators,
    ctx: { userId: SERVER_USER },
  });
  const sync = async () => {
    for (const outbox of replica.pendingPushes()) await remote.push(outbox);
    const state = replica.pullState();
    await replica.applyPull(state, remote.pull(state));
  };
  return { replica, live, db, remote, sync, failures };
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

describe("a live query", () => {
  it("has no result before storage is open, then delivers the first one once", async () => {
    const { db, replica } = world();
    const query = db.select().from(lists).live();
    expect(query.current).toBeUndefined();
    const heard: unknown[] = [];
    query.subscribe((rows) => heard.push(rows));
    expect(heard).toEqual([]);
    await replica.open();
    await turn();
    expect(heard).toEqual([[]]);
    expect(query.current).toBe(heard[0]);
    expect(await query.whenReady()).toBe(heard[0]);
  });

  it("opens storage by itself when somebody waits for it", async () => {
    const { db } = world();
    expect(await db.select().from(lists).live().whenReady()).toEqual([]);
  });

  it("of local-only tables is complete at once (changeLogSuppressed)", async () => {
    const { db, replica } = world();
    const query = db.select().from(drafts).live();
    expect(query.status).toBe("partial");
    await replica.open();
    expect(query.status).toBe("complete");
    const mixed = db.select().from(drafts).leftJoin(todos, eq(todos.id, drafts.todoId)).live();
    expect(mixed.status).toBe("partial");
  });

  it("joins local-only tables with synced ones, and follows both (changeLogSuppressed)", async () => {
    const { db, replica, remote, sync } = world();
    await remote.run("addList", { id: "l1", name: "One" });
    await remote.run("addTodo", { id: "t1", listId: "l1", title: "A" });
    await sync();
    const heard: unknown[] = [];
    db.select({ title: todos.title, text: drafts.text })
      .from(todos)
      .innerJoin(drafts, eq(drafts.todoId, todos.id))
      .live()
      .subscribe((rows) => heard.push(rows));
    await turn();
    await replica.mutate("saveDraft", { id: "d", text: "mine", todoId: "t1" });
    await remote.run("setTitle", { id: "t1", title: "B" });
    await sync();
    await remote.run("deleteTodo", { id: "t1" });
    await sync();
    expect(heard).toEqual([[], [{ title: "A", text: "mine" }], [{ title: "B", text: "mine" }], []]);
    expect(await db.select().from(drafts)).toHaveLength(1);
  });

  it("is partial until a first pull, tells when it is complete, and only that", async () => {
    const { db, replica, sync } = world();
    await replica.open();
    const query = db.select().from(lists).live();
    const heard: string[] = [];
    query.subscribe((rows) => heard.push(`${query.status} ${rows.length}`));
    await turn();
    await sync();
    await sync();
    expect(heard).toEqual(["partial 0", "complete 0"]);
  });

  it("delivers rows and completeness of a first sync together", async () => {
    const { db, replica, remote, sync } = world();
    await remote.run("addList", { id: "l1", name: "One" });
    await replica.open();
    const query = db.select().from(lists).live();
    const heard: string[] = [];
    query.subscribe((rows) => heard.push(`${query.status} ${rows.length}`));
    await turn();
    await sync();
    expect(heard).toEqual(["partial 0", "complete 1"]);
  });

  it("keeps the identity of unchanged rows, and of an unchanged result", async () => {
    const { db, replica } = world();
    await replica.mutate("addList", { id: "l1", name: "One" });
    await replica.mutate("addTodo", { id: "t1", listId: "l1", title: "A" });
    await replica.mutate("addTodo", { id: "t2", listId: "l1", title: "B" });
    const query = db.select().from(todos).live();
    const heard: (readonly unknown[])[] = [];
    query.subscribe((rows) => heard.push(rows));
    await turn();
    await replica.mutate("setTitle", { id: "t2", title: "C" });
    await replica.mutate("setTitle", { id: "t2", title: "C" });
    await replica.mutate("renameList", { id: "l1", name: "Two" });
    expect(heard).toHaveLength(2);
    expect(heard[1]?.[0]).toBe(heard[0]?.[0]);
    expect(heard[1]?.[1]).not.toBe(heard[0]?.[1]);
    expect(query.current).toBe(heard[1]);
  });

  it("shares its result with equal queries", async () => {
    const { db, replica } = world();
    await replica.mutate("addList", { id: "l1", name: "One" });
    const [one, two] = [0, 1].map(() => db.select().from(lists).where(eq(lists.id, "l1")).live());
    const heard: (readonly unknown[])[] = [];
    one?.subscribe((rows) => heard.push(rows));
    two?.subscribe((rows) => heard.push(rows));
    await turn();
    expect(heard[0]).toBe(heard[1]);
    expect(one?.current).toBe(two?.current);
  });

  it("stops when it is told to, also during a delivery", async () => {
    const { db, replica } = world();
    await replica.open();
    const heard: string[] = [];
    const query = db.select().from(lists).live();
    const stopFirst = query.subscribe(() => {
      heard.push("first");
      stopSecond();
    });
    const stopSecond = query.subscribe(() => heard.push("second"));
    await turn();
    stopFirst();
    stopFirst();
    await replica.mutate("addList", { id: "l1", name: "One" });
    expect(heard).toEqual(["first"]);
    expect(query.current).toHaveLength(1);
  });

  it("hears nothing when it stops before the first result", async () => {
    const { db } = world();
    const heard: unknown[] = [];
    db
      .select()
      .from(lists)
      .live()
      .subscribe((rows) => heard.push(rows))();
    await turn();
    expect(heard).toEqual([]);
  });

  it("goes on when another listener throws", async () => {
    const { db, replica, failures } = world();
    const heard: unknown[] = [];
    const query = db.select().from(lists).live();
    query.subscribe(() => {
      throw new Error("broken");
    });
    query.subscribe((rows) => heard.push(rows.length));
    await turn();
    await replica.mutate("addList", { id: "l1", name: "One" });
    expect(heard).toEqual([0, 1]);
    expect(failures).toHaveLength(2);
  });

  it("says once that it fails, to its listeners too, and again what it shows when it works", async () => {
    const { db, replica, failures } = world();
    await replica.mutate("addList", { id: "l1", name: "One" });
    await replica.mutate("addTodo", { id: "t1", listId: "l1", title: "A" });
    await replica.mutate("addTodo", { id: "t2", listId: "l1", title: "B" });
    const most = Number.MAX_SAFE_INTEGER;
    await replica.mutate("bumpRank", { id: "t1", by: most });
    const query = db
      .select({ ranks: sum(todos.rank) })
      .from(todos)
      .live();
    const heard: unknown[] = [];
    query.subscribe(
      ([row]) => heard.push(row?.ranks),
      (cause) => heard.push(cause),
    );
    await turn();
    await replica.mutate("bumpRank", { id: "t2", by: 1 });
    await replica.mutate("bumpRank", { id: "t2", by: 1 });
    expect(() => query.current).toThrow(PlasmaError);
    expect(heard).toEqual([most, expect.any(PlasmaError)]);
    expect(failures).toEqual([heard[1]]);
    await replica.mutate("bumpRank", { id: "t2", by: -2 });
    expect(heard.slice(2)).toEqual([most]);
    expect(query.current).toEqual([{ ranks: most }]);
  });

  it("never shows one query new and another one old", async () => {
    const { db, replica } = world();
    await replica.mutate("addList", { id: "l1", name: "One" });
    const all = db.select().from(todos).live();
    const ofList = db.select().from(todos).where(eq(todos.listId, "l1")).live();
    const check = () => expect(all.current?.length).toBe(ofList.current?.length);
    all.subscribe(check);
    ofList.subscribe(check);
    await turn();
    for (let at = 0; at < 5; at++) {
      await replica.mutate("addTodo", { id: `t${at}`, listId: "l1", title: "A" });
    }
    expect(all.current).toHaveLength(5);
  });

  it("may be opened and mutated from within a delivery", async () => {
    const { db, replica } = world();
    await replica.mutate("addList", { id: "l1", name: "One" });
    const inner: number[] = [];
    const done = new Promise<void>((resolve) => {
      db.select()
        .from(lists)
        .live()
        .subscribe(() => {
          db.select()
            .from(todos)
            .live()
            .subscribe((rows) => {
              inner.push(rows.length);
              if (rows.length === 1) resolve();
            });
          void replica.mutate("addTodo", { id: "t1", listId: "l1", title: "A" });
        });
    });
    await done;
    expect(inner.at(-1)).toBe(1);
  });
});

function randomQuery(db: ReadDb, random: () => number): SelectQuery<Row> {
  const title = () => `T${Math.floor(random() * 6)}`;
  const conditions = [
    undefined,
    eq(todos.listId, "l1"),
    eq(todos.done, false),
    eq(todos.id, `t${Math.floor(random() * 12)}`),
    inArray(todos.id, ["t1", "t2", "t3"]),
    inArray(todos.listId, ["l1", "l3"]),
    gt(todos.rank, 1),
    like(todos.title, "%1%"),
    not(eq(todos.title, title())),
    or(eq(todos.title, title()), eq(todos.listId, "l2")),
    exists(
      select()
        .from(lists)
        .where(and(eq(lists.id, todos.listId), like(lists.name, "N%"))),
    ),
  ];
  let query = db
    .select()
    .from(todos)
    .where(pick(random, conditions))
    .where(pick(random, conditions));
  const order = random();
  if (order < 0.3) query = query.orderBy(desc(todos.rank));
  else if (order < 0.6) query = query.orderBy(asc(todos.title), desc(todos.rank));
  if (random() < 0.4) query = query.limit(Math.floor(random() * 5));
  if (random() < 0.2) query = query.offset(Math.floor(random() * 3));
  return query as unknown as SelectQuery<Row>;
}

describe("live queries under random changes", () => {
  for (let seed = 1; seed <= 30; seed++) {
    it(`equal a full evaluation, row by row, and keep what did not change (seed ${seed})`, async () => {
      const random = seededRandom(seed);
      const { db, replica, remote, sync } = world();
      for (const id of ["l1", "l2", "l3"]) await remote.run("addList", { id, name: `N${id}` });
      await sync();
      const watched = Array.from({ length: 12 }, () => {
        const query = randomQuery(db, random).live();
        const heard: (readonly Row[])[] = [];
        return { query, heard, stop: query.subscribe((rows) => heard.push(rows)) };
      });
      await turn();
      const id = () => `t${Math.floor(random() * 12)}`;
      const args = () => ({
        id: id(),
        listId: pick(random, ["l1", "l2", "l3"]),
        title: `T${Math.floor(random() * 6)}`,
        text: "1",
        by: 1,
        name: pick(random, ["N", "M"]),
      });
      for (let step = 0; step < 60; step++) {
        const { id: row, listId, title, text, by, name } = args();
        const actor = random() < 0.5 ? replica.mutate.bind(replica) : remote.run.bind(remote);
        const action = pick(random, ["add", "set", "append", "bump", "delete", "rename"] as const);
        const run = {
          add: () => actor("addTodo", { id: row, listId, title }),
          set: () => actor("setTitle", { id: row, title }),
          append: () => actor("appendTitle", { id: row, text }),
          bump: () => actor("bumpRank", { id: row, by }),
          delete: () => actor("deleteTodo", { id: row }),
          rename: () => remote.run("renameList", { id: listId, name }),
        }[action];
        // A row that is taken, or one that is gone, is refused: that is part of the sequence.
        await run().catch(() => undefined);
        if (random() < 0.3) await sync();
        for (const { query, heard } of watched) {
          const expected = evaluateSelect(query.ast as SelectAst, replica.rows);
          expect(encodeTagged(query.current)).toEqual(encodeTagged(expected));
          expect(heard.at(-1)).toBe(query.current);
        }
      }
      for (const { heard, stop } of watched) {
        for (const [at, rows] of heard.entries()) {
          const before = heard[at - 1] ?? [];
          expect(before).not.toBe(rows);
          for (const row of rows) {
            const old = before.find((candidate) => candidate["id"] === row["id"]);
            if (old && sameRow(old, row)) expect(row).toBe(old);
          }
        }
        stop();
      }
    });
  }
});
