import {
  and,
  asc,
  boolean,
  defineSchema,
  desc,
  eq,
  evaluateSelect,
  gt,
  id,
  int,
  readDb,
  table,
  text,
} from "@sh1n4ps/plasma-core";
import type { Row, SelectAst } from "@sh1n4ps/plasma-core";
import { describe, expect, it } from "vitest";
import { LiveQueries } from "../live/live-queries.ts";
import type { NewOutboxEntry } from "../storage/engine.ts";
import { createIdbEngine } from "../storage/idb-engine.ts";
import { entry, pull } from "../testing/engine-records.ts";
import { freshIndexedDB } from "../testing/fake-indexeddb.ts";
import { pick, seededRandom } from "../testing/seeded-random.ts";
import { tabsWorld } from "../testing/tabs-world.ts";
import { EarlyAnswers } from "./early-answers.ts";

const todos = table(
  "todos",
  { id: id(), listId: text(), rank: int().nullable(), title: text(), done: boolean() },
  { indexes: [["listId", "rank"]] },
);
const tags = table("tags", { id: id(), todoId: text() });
const drafts = table("drafts", { id: id(), listId: text() }, { changeLogSuppressed: true });
const schema = defineSchema({ todos, tags, drafts });
const db = readDb(schema, {
  select: () => Promise.reject(new Error("Only its queries are used.")),
});

/** So small that a list is many segments. */
const layout = { segments: { full: 60, most: 120 }, log: 10 };

type Random = () => number;

function device() {
  const indexedDB = freshIndexedDB();
  const folds: (() => void)[] = [];
  const timers = {
    set: (callback: () => void, delayMs: number) =>
      delayMs > 0 ? setTimeout(callback, delayMs) : folds.push(callback),
    clear: (handle: unknown) => clearTimeout(handle as ReturnType<typeof setTimeout>),
  };
  const open = () =>
    createIdbEngine({ schema, dbName: "db", platform: { indexedDB, timers }, layout });
  return { open, folds };
}

function someRow(random: Random): Row {
  const upTo = (limit: number) => Math.floor(random() * limit);
  return {
    id: `t${upTo(60)}`,
    listId: `l${upTo(3)}`,
    rank: upTo(8) === 0 ? null : upTo(6),
    title: "x".repeat(upTo(30)),
    done: upTo(2) === 0,
  };
}

function someQuery(random: Random): SelectAst {
  const ofList = eq(todos.listId, pick(random, ["l0", "l1", "l2", "l9"]));
  const where = pick(random, [
    ofList,
    and(ofList, eq(todos.rank, 3)),
    and(ofList, eq(todos.done, true)),
    and(ofList, gt(todos.rank, 2)),
    eq(todos.done, false),
    eq(todos.id, "t5"),
  ]);
  const direction = pick(random, [asc, desc]);
  const query = db.select().from(todos).where(where);
  const ordered = pick(random, [
    query.orderBy(direction(todos.rank)),
    query.orderBy(direction(todos.rank), asc(todos.title)),
    query.orderBy(direction(todos.rank), direction(todos.id)),
    query.orderBy(asc(todos.title)),
  ]);
  const limit = 1 + Math.floor(random() * 12);
  return pick(random, [ordered, ordered.limit(limit), ordered.limit(limit).offset(3)]).ast;
}

