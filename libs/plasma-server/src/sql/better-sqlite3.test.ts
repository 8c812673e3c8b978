import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, describe, expect, it } from "vitest";
import { fromBetterSqlite3 } from "./better-sqlite3.ts";

const directories: string[] = [];
const file = () => {
  const directory = mkdtempSync(join(tmpdir(), "plasma-"));
  directories.push(directory);
  return join(directory, "test.db");
};
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});
const statement = (text: string, ...params: (string | number | null)[]) => ({ text, params });

describe("better-sqlite3 as an executor", () => {
  it("keeps commits through power loss, unless told otherwise", () => {
    const strict = new Database(file());
    fromBetterSqlite3(strict);
    expect(strict.pragma("synchronous", { simple: true })).toBe(2);
    expect(strict.pragma("journal_mode", { simple: true })).toBe("wal");
    expect(strict.pragma("foreign_keys", { simple: true })).toBe(1);
    strict.close();
    const fast = new Database(file());
    fromBetterSqlite3(fast, { synchronous: "NORMAL" });
    expect(fast.pragma("synchronous", { simple: true })).toBe(1);
    fast.close();
  });

  it("does all of a batch or nothing", async () => {
    const executor = fromBetterSqlite3(new Database(":memory:"));
    await executor.run(statement("CREATE TABLE t (a INTEGER CHECK (a < 3)) STRICT"));
    const batch = [1, 2, 3].map((value) => statement("INSERT INTO t VALUES (?)", value));
    await expect(executor.batch(batch)).rejects.toThrow("CHECK");
    expect(await executor.all(statement("SELECT * FROM t"))).toEqual([]);
    await executor.batch(batch.slice(0, 2));
    expect(
      await executor.batch([
        statement("SELECT a FROM t ORDER BY a"),
        statement("SELECT count(*) AS n FROM t"),
      ]),
    ).toEqual([[{ a: 1 }, { a: 2 }], [{ n: 2 }]]);
  });

  it("sees what earlier statements of a batch created", async () => {
    const executor = fromBetterSqlite3(new Database(":memory:"));
    const results = await executor.batch([
      statement("CREATE TABLE t (a INTEGER) STRICT"),
      statement("INSERT INTO t VALUES (1) RETURNING a"),
      statement("SELECT a FROM t"),
    ]);
    expect(results).toEqual([[], [{ a: 1 }], [{ a: 1 }]]);
  });

  it("reads one snapshot while another process writes", async () => {
    const path = file();
    const writer = fromBetterSqlite3(new Database(path));
    await writer.run(statement("CREATE TABLE t (a INTEGER) STRICT"));
    const reader = new Database(path);
    const executor = fromBetterSqlite3(reader);
    const second = new Database(path);
    let meddled = false;
    reader.function("meddle", () => {
      if (!meddled) second.exec("INSERT INTO t VALUES (1)");
      meddled = true;
      return 1;
    });
    const count = statement("SELECT count(*) AS n FROM t");
    const results = await executor.batch([count, statement("SELECT meddle() AS m"), count]);
    expect([results[0], results[2]]).toEqual([[{ n: 0 }], [{ n: 0 }]]);
    expect(await executor.all(count)).toEqual([{ n: 1 }]);
  });

  it("is usable after a commit that failed", async () => {
    const executor = fromBetterSqlite3(new Database(":memory:"));
    await executor.run(statement("CREATE TABLE p (id TEXT PRIMARY KEY) STRICT"));
    await executor.run(
      statement("CREATE TABLE c (p TEXT REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED) STRICT"),
    );
    await expect(executor.batch([statement("INSERT INTO c VALUES ('nowhere')")])).rejects.toThrow(
      "FOREIGN KEY",
    );
    expect(await executor.all(statement("SELECT count(*) AS n FROM c"))).toEqual([{ n: 0 }]);
    await executor.batch([
      statement("INSERT INTO c VALUES ('p')"),
      statement("INSERT INTO p VALUES ('p')"),
    ]);
  });

  it("counts changes, with RETURNING too", async () => {
    const executor = fromBetterSqlite3(new Database(":memory:"));
    await executor.run(statement("CREATE TABLE t (a INTEGER) STRICT"));
    expect(await executor.run(statement("INSERT INTO t VALUES (1), (2)"))).toEqual({ changes: 2 });
    expect(await executor.run(statement("DELETE FROM t RETURNING a"))).toEqual({ changes: 2 });
  });

  it("forgets old prepared statements instead of keeping all", async () => {
    const executor = fromBetterSqlite3(new Database(":memory:"));
    for (let at = 0; at < 1200; at++)
      expect(await executor.all(statement(`SELECT ${at} AS a`))).toEqual([{ a: at }]);
  });
});
