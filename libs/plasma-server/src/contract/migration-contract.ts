/** Migrations: what is renamed, dropped and backfilled, what is refused, and what a killed one leaves. */

import {
  boolean,
  defineSchema,
  id,
  int,
  not,
  or,
  ref,
  table,
  tableInfo,
  text,
} from "@sh1n4ps/plasma-core";
import type { AnyTable, Schema } from "@sh1n4ps/plasma-core";
import { beforeEach, describe, expect, it } from "vitest";
import { createServerDb } from "../db/server-db.ts";
import { MigrationRefused } from "../errors.ts";
import { ensureSchema } from "../schema/ensure-schema.ts";
import { runMigrations } from "../migrations/run-migrations.ts";
import type { RunMigrationsOptions } from "../migrations/run-migrations.ts";
import type { SqlExecutor, SqlRow, Statement } from "../sql/executor.ts";
import { sql } from "../sql/fragment.ts";
import * as app from "./app.ts";
import { createWorld, SCHEMA_VERSION } from "./world.ts";

const open = { read: () => not(or()) };

const lists = table("lists", { id: id(), name: text() }, { auth: open });
const tasks = table(
  "tasks",
  {
    id: id(),
    listId: ref(() => lists.id, { onDelete: "cascade" }),
    name: text(),
    note: text().nullable(),
    votes: int().default(0),
  },
  { auth: open, indexes: [["name", "votes"], ["note"]] },
);
const before = defineSchema({ lists, tasks });

const folders = table("folders", { id: id(), name: text() }, { auth: open });
const todos = table(
  "todos",
  {
    id: id(),
    folderId: ref(() => folders.id, { onDelete: "cascade" }),
    title: text(),
    votes: int().nullable().default(7),
    slug: text().unique(),
    done: boolean().default(false),
  },
  { auth: open, indexes: [["title", "votes"], ["done"]] },
);
const after = defineSchema({ folders, todos });

const CHANGES: Omit<RunMigrationsOptions, "executor"> = {
  schema: after,
  renameTables: { tasks: "todos", lists: "folders" },
  renameColumns: { "todos.name": "title", "todos.listId": "folderId" },
  dropColumns: ["todos.note"],
  backfill: { "todos.slug": (row) => `${String(row["title"]).toLowerCase()}-${String(row["id"])}` },
};

