/**
 * The layer that leaves nothing out: every small query over a small world. Two tables with a text and an int that may
 * be null; all conditions of one operator, all pairs of some of them under and/or/not; all windows and orders.
 */

import { alias, asc, desc, id, int, isNull, not, select, table, text } from "@sh1n4ps/plasma-core";
import type { CompareOp, Condition, Operand, QueryAst, SelectAst } from "@sh1n4ps/plasma-core";
import type { Cases } from "./generate-case.ts";
import * as q from "./shorthand.ts";
import type { World } from "./world.ts";

const COLUMNS = {
  a: { kind: "int", nullable: true },
  s: { kind: "text", nullable: true },
} as const;

const WORLD: World = {
  t: {
    columns: COLUMNS,
    rows: [
      { id: "1", a: 1, s: "a" },
      { id: "2", a: null, s: "B" },
      { id: "3", a: 2, s: null },
      { id: "4", a: 1, s: "" },
      { id: "5", a: null, s: null },
    ],
  },
  u: {
    columns: COLUMNS,
    rows: [
      { id: "1", a: 1, s: "a" },
      { id: "2", a: 2, s: "b" },
      { id: "6", a: null, s: "a" },
    ],
  },
  empty: { columns: COLUMNS, rows: [] },
};

export const OPERATORS: readonly CompareOp[] = ["eq", "ne", "gt", "gte", "lt", "lte"];

const a = q.col("t.a");
const s = q.col("t.s");

export function exhaustiveCases(): Cases {
  return {
    label: "exhaustive",
    world: WORLD,
    queries: [...filters(), ...windows(), ...pages(), ...joins(), ...groups(), ...subqueries()],
  };
}

function over(parts: Partial<SelectAst>): SelectAst {
  return q.select({ from: q.from("t"), ...parts });
}

function comparisons(left: Operand, rights: readonly Operand[]): Condition[] {
  return OPERATORS.flatMap((op) => rights.map((right) => q.cmp(op, left, right)));
}

function atoms(): Condition[] {
  return [
    ...comparisons(a, [q.val(1), q.val(null), q.val(1.5), q.val(1n), a]),
    ...comparisons(s, [q.val("a"), q.val(""), q.val(null), q.col("t.id")]),
    q.isNull(a),
    q.isNull(s),
    ...[[], [null], [1], [1, null], [3, null]].map((values) => q.within(a, values)),
    ...[[], [null], ["a"], ["a", null]].map((values) => q.within(s, values)),
    ...["", "%", "_", "a", "A", "%a%", "\\%"].flatMap((pattern) => [
      q.like(s, pattern),
      q.ilike(s, pattern),
    ]),
    q.always(true),
    q.always(false),
    ...[true, false].map((correlated) =>
      q.exists(
        q.select({
          from: q.from("u"),
          where: correlated ? q.cmp("eq", q.col("u.a"), a) : q.cmp("eq", q.col("u.a"), q.val(9)),
        }),
      ),
    ),
  ];
}

/** Each true, false or unknown for some row. */
function someAtoms(): Condition[] {
  return [
    q.cmp("eq", a, q.val(1)),
    q.cmp("ne", s, q.val("a")),
    q.isNull(a),
    q.within(a, [2, null]),
    q.not(q.within(s, ["a", null])),
    q.cmp("lt", a, q.val(null)),
    q.exists(q.select({ from: q.from("u"), where: q.cmp("eq", q.col("u.s"), s) })),
  ];
}

function filters(): QueryAst[] {
  const single = atoms();
  const pairs = someAtoms().flatMap((left) =>
    someAtoms().flatMap((right) => [q.and(left, right), q.or(left, right)]),
  );
  const conditions = [q.and(), q.or(), ...single, ...pairs];
  return conditions.flatMap((where) => [over({ where }), over({ where: q.not(where) })]);
}

function windows(): QueryAst[] {
  const orders = [
    [],
    ...[q.asc, q.desc].flatMap((one) => [
      [one(a)],
      [one(s)],
      ...[q.asc, q.desc].map((other) => [one(a), other(s)]),
    ]),
  ];
  const projections = [null, [q.field("s", s)], [q.field("A", a), q.field("a", s)]];
  return orders.flatMap((orderBy) =>
    projections.flatMap((projection) =>
      [null, 0, 2].flatMap((limit) =>
        [0, 1, 9].map((offset) => over({ orderBy, projection, limit, offset })),
      ),
    ),
  );
}

