import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasPostgres, openPool } from "../testing/databases.ts";
import { executorContract } from "../testing/executor-contract.ts";
import { valuesContract } from "../testing/values-contract.ts";
import type { SqlExecutor } from "./executor.ts";
import { bind, sql } from "./fragment.ts";
import { fromPg } from "./pg.ts";
import { postgresDialect } from "./postgres-dialect.ts";
import { cellFromSql } from "./row-codec.ts";

// Where it is not installed, `pglite.test.ts` is what there is; the run says so when it starts.
describe.skipIf(!hasPostgres())("Postgres", () => {
  let pool: pg.Pool;
  let executor: SqlExecutor;
  beforeAll(async () => {
    pool = await openPool();
    executor = fromPg(pool);
  });
  afterAll(() => pool.end());

  describe("as an executor", () => executorContract(() => executor));
  describe("and values", () => valuesContract(() => executor));

  it("is of a version that has been told to sort text as people do", async () => {
    const rows = await executor.all(
      sql`SELECT 'a' < 'B' AS by_people, 'a' COLLATE "C" < 'B' AS by_us`,
    );
    expect(rows).toEqual([{ by_people: true, by_us: false }]);
  });

  describe("whatever the settings", () => {
    const TYPES = [16, 17, 20, 23, 25, 701, 3802];
    const read = sql`SELECT true AS t, decode('00ff5c61', 'hex') AS bytes, CAST(7 AS bigint) AS n, CAST('{"a":1}' AS jsonb) AS doc, CAST(0.1 AS double precision) AS x, CAST(12 AS numeric) AS m, DATE '2020-02-01' AS day`;
    const expected = {
      t: true,
      bytes: new Uint8Array([0, 255, 92, 97]),
      n: 7,
      doc: '{"a": 1}',
      x: 0.1,
      m: "12",
      day: "2020-02-01",
    };

    it("values do not depend on the type parsers of the process", async () => {
      const parsers = TYPES.map((type) => pg.types.getTypeParser(type));
      try {
        for (const type of TYPES) pg.types.setTypeParser(type, () => "spoiled");
        expect(await executor.all(read)).toEqual([expected]);
        const [rows] = await executor.batch([read, sql`SELECT 1`]);
        expect(rows).toEqual([expected]);
      } finally {
        TYPES.forEach((type, at) => pg.types.setTypeParser(type, parsers[at]!));
      }
    });

    it("values do not depend on how a role writes bytes, nor on its transactions", async () => {
      const own = await openPool();
      try {
        await own.query(
          "ALTER ROLE CURRENT_USER SET default_transaction_isolation = 'serializable'",
        );
        await own.query("ALTER ROLE CURRENT_USER SET default_transaction_read_only = on");
        await own.query("ALTER ROLE CURRENT_USER SET bytea_output = 'escape'");
        await own.query("ALTER ROLE CURRENT_USER SET extra_float_digits = -10");
        const other = fromPg(new pg.Pool({ ...own.options, max: 1 }));
        expect(await other.all(read)).toEqual([{ ...expected, x: expect.closeTo(0.1) as number }]);
        const numbers = sql`SELECT ${postgresDialect.read(sql`CAST(0.1 AS double precision) * 3`, "real")} AS x, ${postgresDialect.read(sql`CAST(9007199254740991 AS bigint)`, "int")} AS n`;
        const [row] = await other.all(numbers);
        expect(cellFromSql(row!["x"], "real")).toBe(0.1 * 3);
        expect(cellFromSql(row!["n"], "int")).toBe(Number.MAX_SAFE_INTEGER);
        const [mode] = await other.batch([
          sql`SELECT current_setting('transaction_isolation') AS isolation`,
          sql`CREATE TABLE allowed (id int)`,
        ]);
        expect(mode).toEqual([{ isolation: "read committed" }]);
      } finally {
        await own.query("BEGIN READ WRITE; ALTER ROLE CURRENT_USER RESET ALL; COMMIT");
        await own.end();
      }
    });
  });

  it("a batch of reads is one snapshot that cannot write, and a batch with a lock is not", async () => {
    const isolation = sql`SELECT current_setting('transaction_isolation') AS isolation, current_setting('transaction_read_only') AS read_only`;
    const [reading] = await executor.batch([isolation, isolation]);
    expect(reading).toEqual([{ isolation: "repeatable read", read_only: "on" }]);
    await executor.run(sql`CREATE TABLE "update" (id int, "delete" int)`);
    const [quoted] = await executor.batch([isolation, sql`SELECT "delete" FROM "update"`]);
    expect(quoted).toEqual(reading);
    const [locking] = await executor.batch([isolation, sql`SELECT id FROM "update" FOR UPDATE`]);
    expect(locking).toEqual([{ isolation: "read committed", read_only: "off" }]);
  });

  it("a writing batch sees what was committed while it waited for its first lock", async () => {
    await executor.run(sql`CREATE TABLE waited (n int)`);
    const lock = sql`SELECT CAST(pg_advisory_xact_lock(7) AS text) AS locked`;
    const append = sql`INSERT INTO waited SELECT count(*) FROM waited`;
    await Promise.all(Array.from({ length: 24 }, () => executor.batch([lock, append])));
    const rows = await executor.all(sql`SELECT n FROM waited ORDER BY n`);
    expect(rows.map((row) => row["n"])).toEqual(Array.from({ length: 24 }, (_, at) => at));
  });

  it("a connection that was lost in a batch is not used again, and the next batch gets another", async () => {
    const own = new pg.Pool({ ...pool.options, max: 1 });
    own.on("error", () => {});
    const lonely = fromPg(own);
    const lost = lonely.batch([
      sql`SELECT pg_terminate_backend(pg_backend_pid()) AS gone`,
      sql`CREATE TABLE never (id int)`,
    ]);
    await expect(lost).rejects.toMatchObject({ code: "57P01" });
    const rows = await lonely.all(sql`SELECT to_regclass('never') AS found`);
    expect(rows).toEqual([{ found: null }]);
    await own.end();
  });

  it("a constraint that is checked at the end fails the batch, with its SQLSTATE", async () => {
    await executor.batch([
      sql`CREATE TABLE parents (id int PRIMARY KEY)`,
      sql`CREATE TABLE children (id int PRIMARY KEY REFERENCES parents DEFERRABLE INITIALLY DEFERRED)`,
    ]);
    const orphan = sql`INSERT INTO children VALUES (${bind(1)})`;
    await expect(executor.batch([orphan, sql`SELECT 1`])).rejects.toMatchObject({ code: "23503" });
    await executor.batch([orphan, sql`INSERT INTO parents VALUES (1)`]);
    expect(await executor.all(sql`SELECT id FROM children`)).toEqual([{ id: 1 }]);
  });
});
