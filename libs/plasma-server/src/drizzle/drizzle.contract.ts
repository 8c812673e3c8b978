/**
 * What holds for our schema as Drizzle tables on any database: rows go in through Drizzle, and each kind of query
 * gives the same through Drizzle as through ours.
 */

import {
  alias as aliasOf,
  and,
  asc,
  avg,
  colRef,
  count,
  countDistinct,
  desc,
  eq,
  exists,
  gt,
  gte,
  inArray,
  isNull,
  like,
  max,
  min,
  not,
  or,
  readDb,
  select,
  sum,
} from "@sh1n4ps/plasma-core";
import type { ReadDb } from "@sh1n4ps/plasma-core";
import * as orm from "drizzle-orm";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import type { alias } from "drizzle-orm/sqlite-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bindRules } from "../db/rules.ts";
import { openTransaction } from "../db/transaction.ts";
import type { SqlExecutor } from "../sql/executor.ts";
import { lists, people, rows, samples, schema, todos } from "./reporting-app.fixture.ts";
import type { DrizzleRelations } from "./relations.ts";
import type { SqliteTables } from "./table-types.ts";

export type DrizzleSchema = SqliteTables<typeof schema> & DrizzleRelations<typeof schema>;

export interface DrizzleWorld {
  readonly executor: SqlExecutor;
  readonly tables: SqliteTables<typeof schema>;
  /** Drizzle has one for each dialect. */
  readonly alias: typeof alias;
  /** Drizzle's databases differ in their types, not in what is asked of them here. */
  readonly drizzle: BetterSQLite3Database<DrizzleSchema>;
  createTables(): Promise<unknown>;
  close(): Promise<void>;
}

