import type { QueryAst } from "@sh1n4ps/plasma-core";
import { describe, expect, it } from "vitest";
import { evaluatorEngine } from "./engine.ts";
import type { Engine } from "./engine.ts";
import { countFeatures } from "./features.ts";
import { randomCase, randomCases } from "./generate-case.ts";
import { pairwiseCases } from "./pairwise-cases.ts";
import { printDifference, printQuery } from "./print-case.ts";
import { createRandom } from "./random.ts";
import { runDifferential } from "./run.ts";
import * as q from "./shorthand.ts";

/** An engine with a mistake: it loses the first row of a query in which this text stands. */
function mistaken(trigger: string): Engine {
  const right = evaluatorEngine();
  return {
    name: "mistaken",
    load: (world) => right.load(world),
    async run(query) {
      const rows = await right.run(query);
      return printQuery(query).includes(trigger) ? rows.slice(1) : rows;
    },
  };
}

function run(engine: Engine, count: number) {
  return runDifferential({
    contestants: [evaluatorEngine(), engine].map((one) => ({ engine: one, every: 1 })),
    cases: randomCases(5),
    count,
    maxDifferences: 1,
  });
}

describe("a difference between engines", () => {
  it.each(["q.ilike(", '"left"', "q.agg(", "q.desc("])(
    "is found and made small: %s",
    async (trigger) => {
      const { differences } = await run(mistaken(trigger), 2_000);
      const [difference] = differences;
      const { world, query } = difference!;
      expect(printQuery(query)).toContain(trigger);
      expect(printQuery(query).length).toBeLessThan(250);
      const rows = Object.values(world).reduce((total, table) => total + table.rows.length, 0);
      expect(rows).toBeLessThanOrEqual(2);
    },
  );

  it("is printed as TypeScript that says all of it", async () => {
    const { differences } = await run(mistaken("q.ilike("), 2_000);
    const printed = printDifference(differences[0]!);
    expect(printed).toMatch(/^\/\/ seed 5, world \d+, query \d+\n/);
    expect(printed).toContain("//   mistaken: no rows");
    expect(printed).toContain("world: {");
    expect(printed).toMatch(/query: q\.(select|relational)\(/);
  });

  it("ends the run when there are enough of them", async () => {
    const { queries, differences } = await run(mistaken("q."), 5_000);
    expect(differences).toHaveLength(1);
    expect(queries).toBeLessThan(100);
  });
});

describe("chance", () => {
  it("is the same for the same seed, and another one for another", () => {
    expect(randomCase(7, 3)).toEqual(randomCase(7, 3));
    const queries = (seed: number, number: number) =>
      randomCase(seed, number).queries.map(printQuery);
    expect(queries(7, 3)).not.toEqual(queries(7, 4));
    expect(queries(7, 3)).not.toEqual(queries(8, 3));
  });

  it("is even", () => {
    const random = createRandom(1);
    const counts = Array.from({ length: 10 }, () => 0);
    for (let at = 0; at < 10_000; at++) counts[random.below(10)]!++;
    expect(Math.min(...counts)).toBeGreaterThan(850);
    expect(Math.max(...counts)).toBeLessThan(1_150);
  });

  it("tries every part of the language", async () => {
    const { features } = await runDifferential({
      contestants: [{ engine: evaluatorEngine(), every: 1 }],
      cases: randomCases(1),
      count: 5_000,
      maxDifferences: 1,
    });
    const rare = [
      ...[
        "inner join",
        "left join",
        "self join",
        "several joins",
        "subquery in from",
        "distinct",
        "group by",
      ],
      ...[
        "whole rows",
        "row in projection",
        "value in projection",
        "limit",
        "offset",
        "order asc",
        "order desc",
      ],
      ...[
        "order by several",
        "and",
        "or",
        "not and",
        "not exists",
        "exists in where",
        "exists in on",
        "is null",
      ],
      ...[
        "in",
        "in with null",
        "in nothing",
        "like",
        "ilike",
        "null value",
        "relational",
        "related, level 3",
      ],
      ...[
        "with one",
        "with many",
        "window of related rows",
        "count distinct in projection",
        "exists in having",
      ],
      ...["eq", "ne", "gt", "gte", "lt", "lte"].flatMap((op) => [
        `${op} in where`,
        `${op} in on`,
        `${op} in having`,
      ]),
      ...["count", "sum", "avg", "min", "max"].flatMap((fn) =>
        ["projection", "having", "order"].map((place) => `${fn} in ${place}`),
      ),
      ...[
        "rows",
        "no rows",
        "error invalid-query",
        "error type-mismatch",
        "error unknown-column",
        "error unknown-table",
      ],
    ].filter((feature) => (features.get(feature) ?? 0) < 10);
    expect(rare).toEqual([]);
  });

  it("is not needed for the pairs of operator and type, which are all there", () => {
    const counts = new Map<string, number>();
    const printed = new Set<string>();
    for (const query of pairwiseCases().queries as readonly QueryAst[]) {
      countFeatures(query, "rows", counts);
      printed.add(printQuery(query));
    }
    for (const type of ["text", "int", "bigint", "real", "boolean", "timestamp", "blob"]) {
      for (const column of [q.col(`t.${type}`), q.col(`t.${type}OrNull`)]) {
        for (const op of ["eq", "ne", "gt", "gte", "lt", "lte"] as const) {
          for (const where of [
            q.cmp(op, column, q.val(null)),
            q.cmp(op, column, q.col(`t.${type}Other`)),
          ]) {
            const query = q.select({
              from: q.from("t"),
              projection: [q.field("id", q.col("t.id"))],
              where,
            });
            expect(printed).toContain(printQuery(query));
          }
        }
      }
    }
    expect(counts.get("in with null")).toBeGreaterThan(50);
  });
});
