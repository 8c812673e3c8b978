import Database from "better-sqlite3";
import * as orm from "drizzle-orm";
import { drizzle } from "drizzle-orm/better-sqlite3";
import { alias, getTableConfig, SQLiteSyncDialect } from "drizzle-orm/sqlite-core";
import { describe, expect, it } from "vitest";
import { bigint, blob, defineSchema, id, ref, table } from "@sh1n4ps/plasma-core";
import { schema as worldSchema } from "../contract/app.ts";
import { createWorld } from "../contract/world.ts";
import { ensureSchema } from "../schema/ensure-schema.ts";
import { fromBetterSqlite3 } from "../sql/better-sqlite3.ts";
import { drizzleContract } from "./drizzle.contract.ts";
import { toDrizzleRelations } from "./relations.ts";
import { rows, schema } from "./reporting-app.fixture.ts";
import { toDrizzle } from "./to-drizzle.ts";

const tables = toDrizzle(schema, "sqlite");

function open() {
  const database = new Database(":memory:");
  const executor = fromBetterSqlite3(database);
  const all = { ...tables, ...toDrizzleRelations(schema, tables) };
  const db = drizzle(database, { schema: all });
  return { database, executor, db };
}

drizzleContract("better-sqlite3", async () => {
  const { database, executor, db } = open();
  return {
    executor,
    tables,
    drizzle: db,
    alias,
    createTables: () => ensureSchema({ schema, executor }),
    close: async () => void database.close(),
  };
});

describe("what Drizzle is told about the tables is what ensureSchema makes", () => {
  const world = async () => {
    const { database, executor } = open();
    await ensureSchema({ schema, executor });
    const ask = (pragma: string) => database.pragma(pragma) as Record<string, unknown>[];
    return { database, ask };
  };

  it.each(Object.keys(tables) as (keyof typeof tables)[])("%s: columns", async (name) => {
    const { ask } = await world();
    const described = getTableConfig(tables[name]).columns.map((column) => ({
      name: column.name,
      type: column.getSQLType(),
      notnull: column.notNull ? 1 : 0,
      pk: column.primary ? 1 : 0,
    }));
    const made = ask(`table_info(${name})`).map(({ name, type, notnull, pk }) => ({
      name,
      type: String(type).toLowerCase(),
      notnull,
      pk,
    }));
    expect(described).toStrictEqual(made);
  });

  it.each(Object.keys(tables) as (keyof typeof tables)[])("%s: indexes", async (name) => {
    const { ask } = await world();
    const described = getTableConfig(tables[name]).indexes.map(({ config }) => ({
      name: config.name,
      unique: config.unique ? 1 : 0,
      columns: config.columns.map((column) => (orm.is(column, orm.Column) ? column.name : "?")),
    }));
    const made = ask(`index_list(${name})`)
      .filter(({ origin }) => origin === "c")
      .map((index) => ({
        name: index["name"],
        unique: index["unique"],
        columns: ask(`index_info('${String(index["name"])}')`).map((part) => part["name"]),
      }));
    const byName = (a: { name: unknown }, b: { name: unknown }) =>
      String(a.name) < String(b.name) ? -1 : 1;
    expect(described.toSorted(byName)).toStrictEqual(made.toSorted(byName));
  });

  it.each(Object.keys(tables) as (keyof typeof tables)[])("%s: foreign keys", async (name) => {
    const { ask } = await world();
    const described = getTableConfig(tables[name]).foreignKeys.map((key) => {
      const { columns, foreignColumns, foreignTable } = key.reference();
      return {
        from: columns[0]!.name,
        table: getTableConfig(foreignTable).name,
        to: foreignColumns[0]!.name,
        on_delete: (key.onDelete ?? "no action").toUpperCase(),
        on_update: (key.onUpdate ?? "no action").toUpperCase(),
      };
    });
    const made = ask(`foreign_key_list(${name})`).map(
      ({ from, table, to, on_delete, on_update }) => ({ from, table, to, on_delete, on_update }),
    );
    const byColumn = (a: { from: unknown }, b: { from: unknown }) =>
      String(a.from) < String(b.from) ? -1 : 1;
    expect(described.toSorted(byColumn)).toStrictEqual(made.toSorted(byColumn));
  });

  it("samples: defaults", async () => {
    const { ask } = await world();
    const render = (value: unknown) => {
      if (orm.is(value, orm.SQL)) return new SQLiteSyncDialect().sqlToQuery(value).sql;
      if (typeof value === "string") return `'${value.replaceAll("'", "''")}'`;
      return value === undefined ? null : String(Number(value));
    };
    expect(
      getTableConfig(tables.samples).columns.map(({ default: value }) => render(value)),
    ).toStrictEqual(ask("table_info(samples)").map(({ dflt_value }) => dflt_value));
  });
});

