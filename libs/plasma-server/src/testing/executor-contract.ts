/** What every executor has to do, whatever its database. */

import { expect, it } from "vitest";
import type { SqlExecutor, SqlParam, Statement } from "../sql/executor.ts";
import { bind, sql } from "../sql/fragment.ts";

export function executorContract(executor: () => SqlExecutor): void {
  const all = (statement: Statement) => executor().all(statement);
  const numbers = async () =>
    (await all(sql`SELECT n FROM counters ORDER BY id`)).map((row) => row["n"]);
  const setUp = async () => {
    await all(sql`DROP TABLE IF EXISTS counters`);
    await all(
      sql`CREATE TABLE counters (id bigint PRIMARY KEY, n bigint, real_value double precision, text_value text)`,
    );
    await all(sql`INSERT INTO counters (id, n) VALUES (1, 50), (2, 50)`);
  };

  it("a batch does all of its statements, and gives the rows of each", async () => {
    await setUp();
    const results = await executor().batch([
      sql`SELECT n FROM counters WHERE id = 1`,
      sql`INSERT INTO counters (id, n) VALUES (3, 7)`,
      sql`UPDATE counters SET n = n + 1 WHERE id > 1 RETURNING id, n`,
      sql`SELECT n FROM counters ORDER BY id`,
    ]);
    expect(results[0]).toEqual([{ n: 50 }]);
    expect(results[1]).toEqual([]);
    expect(results[2]!.toSorted((a, b) => Number(a["id"]) - Number(b["id"]))).toEqual([
      { id: 2, n: 51 },
      { id: 3, n: 8 },
    ]);
    expect(results[3]).toEqual([{ n: 50 }, { n: 51 }, { n: 8 }]);
  });

  it("a batch of nothing is nothing", async () => {
    expect(await executor().batch([])).toEqual([]);
  });

  it("a batch that fails leaves nothing behind, whichever statement it was", async () => {
    await setUp();
    const failing = sql`INSERT INTO counters (id, n) VALUES (2, 0)`;
    const writes = [
      sql`UPDATE counters SET n = 0`,
      sql`INSERT INTO counters (id, n) VALUES (9, 9)`,
      sql`DELETE FROM counters WHERE id = 1`,
    ];
    for (let at = 0; at <= writes.length; at++) {
      await expect(executor().batch(writes.toSpliced(at, 0, failing))).rejects.toThrow();
      expect(await numbers()).toEqual([50, 50]);
    }
  });

  it("a failed statement or batch does no harm to the next", async () => {
    await setUp();
    await expect(all(sql`SELECT 1 AS one FROM nowhere`)).rejects.toThrow(/nowhere/);
    await expect(executor().batch([sql`SELECT 1 AS one`, sql`SELEC`])).rejects.toThrow(/syntax/);
    await expect(executor().run(sql`INSERT INTO counters (id) VALUES (1)`)).rejects.toThrow(
      /unique/i,
    );
    for (let time = 0; time < 20; time++) {
      await expect(executor().batch([sql`SELECT 1 AS one`, sql`SELEC`])).rejects.toThrow();
    }
    await executor().batch([sql`UPDATE counters SET n = 1`, sql`UPDATE counters SET n = n + 1`]);
    expect(await numbers()).toEqual([2, 2]);
  });

  it("an error of the database is an Error that names what it was about", async () => {
    await setUp();
    const insert = executor().run(sql`INSERT INTO counters (id) VALUES (1)`);
    await expect(insert).rejects.toBeInstanceOf(Error);
    if (executor().dialect === "postgres") {
      await expect(insert).rejects.toMatchObject({ code: "23505" });
      const division = executor().batch([sql`SELECT 1`, sql`SELECT 1 / 0`]);
      await expect(division).rejects.toMatchObject({ code: "22012" });
    }
  });

  it("batches at the same time do not lose each other's writes", async () => {
    await setUp();
    await Promise.all(
      Array.from({ length: 40 }, () =>
        executor().batch([
          sql`UPDATE counters SET n = n - 1 WHERE id = 1`,
          sql`UPDATE counters SET n = n + 1 WHERE id = 2`,
        ]),
      ),
    );
    expect(await numbers()).toEqual([10, 90]);
  });

  it("the reads of a batch see one snapshot, whatever is written meanwhile", async () => {
    await setUp();
    const read = [1, 2, 1, 2].map((id) => sql`SELECT n FROM counters WHERE id = ${bind(id)}`);
    const tasks = Array.from({ length: 120 }, async (_, at): Promise<void> => {
      if (at % 2 === 0) {
        await executor().batch([
          sql`UPDATE counters SET n = n - 1 WHERE id = 1`,
          sql`UPDATE counters SET n = n + 1 WHERE id = 2`,
        ]);
        return;
      }
      const [one, two, oneAgain, twoAgain] = (await executor().batch(read)).map(([row]) =>
        Number(row!["n"]),
      );
      expect(one! + two!).toBe(100);
      expect([oneAgain, twoAgain]).toEqual([one, two]);
    });
    await Promise.all(tasks);
  });

  it("a batch that writes reads what it wrote", async () => {
    await setUp();
    const [, rows] = await executor().batch([
      sql`WITH changed AS (SELECT 3 AS n) UPDATE counters SET n = (SELECT n FROM changed) WHERE id = 1`,
      sql`SELECT n FROM counters ORDER BY id`,
    ]);
    expect(rows).toEqual([{ n: 3 }, { n: 50 }]);
  });

  it("run() tells how many rows were written", async () => {
    await setUp();
    const changes = async (statement: Statement) => (await executor().run(statement)).changes;
    expect(await changes(sql`INSERT INTO counters (id, n) VALUES (3, 1), (4, 1), (5, NULL)`)).toBe(
      3,
    );
    expect(await changes(sql`UPDATE counters SET n = 2 WHERE n = 1`)).toBe(2);
    expect(await changes(sql`UPDATE counters SET n = 2 WHERE n = 1`)).toBe(0);
    expect(await changes(sql`DELETE FROM counters`)).toBe(5);
  });

  it.each<[string, SqlParam]>([
    ["no text", ""],
    ["quotes", `it's "quoted"`],
    ["placeholders", "? $1 :a @b"],
    ["backslashes", "\\x41 \\\\"],
    ["beyond the first plane", "😀 é ﷽ \u{10ffff}"],
    ["lines", "a\r\nb\tc"],
    ["what looks like a number", "0012.50"],
    ["what looks like nothing", "null"],
    ["long text", "é".repeat(200_000)],
    ["null", null],
  ])("text parameters arrive as they are: %s", async (_what, value) => {
    await setUp();
    await executor().run(sql`UPDATE counters SET text_value = ${bind(value)} WHERE id = 1`);
    const rows = await all(sql`SELECT text_value FROM counters WHERE id = 1`);
    expect(rows).toEqual([{ text_value: value }]);
  });

  it.each([0, 1, -1, 2 ** 31, -(2 ** 31) - 1, 2 ** 53 - 1, -(2 ** 53) + 1])(
    "whole numbers arrive in a typed column as they are: %d",
    async (value) => {
      await setUp();
      await executor().run(sql`UPDATE counters SET n = ${bind(value)} WHERE id = 1`);
      const rows = await all(sql`SELECT n FROM counters WHERE n = ${bind(value)} AND id = 1`);
      expect(rows).toEqual([{ n: value }]);
    },
  );

  it.each([0.1, -0.5, 1 / 3, 5e-324, 2 ** -1022, 1.7976931348623157e308, 12345.6789, 1e21])(
    "doubles arrive in a typed column as they are: %d",
    async (value) => {
      await setUp();
      await executor().run(sql`UPDATE counters SET real_value = ${bind(value)} WHERE id = 1`);
      const rows = await all(sql`SELECT real_value FROM counters WHERE id = 1`);
      expect(rows).toEqual([{ real_value: value }]);
    },
  );

  it("only a ? outside of strings, names and comments is a placeholder", async () => {
    const rows = await all(
      sql`SELECT 'why?' || '''?' AS "what?", CAST(${bind("yes")} AS text) AS b -- really?
        /* or
           not? */, CAST(${bind("no")} AS text) AS c`,
    );
    expect(rows).toEqual([{ "what?": "why?'?", b: "yes", c: "no" }]);
  });

  it("a statement with too few or too many parameters fails", async () => {
    await expect(all({ text: "SELECT CAST(? AS text)", params: [] })).rejects.toThrow();
    await expect(all({ text: "SELECT CAST(? AS text)", params: ["a", "b"] })).rejects.toThrow();
  });

  it("a transaction, where there is one, commits what its work did, or nothing", async () => {
    await setUp();
    const { transaction } = executor();
    if (!transaction) return;
    const result = await transaction(async (session) => {
      await session.run(sql`UPDATE counters SET n = 1 WHERE id = 1`);
      const [row] = await session.all(sql`SELECT n FROM counters WHERE id = 1`);
      return row!["n"];
    });
    expect(result).toBe(1);
    const failing = transaction(async (session) => {
      await session.run(sql`UPDATE counters SET n = 2`);
      throw new Error("changed my mind");
    });
    await expect(failing).rejects.toThrow("changed my mind");
    expect(await numbers()).toEqual([1, 50]);
  });
}
