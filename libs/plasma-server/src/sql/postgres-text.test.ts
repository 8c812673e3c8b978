import { describe, expect, it } from "vitest";
import { isRead, withNumberedParameters } from "./postgres-text.ts";

describe("placeholders", () => {
  it.each([
    ["a = ? AND b = ?", "a = $1 AND b = $2"],
    [`'?' || '''?' || ?`, `'?' || '''?' || $1`],
    [`"wh?t""?" = ?`, `"wh?t""?" = $1`],
    [`E'\\'?' || ?`, `E'\\'?' || $1`],
    [`'\\' || ?`, `'\\' || $1`],
    [`-- ?\n?`, `-- ?\n$1`],
    [`/* ? */ ?`, `/* ? */ $1`],
    [`$$ ? $$ || ?`, `$$ ? $$ || $1`],
    [`$body$ ? $$ ? $body$ || ?`, `$body$ ? $$ ? $body$ || $1`],
  ])("%s", (text, numbered) => {
    const params = [...numbered.matchAll(/\$\d/g)].map(() => "x");
    expect(withNumberedParameters({ text, params })).toBe(numbered);
  });

  it("without parameters, ? is an operator", () => {
    expect(withNumberedParameters({ text: "doc ? 'a'", params: [] })).toBe("doc ? 'a'");
  });

  it.each([
    ["? ?", ["a"]],
    ["?", ["a", "b"]],
    ["'?'", ["a"]],
  ])("%s with %j is refused", (text, params) => {
    expect(() => withNumberedParameters({ text, params })).toThrow("one parameter for each");
  });
});

describe("a read", () => {
  it.each([
    "SELECT 1",
    "  (select 1) UNION ALL (select 2)",
    "WITH a AS (SELECT 1) SELECT * FROM a",
    `SELECT "update", 'delete' FROM "insert" -- merge into`,
    "VALUES (1)",
  ])("is %s", (text) => expect(isRead({ text, params: [] })).toBe(true));

  it.each([
    "INSERT INTO a VALUES (1)",
    "WITH a AS (DELETE FROM b RETURNING id) SELECT * FROM a",
    "SELECT * FROM a FOR UPDATE",
    "SELECT * FROM a FOR SHARE",
    "SELECT 1 INTO a",
    "CREATE TABLE a AS SELECT 1",
    "TRUNCATE a",
    "EXPLAIN ANALYZE SELECT 1",
  ])("is not %s", (text) => expect(isRead({ text, params: [] })).toBe(false));
});