describe("bigint on better-sqlite3", () => {
  const world = async () => {
    const { executor, db, database } = open();
    await ensureSchema({ schema, executor });
    db.insert(tables.samples).values(rows.samples).run();
    return { db, database };
  };
  const t = tables.samples;

  it("is exact though the driver gives doubles", async () => {
    const { db, database } = await world();
    expect(database.prepare("SELECT big FROM samples WHERE id = 's3'").get()).toStrictEqual({
      big: 2 ** 53,
    });
    expect(db.select({ big: t.big }).from(t).where(orm.eq(t.id, "s3")).get()).toStrictEqual({
      big: 2n ** 53n + 1n,
    });
    expect(
      db
        .insert(t)
        .values({ id: "s9", big: 2n ** 60n + 1n })
        .returning()
        .get().big,
    ).toBe(2n ** 60n + 1n);
  });

  it("is ordered by its value, not as text", async () => {
    const { db } = await world();
    db.insert(t).values({ id: "s4", big: 10n }).run();
    db.insert(t).values({ id: "s5", big: 9n }).run();
    const sorted = db.select({ big: t.big }).from(t).orderBy(t.big).all();
    expect(sorted.map(({ big }) => big)).toStrictEqual([
      -(2n ** 63n),
      9n,
      10n,
      2n ** 53n + 1n,
      2n ** 63n - 1n,
    ]);
  });

  it("is an error rather than a wrong number where Drizzle does not select the column itself", async () => {
    const { db } = await world();
    expect(() =>
      db
        .select({ top: orm.max(t.big) })
        .from(t)
        .get(),
    ).toThrow(/"big" arrived as the number 9223372036854776000, whose last digits are lost/);
    const exact = orm.sql<string>`cast(${orm.max(t.big)} as text)`.mapWith(BigInt);
    expect(db.select({ top: exact }).from(t).get()).toStrictEqual({ top: 2n ** 63n - 1n });
  });

  it("needs a name of its own in a subquery", async () => {
    const { db } = await world();
    const big = orm.sql`${t.big}`.mapWith(t.big).as("big");
    const inner = db.select({ id: t.id, big }).from(t).as("inner");
    const exact = orm.sql`cast(${inner.big} as text)`.mapWith(BigInt);
    expect(
      db
        .select({ big: exact })
        .from(inner)
        .where(orm.gt(inner.big, 2n ** 53n))
        .all(),
    ).toStrictEqual([{ big: 2n ** 63n - 1n }, { big: 2n ** 53n + 1n }]);
  });
});

describe("rows nested by relational queries go through JSON", () => {
  const albums = table("albums", { id: id() });
  const photos = table("photos", {
    id: id(),
    albumId: ref(() => albums.id),
    size: bigint(),
    thumbnail: blob().nullable(),
  });
  const gallery = defineSchema({ albums, photos });
  const world = async (size: bigint) => {
    const database = new Database(":memory:");
    await ensureSchema({ schema: gallery, executor: fromBetterSqlite3(database) });
    const t = toDrizzle(gallery, "sqlite");
    const db = drizzle(database, { schema: { ...t, ...toDrizzleRelations(gallery, t) } });
    db.insert(t.albums).values({ id: "a" }).run();
    const thumbnail = new Uint8Array([1]);
    db.insert(t.photos).values({ id: "p", albumId: "a", size, thumbnail }).run();
    return db;
  };

  it("which has no bytes: leave them out", async () => {
    const db = await world(5n);
    expect(() => db.query.albums.findMany({ with: { photos: true } }).sync()).toThrow(
      /did not arrive as bytes/,
    );
    const without = db.query.albums.findMany({
      with: { photos: { columns: { thumbnail: false } } },
    });
    expect(without.sync()).toStrictEqual([
      { id: "a", photos: [{ id: "p", albumId: "a", size: 5n }] },
    ]);
  });

  it("where bigints are exact up to 2^53, and an error beyond", async () => {
    const db = await world(2n ** 53n + 1n);
    const sizes = { with: { photos: { columns: { size: true } } } } as const;
    expect(() => db.query.albums.findMany(sizes).sync()).toThrow(/last digits are lost/);
    expect(db.query.photos.findFirst({ columns: { size: true } }).sync()).toStrictEqual({
      size: 2n ** 53n + 1n,
    });
  });
});

describe("writes through Drizzle", () => {
  it("reach the clients: the triggers log them", async () => {
    const database = new Database(":memory:");
    const world = createWorld(fromBetterSqlite3(database));
    const ada = world.client("ada");
    await ada.pull();
    const { things } = toDrizzle(worldSchema, "sqlite");
    const db = drizzle(database);

    db.insert(things)
      .values({ id: "x", big: 2n ** 62n, moment: new Date(5), flag: true })
      .run();
    expect(await ada.pull()).toMatchObject([
      { op: "put", table: "things", row: { id: "x", flag: true } },
    ]);
    db.update(things).set({ label: "new" }).where(orm.eq(things.id, "x")).run();
    expect(await ada.pull()).toMatchObject([
      { op: "put", table: "things", row: { id: "x", label: "new" } },
    ]);
    db.delete(things).where(orm.eq(things.id, "x")).run();
    expect(await ada.pull()).toStrictEqual([{ op: "del", table: "things", id: "x" }]);
  });

  it("of a transaction that is rolled back reach nobody", async () => {
    const database = new Database(":memory:");
    const world = createWorld(fromBetterSqlite3(database));
    const ada = world.client("ada");
    await ada.pull();
    const { things } = toDrizzle(worldSchema, "sqlite");
    const db = drizzle(database);
    expect(() =>
      db.transaction((tx) => {
        tx.insert(things).values({ id: "x" }).run();
        tx.rollback();
      }),
    ).toThrow();
    expect(await ada.pull()).toStrictEqual([]);
  });

  it("are held to the references, at the end of the transaction", async () => {
    const { executor, db } = open();
    await ensureSchema({ schema, executor });
    const { people, lists } = tables;
    db.transaction((tx) => {
      tx.insert(lists).values({ id: "l", name: "L", ownerId: "later" }).run();
      tx.insert(people).values({ id: "later", name: "Later", email: "l@example.org" }).run();
    });
    expect(() => db.delete(people).where(orm.eq(people.id, "later")).run()).toThrow(/FOREIGN KEY/);
  });
});

it("names the table to rename when the relations of one would hide another", () => {
  const both = defineSchema({
    notes: table("notes", { id: id() }),
    notesRelations: table("notesRelations", { id: id() }),
  });
  expect(() => toDrizzleRelations(both, toDrizzle(both, "sqlite"))).toThrow(
    /"notesRelations", which is a table of this schema. Rename that table/,
  );
});
