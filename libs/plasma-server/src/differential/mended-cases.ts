/**
 * What random queries have found, made small: each was a difference between engines, and none may come back. New ones
 * are printed in this form.
 */

import type { QueryAst } from "@sh1n4ps/plasma-core";
import * as q from "./shorthand.ts";
import type { World } from "./world.ts";

export interface MendedCase {
  readonly name: string;
  readonly world: World;
  readonly query: QueryAst;
}

const int = { kind: "int", nullable: true } as const;
const bigint = { kind: "bigint", nullable: true } as const;
const text = { kind: "text", nullable: true } as const;
const MAX_SAFE = Number.MAX_SAFE_INTEGER;

export const mendedCases: readonly MendedCase[] = [
  {
    name: "outputs of a subquery that differ in case only are two",
    world: { v: { columns: { n: bigint }, rows: [{ id: "1", n: 3n }] } },
    query: q.select({
      from: q.sub(
        q.select({
          from: q.from("v"),
          projection: [q.field("a", q.col("v.n")), q.field("A", q.col("v.id"))],
        }),
        "s",
      ),
    }),
  },
  {
    name: "outputs of a subquery may have any name",
    world: { v: { columns: {}, rows: [{ id: "1" }] } },
    query: q.select({
      from: q.sub(
        q.select({
          from: q.from("v"),
          projection: [q.field('q"uote', q.col("v.id")), q.field("x".repeat(80), q.col("v.id"))],
        }),
        "s",
      ),
    }),
  },
  {
    name: "only tables can be joined",
    world: { v: { columns: { s: text }, rows: [{ id: "1", s: null }] } },
    query: q.select({
      from: q.from("v"),
      joins: [
        q.join(
          "left",
          q.sub(q.select({ from: q.from("v") }), "s"),
          q.cmp("eq", q.col("v.s"), q.col("s.id")),
        ),
      ],
    }),
  },
  {
    name: "a query that selects nothing is wrong",
    world: { v: { columns: {}, rows: [] } },
    query: q.select({ from: q.from("v"), projection: [] }),
  },
  {
    name: "a long pattern may be asked of an aggregate",
    world: { v: { columns: { s: text }, rows: [{ id: "1", s: "a".repeat(60) }] } },
    query: q.select({
      from: q.from("v"),
      projection: [q.field("most", q.agg("max", q.col("v.s")))],
      having: q.like(q.agg("max", q.col("v.s")), "a".repeat(59) + "_"),
    }),
  },
  {
    name: "an average of bigints needs no room for their sum",
    world: {
      v: {
        columns: { n: bigint },
        rows: [
          { id: "1", n: 2n ** 63n - 2n },
          { id: "2", n: 10n },
        ],
      },
    },
    query: q.select({
      from: q.from("v"),
      projection: [q.field("mean", q.agg("avg", q.col("v.n")))],
    }),
  },
  {
    name: "a sum that is too large orders groups, and is no error where it is not shown",
    world: {
      v: {
        columns: { n: int },
        rows: [
          { id: "1", n: MAX_SAFE },
          { id: "2", n: MAX_SAFE },
        ],
      },
    },
    query: q.select({
      from: q.sub(
        q.select({
          from: q.from("v"),
          projection: [q.field("count", q.agg("count"))],
          orderBy: [q.desc(q.agg("sum", q.col("v.n")))],
          limit: 1,
        }),
        "s",
      ),
    }),
  },
  {
    name: "the least bigint is a sum of its own",
    world: { v: { columns: { n: bigint }, rows: [{ id: "1", n: -(2n ** 63n) }] } },
    query: q.select({
      from: q.from("v"),
      projection: [q.field("sum", q.agg("sum", q.col("v.n")))],
    }),
  },
  {
    name: "U+FFFF is not like U+FFFD",
    world: { v: { columns: {}, rows: [{ id: "\uffff" }, { id: "\ufffd" }] } },
    query: q.select({ from: q.from("v"), where: q.like(q.col("v.id"), "%\ufffd") }),
  },
  {
    name: "exists() counts different rows before it skips any",
    world: {
      t: {
        columns: { n: { kind: "real" } },
        rows: [
          { id: "1", n: 7 },
          { id: "2", n: -0.5 },
        ],
      },
      v: { columns: {}, rows: [{ id: "1" }] },
    },
    query: q.select({
      from: q.from("v"),
      where: q.exists(
        q.select({
          from: q.from("t"),
          joins: [q.join("left", q.from("t", "x"), q.always(false))],
          projection: [q.field("n", q.col("x.n"))],
          distinct: true,
          offset: 1,
        }),
      ),
    }),
  },
  {
    name: "a list of nothing but null is unknown, whatever the type",
    world: {
      v: {
        columns: { b: { kind: "blob", nullable: true } },
        rows: [{ id: "1", b: Uint8Array.of(1) }],
      },
    },
    query: q.select({ from: q.from("v"), where: q.not(q.within(q.col("v.b"), [null])) }),
  },
  {
    name: "a sum of reals that are whole is not a sum of ints",
    world: {
      v: {
        columns: { r: { kind: "real" } },
        rows: [
          { id: "1", r: MAX_SAFE },
          { id: "2", r: 1 },
        ],
      },
    },
    query: q.select({
      from: q.from("v"),
      projection: [q.field("sum", q.agg("sum", q.col("v.r")))],
    }),
  },
  {
    name: "a subquery of having sees what the query groups by, and no other columns",
    world: {
      v: { columns: { n: int }, rows: [{ id: "1", n: 1 }] },
      w: { columns: { n: int }, rows: [] },
    },
    query: q.select({
      from: q.from("v"),
      projection: [q.field("count", q.agg("count"))],
      having: q.exists(
        q.select({ from: q.from("w"), where: q.cmp("eq", q.col("w.n"), q.col("v.n")) }),
      ),
    }),
  },
  {
    name: "an aggregate takes columns of its own query only",
    world: {
      v: { columns: { n: int }, rows: [{ id: "1", n: 1 }] },
      w: { columns: { n: int }, rows: [] },
    },
    query: q.select({
      from: q.from("v"),
      where: q.exists(
        q.select({ from: q.from("w"), projection: [q.field("most", q.agg("max", q.col("v.n")))] }),
      ),
    }),
  },
  {
    name: "documents of a subquery need something that tells their rows apart",
    world: {
      v: {
        columns: { doc: { kind: "json" } },
        rows: [
          { id: "1", doc: [1] },
          { id: "2", doc: [] },
        ],
      },
    },
    query: q.select({
      from: q.sub(
        q.select({ from: q.from("v"), projection: [q.field("doc", q.col("v.doc"))] }),
        "s",
      ),
      limit: 1,
    }),
  },
  {
    name: "a subquery in a condition may group by a column of the query around",
    world: {
      v: { columns: { n: int }, rows: [{ id: "v", n: 2 }] },
      u: { columns: { n: int }, rows: [{ id: "1", n: 1 }] },
    },
    query: q.select({
      from: q.from("v"),
      where: q.exists(
        q.select({
          from: q.from("u"),
          projection: [q.field("total", q.agg("sum", q.col("u.n")))],
          groupBy: [q.col("v.n")],
        }),
      ),
    }),
  },
  ...[[], [{ id: "1", n: 1 }]].map((rows) => ({
    name: `a subquery in a join's condition may group by a column of the query around (${rows.length} rows)`,
    world: {
      v: { columns: { n: int }, rows: [{ id: "v", n: 2 }] },
      u: { columns: { n: int }, rows },
    },
    query: q.select({
      from: q.from("v"),
      joins: [
        q.join(
          "inner",
          q.from("v", "other"),
          q.exists(
            q.select({
              from: q.from("u"),
              projection: [q.field("total", q.agg("sum", q.col("u.n")))],
              groupBy: [q.col("v.n")],
            }),
          ),
        ),
      ],
    }),
  })),
  {
    name: "groups of a subquery that is sorted descending come in their own order",
    world: {
      u: {
        columns: { n: int },
        rows: [
          { id: "1", n: null },
          { id: "2", n: 1 },
        ],
      },
    },
    query: q.select({
      from: q.sub(
        q.select({
          from: q.from("u"),
          projection: [q.field("n", q.col("u.n"))],
          orderBy: [q.desc(q.col("u.n"))],
          limit: 5,
        }),
        "s",
      ),
      projection: [q.field("mean", q.agg("avg", q.col("s.n")))],
      groupBy: [q.col("s.n")],
    }),
  },
];