/** What comes after each of the rows, in each order of two columns, alone and with the rows of a left join. */
function pages(): QueryAst[] {
  const t = table("t", { id: id(), a: int().nullable(), s: text().nullable() });
  const other = alias(t, "other");
  const rows = WORLD["t"]!.rows as { id: string; a: number | null; s: string | null }[];
  const directions = [asc, desc].flatMap((one) => [asc, desc].map((two) => [one, two] as const));
  return directions.flatMap(([one, two]) => [
    ...rows.map((row) => select().from(t).orderBy(one(t.a), two(t.s)).after(row).limit(2).ast),
    ...rows.flatMap((row) =>
      [null, ...rows].map(
        (partner) =>
          select()
            .from(t)
            .leftJoin(other, not(isNull(other.a)))
            .orderBy(one(other.s), two(t.a))
            .after({ t: row, other: partner }).ast,
      ),
    ),
  ]);
}

function joins(): QueryAst[] {
  const queries: QueryAst[] = [];
  for (const kind of ["inner", "left"] as const) {
    for (const table of ["t", "u", "empty"]) {
      const on = [
        q.cmp("eq", a, q.col("x.a")),
        q.cmp("lt", s, q.col("x.s")),
        q.always(true),
        q.always(false),
        q.cmp("eq", a, q.val(null)),
        q.isNull(q.col("x.a")),
      ];
      const wheres = [null, q.isNull(q.col("x.id")), q.not(q.cmp("eq", q.col("x.a"), q.val(1)))];
      const projections = [null, [q.rowField("right", "x"), q.field("id", q.col("t.id"))]];
      for (const condition of on) {
        const joined = [q.join(kind, q.from(table, "x"), condition)];
        for (const where of wheres) {
          for (const projection of projections)
            queries.push(over({ joins: joined, where, projection }));
        }
      }
    }
  }
  return queries;
}

function groups(): QueryAst[] {
  const aggregates = [
    q.agg("count"),
    q.agg("count", a),
    q.agg("count", s, "distinct"),
    q.agg("sum", a),
    q.agg("avg", a),
    q.agg("min", s),
    q.agg("max", a),
  ];
  const queries: QueryAst[] = [];
  for (const aggregate of aggregates) {
    for (const groupBy of [[], [a], [a, s]]) {
      const keys = groupBy.map((column, at) => q.field(`key${at}`, column));
      const projection = [...keys, q.field("value", aggregate)];
      const havings = [null, q.isNull(aggregate), q.cmp("gt", q.agg("count"), q.val(1))];
      for (const having of havings) {
        for (const where of [null, q.always(false)]) {
          queries.push(over({ projection, groupBy, having, where }));
          queries.push(
            over({ projection, groupBy, having, where, orderBy: [q.desc(aggregate)], limit: 1 }),
          );
        }
      }
    }
  }
  return queries;
}

function subqueries(): QueryAst[] {
  const inner = [
    over({}),
    over({ orderBy: [q.desc(s)], limit: 2, offset: 1 }),
    over({ projection: [q.field("a", a), q.field("s", s)] }),
    over({ projection: [q.field("a", a), q.field("s", s)], distinct: true, limit: 3 }),
    over({ projection: [q.field("s", s), q.field("a", q.agg("sum", a))], groupBy: [s] }),
  ];
  const x = q.col("x.a");
  return inner.flatMap((query) => [
    q.select({ from: q.sub(query, "x") }),
    q.select({ from: q.sub(query, "x"), where: q.not(q.cmp("gt", x, q.val(1))), limit: 2 }),
    q.select({ from: q.sub(query, "x"), orderBy: [q.desc(q.col("x.s"))], offset: 1 }),
    q.select({ from: q.sub(query, "x"), projection: [q.field("n", q.agg("sum", x))] }),
    q.select({
      from: q.sub(query, "x"),
      joins: [q.join("left", q.from("u"), q.cmp("eq", x, q.col("u.a")))],
    }),
    q.select({
      from: q.from("u"),
      where: q.exists({ ...query, where: q.cmp("eq", a, q.col("u.a")) }),
    }),
  ]);
}