export function migrationContract(fresh: () => Promise<SqlExecutor>): void {
  describe("runMigrations", () => {
    let executor: SqlExecutor;
    beforeEach(async () => {
      executor = await fresh();
    });
    /** Like another process: nothing is known of what was done before. */
    const elsewhere = (): SqlExecutor => ({ ...executor });
    const fill = async () => {
      const db = createServerDb({ schema: before, executor });
      await db.insert(lists).values({ id: "l", name: "Home" });
      await db
        .insert(tasks)
        .values(["a", "b", "c"].map((key) => ({ id: key, listId: "l", name: key.toUpperCase() })));
    };
    const migrated = ["a", "b", "c"].map((key) => {
      const title = key.toUpperCase();
      return { id: key, folderId: "l", title, votes: 0, slug: `${key}-${key}`, done: false };
    });
    const worldOf = (schema: Schema, through: SqlExecutor) =>
      createWorld(through, { schema, mutators: app.mutators });
    const refusalsOf = (schema: Schema, more: Partial<RunMigrationsOptions> = {}) =>
      runMigrations({ schema, executor: elsewhere(), ...more }).then(
        () => expect.fail("It was not refused."),
        (error: unknown) => {
          if (error instanceof MigrationRefused) return error.refusals;
          throw error;
        },
      );

    it("makes a new database, and finds nothing to do the second time", async () => {
      const diff = await runMigrations({ schema: before, executor });
      expect(diff).toMatchObject({ createdTables: ["lists", "tasks"], addedColumns: [] });
      expect(await runMigrations({ schema: before, executor: elsewhere() })).toEqual({
        ...diff,
        createdTables: [],
      });
    });

    it("renames, drops and backfills, and says what it did", async () => {
      await fill();
      const planned = await runMigrations({ ...CHANGES, executor: elsewhere(), dryRun: true });
      expect(await createServerDb({ schema: before, executor }).select().from(tasks)).toHaveLength(
        3,
      );
      const progress: unknown[] = [];
      const diff = await runMigrations({
        ...CHANGES,
        executor: elsewhere(),
        onProgress: (step) => progress.push(step),
      });
      expect(diff).toEqual({ ...planned, backfilledRows: 3 });
      expect(diff).toEqual({
        createdTables: [],
        renamedTables: [
          { from: "lists", to: "folders" },
          { from: "tasks", to: "todos" },
        ],
        droppedTables: [],
        addedColumns: ["todos.slug", "todos.done"],
        renamedColumns: [
          { from: "todos.name", to: "todos.title" },
          { from: "todos.listId", to: "todos.folderId" },
        ],
        droppedColumns: ["tasks.note"],
        changedColumns: [{ column: "todos.votes", properties: ["nullable", "default"] }],
        addedIndexes: ["todos(done)"],
        repairedTables: [],
        backfilledRows: 3,
      });
      expect(progress).toEqual([{ column: "todos.slug", rows: 3 }]);
      const db = createServerDb({ schema: after, executor: elsewhere() });
      expect(await db.select().from(todos)).toEqual(migrated);
      const nothing = await runMigrations({ ...CHANGES, executor: elsewhere() });
      expect(Object.values(nothing).flat()).toEqual([0]);
    });

    it("leaves tables that keep their promises: what is required, unique, referred to and logged", async () => {
      await fill();
      await runMigrations({ ...CHANGES, executor });
      const db = createServerDb({ schema: after, executor });
      const world = worldOf(after, executor);
      const client = world.client("ada");
      await client.pull();
      expect(client.keys()).toEqual(["folders/l", "todos/a", "todos/b", "todos/c"]);
      const byHand = (text: string) => executor.run({ text, params: [] });
      await expect(
        byHand(`INSERT INTO todos (id, "folderId", title) VALUES ('x', 'l', 'x')`),
      ).rejects.toThrow(/null/i);
      await expect(byHand("UPDATE todos SET slug = NULL")).rejects.toThrow(/null/i);
      await expect(byHand("UPDATE todos SET slug = 'same'")).rejects.toThrow(/unique/i);
      await byHand(`INSERT INTO todos (id, "folderId", title, slug) VALUES ('x', 'l', 'x', 'x')`);
      await client.pull();
      expect(client.rows.get("todos/x")).toMatchObject({ votes: 7, done: false });
      await db.delete(folders);
      await client.pull();
      expect(client.keys()).toEqual([]);
    });

    it("gives each client a snapshot where the log has begun anew, and keeps what it had confirmed", async () => {
      await fill();
      const old = worldOf(before, executor);
      const client = old.client("ada");
      await client.pull();
      await runMigrations({ ...CHANGES, executor: elsewhere() });
      const world = worldOf(after, elsewhere());
      const response = await client.send("pull", client.pullBody(), world);
      expect(response.status).toBe(200);
      const answer = (await response.json()) as { patch: { op: string }[] };
      expect(answer.patch[0]).toMatchObject({ op: "clear" });
    });

    it("does not let an older build bring back what was renamed or dropped", async () => {
      await fill();
      await runMigrations({ ...CHANGES, executor });
      await expect(ensureSchema({ schema: before, executor: elsewhere() })).rejects.toMatchObject({
        code: "migration-refused",
        refusals: [
          '"lists" was renamed or dropped by a newer build. Deploy that one; if it is to come back, run its migration again with runMigrations().',
          '"tasks" was renamed or dropped by a newer build. Deploy that one; if it is to come back, run its migration again with runMigrations().',
        ],
      });
    });

    it("brings a name back where the schema has it again", async () => {
      await fill();
      await runMigrations({ ...CHANGES, executor });
      const again = defineSchema({ folders, todos, lists });
      await expect(ensureSchema({ schema: again, executor: elsewhere() })).rejects.toThrow(
        '"lists" was renamed or dropped by a newer build.',
      );
      const diff = await runMigrations({ schema: again, executor: elsewhere() });
      expect(diff.createdTables).toEqual(["lists"]);
      await ensureSchema({ schema: again, executor: elsewhere() });
    });

    it("drops tables, those that refer to each other as well", async () => {
      await fill();
      const plain = table("plain", { id: id() });
      const diff = await runMigrations({
        schema: defineSchema({ plain }),
        executor,
        dropTables: ["lists", "tasks"],
      });
      expect(diff).toMatchObject({ droppedTables: ["lists", "tasks"], createdTables: ["plain"] });
      const left = await executor.all(sql`SELECT id FROM tasks`).then(
        () => "there",
        () => "gone",
      );
      expect(left).toBe("gone");
    });

    it("tells every reason why it cannot go on, and changes nothing", async () => {
      await fill();
      await createServerDb({ schema: before, executor }).update(tasks).set({ note: "same" });
      const same = (columns: Parameters<typeof table>[1]) =>
        defineSchema({ lists, tasks: table("tasks", { id: id(), ...columns }) as AnyTable });
      const own = { listId: ref(() => lists.id), votes: int().default(0) };
      expect(
        await refusalsOf(same({ ...own, name: int(), extra: text(), note: text().nullable() })),
      ).toEqual([
        'The database has "tasks.name" with kind text, and the schema has int. Add a new column instead, or migrate the database with runMigrations().',
        '"tasks.extra" is new, and the rows that exist need a value for it. Make it .nullable(), give it a .default(), or migrate the database with runMigrations() and a backfill for it.',
      ]);
      expect(
        await refusalsOf(same({ ...own, name: text(), note: text().nullable().unique() })),
      ).toEqual([
        '"tasks.note" cannot become unique: some rows have the same value. Change them first.',
      ]);
      await createServerDb({ schema: before, executor }).update(tasks).set({ note: null });
      expect(await refusalsOf(same({ ...own, name: text(), note: text() }))).toEqual([
        '3 rows have no value for "tasks.note", which the schema requires. Give runMigrations() a backfill for it.',
      ]);
      expect(await refusalsOf(defineSchema({ lists }), { dropTables: ["lists"] })).toEqual([
        '"lists" cannot be dropped while "tasks.listId" refers to it. Drop that column as well.',
      ]);
      expect(
        await refusalsOf(before, {
          renameTables: { tasks: "lists", nope: "none" },
          renameColumns: { "tasks.id": "key", "tasks.name": "note", "tasks.nmae": "title" },
          dropColumns: ["tasks.id"],
        }),
      ).toEqual([
        '"tasks" cannot be renamed to "lists": the database has both tables.',
        'The database has neither a table "nope" to be renamed nor a table "none".',
        'The database has neither a column "tasks.nmae" to be renamed nor "title" beside it. Columns go by their table\'s new name.',
        '"tasks.id" cannot be renamed to "key": the id of a table is called id.',
        '"tasks.name" cannot be renamed to "note": the table has both columns.',
        '"tasks.id" cannot be dropped: every table has an id.',
      ]);
      expect(
        await refusalsOf(after, { ...CHANGES, backfill: { "todos.slug": () => null } }),
      ).toEqual([
        expect.stringMatching(
          /^The backfill of "todos.slug" gave no value that fits, for the row "a":/,
        ),
      ]);
    });

    it("does not concern older clients where it only adds: what they leave out has its default", async () => {
      const world = createWorld(executor);
      const ada = world.client("ada");
      await ada.mutate("createSharedList", { id: "l", name: "List", userIds: ["ada"] });
      const ranked = table(
        "todos",
        { ...tableInfo(app.todos).columns, rank: int().default(5), due: text().nullable() },
        { ...tableInfo(app.todos).options },
      );
      const wider = defineSchema({ ...app.schema.tables, todos: ranked });
      await runMigrations({ schema: wider, executor: elsewhere() });
      const newer = createWorld(elsewhere(), {
        schema: wider,
        schemaVersion: "2",
        acceptSchemaVersions: [SCHEMA_VERSION],
      });
      const again = newer.client("ada", "ada-tab-2");
      expect(await again.mutate("addTodo", { id: "t", listId: "l", title: "one" })).toMatchObject({
        status: "ok",
      });
      await again.pull();
      expect(again.rows.get("todos/t")).toMatchObject({ title: "one", rank: 5, due: null });
      // The older build answers as well, for as long as it runs.
      expect(await ada.mutate("addTodo", { id: "u", listId: "l", title: "two" })).toMatchObject({
        status: "ok",
      });
      await again.pull();
      expect(again.rows.get("todos/u")).toMatchObject({ rank: 5 });
    });

    it("keeps an enum until no row has the value that it loses", async () => {
      const withStates = (...states: [string, ...string[]]) =>
        defineSchema({ jobs: table("jobs", { id: id(), state: text({ enum: states }) }) });
      await ensureSchema({ schema: withStates("open", "late", "done"), executor });
      await executor.run(sql`INSERT INTO jobs (id, state) VALUES ('a', 'late'), ('b', 'done')`);
      expect(await refusalsOf(withStates("open", "done"))).toEqual([
        '1 row has "late" in "jobs.state", which is none of its values any more. Change them first, or keep the value.',
      ]);
      await executor.run(sql`UPDATE jobs SET state = 'done'`);
      await runMigrations({ schema: withStates("open", "done"), executor: elsewhere() });
    });

    it("requires a value of a column that was nullable, once each row has one", async () => {
      await fill();
      const strict = table("tasks", {
        id: id(),
        listId: ref(() => lists.id),
        name: text(),
        note: text(),
        votes: int().default(0),
      });
      const schema = defineSchema({ lists, tasks: strict });
      let meanwhile = 0;
      const diff = await runMigrations({
        schema,
        executor: elsewhere(),
        backfill: { "tasks.note": "none" },
        // An older build goes on writing.
        onProgress: () =>
          void (
            meanwhile++ === 0 &&
            executor.run(sql`INSERT INTO tasks (id, "listId", name) VALUES ('late', 'l', 'late')`)
          ),
      });
      expect(diff.changedColumns).toEqual([{ column: "tasks.note", properties: ["nullable"] }]);
      const rows = await createServerDb({ schema, executor: elsewhere() }).select().from(strict);
      expect(rows.every(({ note }) => note === "none")).toBe(true);
      await expect(executor.run(sql`UPDATE tasks SET note = NULL`)).rejects.toThrow(/null/i);
      // And back again.
      await runMigrations({ schema: before, executor: elsewhere() });
      await executor.run(sql`UPDATE tasks SET note = NULL`);
    });

    it("ends the same wherever it was killed", { timeout: 120_000 }, async () => {
      await fill();
      // A batch is killed at each of its statements, and other calls before and after they are answered.
      for (let at = 0; ; at++) {
        const { dying, died } = dyingAt(elsewhere(), at);
        await runMigrations({ ...CHANGES, executor: dying }).catch((error: unknown) => {
          if (!died()) throw error;
        });
        if (!died()) break;
        if (at % 5 === 0) await runMigrations({ ...CHANGES, executor: elsewhere(), dryRun: true });
      }
      const db = createServerDb({ schema: after, executor: elsewhere() });
      expect(await db.select().from(todos)).toEqual(migrated);
      await expect(executor.run(sql`UPDATE todos SET slug = NULL`)).rejects.toThrow(/null/i);
    });

    it("finds out at the start that triggers are missing, and makes them again", async () => {
      await fill();
      const world = worldOf(before, executor);
      const client = world.client("ada");
      await client.pull();
      const trigger =
        executor.dialect === "sqlite"
          ? `DROP TRIGGER "_plasma_tasks$update"`
          : "ALTER TABLE tasks DISABLE TRIGGER _plasma_update";
      await executor.run({ text: trigger, params: [] });
      await executor.run(sql`UPDATE tasks SET name = 'unseen'`);
      await expect(ensureSchema({ schema: before, executor: elsewhere() })).rejects.toThrow(
        'Triggers that log the changes of "tasks" are missing or disabled.',
      );
      const diff = await runMigrations({ schema: before, executor: elsewhere() });
      expect(diff.repairedTables).toEqual(["tasks"]);
      await ensureSchema({ schema: before, executor: elsewhere() });
      await client.pull();
      expect(client.rows.get("tasks/a")).toMatchObject({ name: "unseen" });
      await executor.run(sql`UPDATE tasks SET name = 'seen'`);
      await client.pull();
      expect(client.rows.get("tasks/a")).toMatchObject({ name: "seen" });
    });

    it("says so when what it has written down is damaged", async () => {
      await fill();
      await executor.run(sql`UPDATE _plasma_meta SET schema_json = '{'`);
      expect(await refusalsOf(before)).toEqual([
        "What plasma has written down about this database's schema (_plasma_meta.schema_json) is damaged. Restore that row from a backup.",
      ]);
    });
  });
}

/** Dies at the n-th moment of its life, and does nothing more. */
function dyingAt(executor: SqlExecutor, moment: number) {
  let left = moment;
  let isDead = false;
  const die = (): never => {
    isDead = true;
    throw new Error("killed");
  };
  const call = async <T>(work: () => Promise<T>): Promise<T> => {
    if (isDead || left-- === 0) die();
    const answer = await work();
    if (left-- === 0) die();
    return answer;
  };
  const dying: SqlExecutor = {
    ...executor,
    all: (statement) => call(() => executor.all(statement)),
    run: (statement) => call(() => executor.run(statement)),
    batch: async (statements: readonly Statement[]): Promise<SqlRow[][]> => {
      if (isDead) die();
      if (left < statements.length) {
        // The transaction is lost with whoever began it.
        await executor
          .batch([...statements.slice(0, left), sql`SELECT * FROM _plasma_killed`])
          .catch(() => undefined);
        die();
      }
      left -= statements.length;
      return call(() => executor.batch(statements));
    },
  };
  return { dying, died: () => isDead };
}
