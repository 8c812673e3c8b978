import { PGlite } from "@electric-sql/pglite";
import * as orm from "drizzle-orm";
import { alias, getTableConfig, PgDialect } from "drizzle-orm/pg-core";
import { drizzle } from "drizzle-orm/pglite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeSchema } from "../schema/description.ts";
import { plainPostgresTables } from "../schema/postgres-tables.ts";
import type { SqlExecutor } from "../sql/executor.ts";
import { fromPglite } from "../sql/pglite.ts";
import { drizzleContract } from "./drizzle.contract.ts";
import type { DrizzleWorld } from "./drizzle.contract.ts";
import { toDrizzleRelations } from "./relations.ts";
import { rows, schema } from "./reporting-app.fixture.ts";
import { toDrizzle } from "./to-drizzle.ts";

const tables = toDrizzle(schema, "pg");
const names = Object.keys(tables) as (keyof typeof tables)[];

// One for all, because it is slow to start.
let database: PGlite;
let executor: SqlExecutor;
beforeAll(async () => {
  database = await PGlite.create();
  executor = fromPglite(database);
  await executor.batch(plainPostgresTables(describeSchema(schema).tables));
}, 60_000);
afterAll(() => database.close());

const empty = () => database.exec("TRUNCATE people, lists, todos, samples");

const open = () =>
  drizzle(database, { schema: { ...tables, ...toDrizzleRelations(schema, tables) } });

drizzleContract("PGlite", async () => {
  // The contract's queries are written with the types of SQLite's tables; at run time they are the same.
  const world = { tables, drizzle: open(), alias } as unknown as DrizzleWorld;
  return { ...world, executor, createTables: empty, close: async () => undefined };
});

describe("what Drizzle is told about the tables is what the DDL makes", () => {
  const ask = async (text: string, ...params: unknown[]) =>
    (await database.query<Record<string, unknown>>(text, params)).rows;

  it.each(names)("%s: columns and defaults", async (name) => {
    const render = (value: unknown) =>
      orm.is(value, orm.SQL) ? new PgDialect().sqlToQuery(value).sql.toLowerCase() : null;
    const described = getTableConfig(tables[name]).columns.map((column) => ({
      name: column.name,
      type: column.getSQLType(),
      nullable: column.notNull ? "NO" : "YES",
      default: render(column.default),
    }));
    const made = await ask(
      `SELECT column_name AS name, data_type AS type, is_nullable AS nullable,
        regexp_replace(column_default, '''(-?[0-9]+)''::(integer|bigint)|::(text|double precision)', '\\1') AS default
      FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1 ORDER BY ordinal_position`,
      name,
    );
    expect(described).toStrictEqual(made);
  });

  it.each(names)("%s: indexes", async (name) => {
    const described = getTableConfig(tables[name]).indexes.map(({ config }) => ({
      name: config.name,
      unique: config.unique,
      columns: config.columns.map((column) =>
        "indexConfig" in column && column.indexConfig?.nulls === "first"
          ? `${column.name ?? ""} nulls first`
          : (column as { name?: string }).name,
      ),
    }));
    const made = await ask(
      `SELECT index.relname AS name, indisunique AS unique, array(
          SELECT attname || CASE WHEN indoption[k - 1] & 2 = 2 THEN ' nulls first' ELSE '' END
          FROM generate_subscripts(indkey, 1) AS at(zero), LATERAL (SELECT zero + 1 AS k) AS one
          JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[k - 1] ORDER BY k
        ) AS columns
      FROM pg_index JOIN pg_class AS index ON index.oid = indexrelid
      WHERE indrelid = to_regclass($1) AND NOT indisprimary`,
      `"${name}"`,
    );
    const byName = (a: { name: unknown }, b: { name: unknown }) =>
      String(a.name) < String(b.name) ? -1 : 1;
    expect(described.toSorted(byName)).toStrictEqual((made as typeof described).toSorted(byName));
  });

  /** As pg_constraint calls them. */
  const actions = {
    "no action": "a",
    restrict: "r",
    cascade: "c",
    "set null": "n",
    "set default": "d",
  } as const;

  it.each(names)("%s: foreign keys", async (name) => {
    const described = getTableConfig(tables[name]).foreignKeys.map((key) => {
      const { columns, foreignColumns, foreignTable } = key.reference();
      return {
        name: key.getName(),
        from: columns[0]!.name,
        table: getTableConfig(foreignTable).name,
        to: foreignColumns[0]!.name,
        on_delete: actions[key.onDelete ?? "no action"],
        on_update: actions[key.onUpdate ?? "no action"],
      };
    });
    const made = await ask(
      `SELECT conname AS name, own.attname AS from, other.relname AS table, theirs.attname AS to,
        confdeltype AS on_delete, confupdtype AS on_update
      FROM pg_constraint JOIN pg_class AS other ON other.oid = confrelid
      JOIN pg_attribute AS own ON own.attrelid = conrelid AND own.attnum = conkey[1]
      JOIN pg_attribute AS theirs ON theirs.attrelid = confrelid AND theirs.attnum = confkey[1]
      WHERE contype = 'f' AND conrelid = to_regclass($1)`,
      `"${name}"`,
    );
    const byName = (a: { name: unknown }, b: { name: unknown }) =>
      String(a.name) < String(b.name) ? -1 : 1;
    expect(described.toSorted(byName)).toStrictEqual((made as typeof described).toSorted(byName));
  });

  it("a document that is text stays text", async () => {
    const db = open();
    await empty();
    const text = "123" as unknown as { tags: string[] };
    await db.insert(tables.samples).values({ id: "s", document: text, big: 2n ** 63n - 1n });
    const [found] = await db.select().from(tables.samples);
    expect(found).toMatchObject({ document: "123", big: 2n ** 63n - 1n });
    expect(rows.samples[0]!.big).toBe(found!.big);
  });
});
