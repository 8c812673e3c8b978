import { describe, expect, it } from "vitest";
import { readSqlitePlan } from "./sqlite-plan.ts";

const read = (...details: string[]) => readSqlitePlan(details.map((detail) => ({ detail })));

describe("SQLite's words", () => {
  it.each([
    ["SCAN t0", { relation: "t0", access: "scan" }],
    ["SCAN t0 USING INDEX a$b", { relation: "t0", access: "index-scan", index: "a$b" }],
    ["SCAN t0 USING COVERING INDEX a$b", { relation: "t0", access: "index-scan", index: "a$b" }],
    ["SEARCH t0 USING INDEX a$b (b=? AND c>?)", { relation: "t0", access: "index", index: "a$b" }],
    [
      "SEARCH t0 USING COVERING INDEX a$b (b=?) LEFT-JOIN",
      { relation: "t0", access: "index", index: "a$b" },
    ],
    [
      "SEARCH t0 EXISTS USING COVERING INDEX a$b (b=?)",
      { relation: "t0", access: "index", index: "a$b" },
    ],
    [
      "SEARCH t0 USING INDEX sqlite_autoindex_a_1 (id=?)",
      { relation: "t0", access: "primary-key", index: "sqlite_autoindex_a_1" },
    ],
    ["SEARCH t0 USING INTEGER PRIMARY KEY (rowid=?)", { relation: "t0", access: "primary-key" }],
    ["SEARCH t0 USING PRIMARY KEY (id=?)", { relation: "t0", access: "primary-key" }],
    [
      "SEARCH t0 USING AUTOMATIC COVERING INDEX (b=?)",
      { relation: "t0", access: "temporary-index" },
    ],
    [
      "SEARCH t0 EXISTS USING AUTOMATIC PARTIAL COVERING INDEX (b=?)",
      { relation: "t0", access: "temporary-index" },
    ],
    ["SEARCH t0", { relation: "t0", access: "scan" }],
  ])("%s", (detail, step) => {
    expect(read(detail).steps).toStrictEqual([step]);
  });

  it.each([
    "MULTI-INDEX OR",
    "INDEX 1",
    "LIST SUBQUERY 1",
    "CORRELATED SCALAR SUBQUERY 2",
    "CO-ROUTINE q",
    "BLOOM FILTER ON t1 (b=?)",
    "CREATE BLOOM FILTER",
    "COMPOUND QUERY",
    "UNION ALL",
    "USE TEMP B-TREE FOR GROUP BY",
  ])("%s finds no rows", (detail) => {
    expect(read(detail).steps).toStrictEqual([]);
  });

  it.each([
    [[], "none"],
    [["SCAN t0"], "none"],
    [["USE TEMP B-TREE FOR LAST TERM OF ORDER BY"], "partial"],
    [["USE TEMP B-TREE FOR LAST 2 TERMS OF ORDER BY"], "partial"],
    [["USE TEMP B-TREE FOR ORDER BY"], "full"],
    [["USE TEMP B-TREE FOR GROUP BY", "USE TEMP B-TREE FOR LAST TERM OF ORDER BY"], "full"],
    [["USE TEMP B-TREE FOR DISTINCT"], "full"],
  ])("%j sorts: %s", (details, sort) => {
    expect(read(...details).sort).toBe(sort);
  });
});