export function drizzleContract(engine: string, open: () => Promise<DrizzleWorld>): void {
  describe(`Drizzle on ${engine}`, () => {
    let world: DrizzleWorld;
    let ours: ReadDb<typeof schema>;

    beforeEach(async () => {
      world = await open();
      const { executor, drizzle, tables, createTables } = world;
      await createTables();
      await drizzle.insert(tables.people).values(rows.people);
      await drizzle.insert(tables.lists).values(rows.lists);
      await drizzle.insert(tables.todos).values(rows.todos);
      await drizzle.insert(tables.samples).values(rows.samples);
      const rules = bindRules(null, { default: "allow" });
      const transaction = openTransaction({ schema, executor, ctx: null, rules });
      ours = readDb(schema, transaction.unrestricted);
    });

    afterEach(() => world.close());

    it("gives whole rows of every kind of column as our rows, bit by bit", async () => {
      const { drizzle, tables } = world;
      const found = await drizzle.select().from(tables.samples).orderBy(tables.samples.id);
      expect(found).toStrictEqual(rows.samples);
      expect(await ours.select().from(samples)).toStrictEqual(rows.samples);
    });

    it("fills in the schema's defaults", async () => {
      const { drizzle, tables } = world;
      await drizzle.insert(tables.samples).values({ id: "s4" });
      const [theirs] = await drizzle
        .select()
        .from(tables.samples)
        .where(orm.eq(tables.samples.id, "s4"));
      expect(theirs).toStrictEqual({
        id: "s4",
        words: "it's",
        whole: null,
        big: -5n,
        fraction: 0.5,
        flag: true,
        moment: null,
        bytes: null,
        document: null,
      });
      expect(await ours.select().from(samples).where(eq(samples.id, "s4"))).toStrictEqual([theirs]);
    });

    it("updates and deletes", async () => {
      const { drizzle, tables } = world;
      const change = { big: 3n, flag: false, moment: new Date(5), bytes: new Uint8Array([9]) };
      await drizzle.update(tables.samples).set(change).where(orm.eq(tables.samples.id, "s1"));
      await drizzle.delete(tables.samples).where(orm.ne(tables.samples.id, "s1"));
      expect(await ours.select().from(samples)).toStrictEqual([{ ...rows.samples[0], ...change }]);
    });

    it("compares values of every kind as ours does", async () => {
      const { drizzle, tables } = world;
      const t = tables.samples;
      const pairs = [
        [orm.eq(t.big, 2n ** 63n - 1n), eq(samples.big, 2n ** 63n - 1n)],
        [orm.gt(t.big, 2n ** 53n), gt(samples.big, 2n ** 53n)],
        [
          orm.inArray(t.big, [-(2n ** 63n), 2n ** 53n + 1n]),
          inArray(samples.big, [-(2n ** 63n), 2n ** 53n + 1n]),
        ],
        [orm.eq(t.whole, 2 ** 53 - 1), eq(samples.whole, 2 ** 53 - 1)],
        [orm.eq(t.fraction, 0.1), eq(samples.fraction, 0.1)],
        [orm.eq(t.flag, true), eq(samples.flag, true)],
        [orm.gte(t.moment, new Date(-1)), gte(samples.moment, new Date(-1))],
        [
          orm.eq(t.bytes, new Uint8Array([0, 127, 255])),
          eq(samples.bytes, new Uint8Array([0, 127, 255])),
        ],
        [orm.isNull(t.document), isNull(samples.document)],
      ] as const;
      for (const [theirs, own] of pairs) {
        const expected = await ours.select({ id: samples.id }).from(samples).where(own);
        const found = await drizzle.select({ id: t.id }).from(t).where(theirs).orderBy(t.id);
        expect(found).toStrictEqual(expected);
        expect(found.length).toBeGreaterThan(0);
      }
    });

    it("where, order, limit and offset", async () => {
      const { drizzle, tables } = world;
      const t = tables.todos;
      expect(
        await drizzle
          .select()
          .from(t)
          .where(
            orm.and(
              orm.or(orm.eq(t.listId, "l1"), orm.like(t.title, "%5")),
              orm.not(orm.eq(t.id, "t3")),
            ),
          )
          .orderBy(orm.desc(t.position), t.id)
          .limit(2)
          .offset(1),
      ).toStrictEqual(
        await ours
          .select()
          .from(todos)
          .where(and(or(eq(todos.listId, "l1"), like(todos.title, "%5")), not(eq(todos.id, "t3"))))
          .orderBy(desc(todos.position))
          .limit(2)
          .offset(1),
      );
    });

    it("inner joins", async () => {
      const { drizzle, tables } = world;
      const { lists: l, todos: t } = tables;
      expect(
        await drizzle.select().from(l).innerJoin(t, orm.eq(t.listId, l.id)).orderBy(l.id, t.id),
      ).toStrictEqual(await ours.select().from(lists).innerJoin(todos, eq(todos.listId, lists.id)));
    });

    it("left joins, the missing side null", async () => {
      const { drizzle, tables } = world;
      const { lists: l, todos: t } = tables;
      const found = await drizzle
        .select({ list: l.name, todo: t })
        .from(l)
        .leftJoin(t, orm.eq(t.listId, l.id))
        .orderBy(l.id, t.id);
      expect(found).toStrictEqual(
        await ours
          .select({ list: lists.name, todo: todos })
          .from(lists)
          .leftJoin(todos, eq(todos.listId, lists.id)),
      );
      expect(found.at(-1)).toStrictEqual({ list: "Empty", todo: null });
    });

    it("self joins", async () => {
      const { drizzle, tables } = world;
      const parents = world.alias(tables.todos, "parents");
      const ourParents = aliasOf(todos, "parents");
      expect(
        await drizzle
          .select({ child: tables.todos.id, parent: parents.title })
          .from(tables.todos)
          .innerJoin(parents, orm.eq(parents.id, tables.todos.parentId)),
      ).toStrictEqual(
        await ours
          .select({ child: todos.id, parent: ourParents.title })
          .from(todos)
          .innerJoin(ourParents, eq(ourParents.id, todos.parentId)),
      );
    });

    it("groups with having", async () => {
      const { drizzle, tables } = world;
      const t = tables.todos;
      const found = await drizzle
        .select({ listId: t.listId, state: t.state, total: orm.count() })
        .from(t)
        .groupBy(t.listId, t.state)
        .having(orm.gte(orm.max(t.position), 3))
        .orderBy(t.listId, t.state);
      expect(found).toStrictEqual(
        await ours
          .select({ listId: todos.listId, state: todos.state, total: count() })
          .from(todos)
          .groupBy(todos.listId, todos.state)
          .having(gte(max(todos.position), 3))
          .orderBy(asc(todos.listId), asc(todos.state)),
      );
      expect(found).toHaveLength(3);
    });

    it("aggregates", async () => {
      const { drizzle, tables } = world;
      const t = tables.todos;
      const [theirs] = await drizzle
        .select({
          total: orm.count(),
          assigned: orm.count(t.assigneeId),
          lists: orm.countDistinct(t.listId),
          sum: orm.sum(t.position).mapWith(Number),
          avg: orm.avg(t.position).mapWith(Number),
          min: orm.min(t.position),
          max: orm.max(t.position),
        })
        .from(t);
      const [own] = await ours
        .select({
          total: count(),
          assigned: count(todos.assigneeId),
          lists: countDistinct(todos.listId),
          sum: sum(todos.position),
          avg: avg(todos.position),
          min: min(todos.position),
          max: max(todos.position),
        })
        .from(todos);
      expect(theirs).toStrictEqual(own);
    });

    it("subqueries in FROM", async () => {
      const { drizzle, tables } = world;
      const t = tables.todos;
      const totals = drizzle
        .select({ listId: t.listId, total: orm.count().as("total") })
        .from(t)
        .groupBy(t.listId)
        .as("totals");
      expect(
        await drizzle
          .select({ listId: totals.listId, total: totals.total })
          .from(totals)
          .where(orm.gt(totals.total, 2)),
      ).toStrictEqual(
        await ours
          .select({
            listId: colRef<string>("totals", "listId"),
            total: colRef<number>("totals", "total"),
          })
          .fromSubquery(
            ours.select({ listId: todos.listId, total: count() }).from(todos).groupBy(todos.listId),
            "totals",
          )
          .where(gt(colRef<number>("totals", "total"), 2)),
      );
    });

    it("exists", async () => {
      const { drizzle, tables } = world;
      const { lists: l, todos: t } = tables;
      const done = drizzle
        .select()
        .from(t)
        .where(orm.and(orm.eq(t.listId, l.id), orm.eq(t.state, "done")));
      expect(await drizzle.select().from(l).where(orm.exists(done)).orderBy(l.id)).toStrictEqual(
        await ours
          .select()
          .from(lists)
          .where(
            exists(
              select()
                .from(todos)
                .where(and(eq(todos.listId, lists.id), eq(todos.state, "done"))),
            ),
          ),
      );
    });

    it("relational queries, by the same names", async () => {
      const { drizzle } = world;
      const theirs = await drizzle.query.lists.findMany({
        orderBy: (list, { asc: ascending }) => ascending(list.id),
        with: {
          owner: true,
          todos: {
            orderBy: (todo, { asc: ascending }) => [ascending(todo.position), ascending(todo.id)],
            limit: 2,
            with: { creatorRow: true, assignee: true, parent: true },
          },
        },
      });
      const own = await ours.query.lists.findMany({
        with: {
          owner: true,
          todos: {
            orderBy: asc(todos.position),
            limit: 2,
            with: { creatorRow: true, assignee: true, parent: true },
          },
        },
      });
      expect(theirs).toStrictEqual(own);
    });

    it("relational queries over several refs between two tables, and into the own table", async () => {
      const { drizzle } = world;
      const theirs = await drizzle.query.people.findMany({
        orderBy: (person, { asc: ascending }) => ascending(person.id),
        with: {
          todosByAssignee: { with: { todos: true } },
          todosByCreatorRow: { with: { todos: true } },
        },
      });
      const own = await ours.query.people.findMany({
        with: {
          todosByAssignee: { with: { todos: true } },
          todosByCreatorRow: { with: { todos: true } },
        },
      });
      expect(theirs).toStrictEqual(own);
      expect(theirs[0]!.todosByCreatorRow[0]!.todos).toHaveLength(1);
    });

    it("findFirst gives a row or undefined", async () => {
      const { drizzle, tables } = world;
      const find = (person: string) =>
        drizzle.query.people.findFirst({ where: orm.eq(tables.people.id, person) });
      expect(await find("bob")).toStrictEqual(
        await ours.query.people.findFirst({ where: eq(people.id, "bob") }),
      );
      expect(await find("nobody")).toBe(undefined);
    });
  });
}
