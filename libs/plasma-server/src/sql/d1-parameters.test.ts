import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { withFewParameters } from "./d1-parameters.ts";
import type { SqlParam } from "./executor.ts";

function valuesThrough(params: readonly SqlParam[]): unknown[] {
  const text = `SELECT ${params.map((_, at) => `? AS "v${at}?"`).join(", ")}, '?' AS mark`;
  const statement = withFewParameters({ text, params });
  expect(statement.params.length).toBeLessThanOrEqual(100);
  const database = new Database(":memory:");
  const row = database.prepare(statement.text).get({ 1: statement.params[0] }) as Record<
    string,
    unknown
  >;
  database.close();
  expect(row["mark"]).toBe("?");
  return params.map((_, at) => row[`v${at}?`]);
}

describe("parameters on D1", () => {
  it("leaves a statement of up to 100 as it is", () => {
    const statement = { text: "SELECT ?", params: [1] };
    expect(withFewParameters(statement)).toBe(statement);
  });

  it("hands over each of many as it was, to the last bit", () => {
    const samples = [
      null,
      "",
      "it's",
      "\u{1f600}",
      '"',
      "1",
      0,
      -1,
      2 ** 53 - 1,
      0.1,
      -1 / 3,
      5e-324,
      1.7e308,
      1e23,
    ];
    const params = Array.from({ length: 150 }, (_, at) => samples[at % samples.length]!);
    expect(valuesThrough(params)).toEqual(params);
  });
});