/** Pulls, folds and mutations; then what is stored. */
async function lived(random: Random, isCaughtUp: boolean) {
  const upTo = (limit: number) => Math.floor(random() * limit);
  const { open, folds } = device();
  const engine = open();
  await engine.open();
  await engine.addClient("c1");
  let cookie: string | null = null;
  for (let step = 0; step < 12; step++) {
    const rows = new Map(
      Array.from({ length: upTo(20) }, () => someRow(random)).map((row) => [row["id"], row]),
    );
    const puts = [...rows.values()].map((row) => ({ table: "todos", row }));
    const gone = new Set(Array.from({ length: upTo(12) }, () => `t${upTo(60)}`));
    const dels = [...gone]
      .filter((rowId) => !rows.has(rowId))
      .map((rowId) => ({ table: "todos", id: rowId }));
    const next = `c${step}`;
    await engine.applyPull(
      pull({ expectedCookie: cookie, cookie: next, clear: step === 0, puts, dels }),
    );
    cookie = next;
    while (folds.length > 0 && upTo(6) > 0) {
      folds.shift()?.();
      await engine.position();
    }
  }
  const { baseSeq } = await engine.position();
  const entries = Array.from({ length: upTo(4) }, (_, at): NewOutboxEntry => {
    const row = someRow(random);
    const image = { table: "todos", id: String(row["id"]), row: upTo(3) === 0 ? null : row };
    return entry(at + 1, { images: [image], baseSeq: isCaughtUp ? baseSeq : baseSeq - 1 });
  });
  if (entries.length > 0) await engine.append(entries);
  const { base, outbox } = await engine.load();
  const shown = new Map(base.get("todos"));
  for (const { id: rowId, row } of outbox.flatMap(({ images }) => images)) {
    if (row) shown.set(rowId, row);
    else shown.delete(rowId);
  }
  return { open, outbox, shown };
}

describe("an early answer", () => {
  it.each(Array.from({ length: 60 }, (_, at) => at + 1))(
    "is what the query gives when all is loaded, or there is none (seed %i)",
    async (seed) => {
      const random = seededRandom(seed);
      const { open, shown } = await lived(random, true);
      let given = 0;
      for (let query = 0; query < 40; query++) {
        const ast = someQuery(random);
        const answer = await new EarlyAnswers({ schema, engine: open() }).ask(ast);
        const expected = evaluateSelect(ast, { schema, rows: () => shown.values() });
        if (answer) given++;
        if (answer) expect(answer).toEqual({ rows: expected, status: "complete" });
      }
      expect(given).toBeGreaterThan(15);
    },
  );

  it("is not given where mutations have to be run again first", async () => {
    for (let seed = 1; seed < 10; seed++) {
      const { open, outbox } = await lived(seededRandom(seed), false);
      const query = db.select().from(todos).where(eq(todos.listId, "l1")).ast;
      const answer = await new EarlyAnswers({ schema, engine: open() }).ask(query);
      expect(answer === null).toBe(outbox.length > 0);
    }
  });

  it("is not given to queries that read other tables or other rows, before anything is stored, or later", async () => {
    const { open } = await lived(seededRandom(1), true);
    const ofList = db.select().from(todos).where(eq(todos.listId, "l1"));
    const ask = (ast: SelectAst, engine = open()) => new EarlyAnswers({ schema, engine }).ask(ast);
    expect(await ask(ofList.innerJoin(tags, eq(tags.todoId, todos.id)).ast)).toBe(null);
    expect(await ask(db.select().from(todos).ast)).toBe(null);
    expect(await ask(db.select().from(todos).where(eq(todos.done, true)).ast)).toBe(null);
    expect(await ask(db.select().from(drafts).where(eq(drafts.listId, "l1")).ast)).toBe(null);
    expect(await ask(ofList.ast, device().open())).toBe(null);
    const early = new EarlyAnswers({ schema, engine: open() });
    await early.end();
    expect(await early.ask(ofList.ast)).toBe(null);
  });

  it("is the first result of a live query, whose rows stay the same objects and are not told again", async () => {
    const { open } = await lived(seededRandom(4), true);
    const { replica } = tabsWorld().tab({ schema, mutators: {}, engine: open() });
    const live = new LiveQueries({
      source: replica,
      onFailure: (cause) => expect(cause).toBe(null),
    });
    const query = live.watch(db.select().from(todos).where(eq(todos.listId, "l1")).ast);
    const told: (readonly Row[])[] = [];
    const wasOpen: boolean[] = [];
    query.subscribe((rows) => {
      told.push(rows);
      wasOpen.push(replica.state.isOpen);
      expect(query.current).toBe(rows);
      expect(query.status).toBe("complete");
    });
    expect(query.current).toBe(undefined);
    const early = await query.whenReady();
    await replica.open();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(early.length).toBeGreaterThan(3);
    expect({ times: told.length, wasOpen }).toEqual({ times: 1, wasOpen: [false] });
    expect([...(query.current ?? [])].every((row, at) => row === early[at])).toBe(true);
  });
});
