/**
 * The layer of pairs: every operator with every type it takes, with and without nulls on either side, and every pair
 * of types that does not fit together.
 */

import { canCompare } from "@sh1n4ps/plasma-core";
import type {
  ColumnKind,
  Condition,
  QueryAst,
  Row,
  SelectAst,
  Value,
  ValueType,
} from "@sh1n4ps/plasma-core";
import { OPERATORS } from "./exhaustive-cases.ts";
import type { Cases } from "./generate-case.ts";
import * as q from "./shorthand.ts";
import { DOCUMENTS, EXTREME_REALS, valuesOf } from "./values.ts";
import type { ColumnSpec, World } from "./world.ts";

type Comparable = Exclude<ValueType, "json">;

const TYPES: readonly Comparable[] = [
  "text",
  "int",
  "bigint",
  "real",
  "boolean",
  "timestamp",
  "blob",
];
const KINDS: readonly ColumnKind[] = [...TYPES, "json"];
const NUMBERS: readonly ValueType[] = ["int", "bigint", "real"];

/** For each kind a column that is never null and two that may be. */
const COLUMNS = Object.fromEntries(
  KINDS.flatMap((kind): [string, ColumnSpec][] => [
    [kind, { kind }],
    [`${kind}OrNull`, { kind, nullable: true }],
    [`${kind}Other`, { kind, nullable: true }],
  ]),
);

/** Each value of each type stands in some row, beside another one, itself and null. */
function rows(): Row[] {
  const lists: [string, readonly unknown[]][] = KINDS.map((kind) => {
    if (kind === "json") return [kind, DOCUMENTS];
    const values = valuesOf(kind as Comparable);
    return [kind, kind === "real" ? [...values, ...EXTREME_REALS] : values];
  });
  const count = Math.max(...lists.map(([, values]) => values.length));
  return Array.from({ length: count }, (_, at) => {
    const row: Row = { id: `row${at}` };
    for (const [kind, values] of lists) {
      row[kind] = values[at % values.length];
      row[`${kind}OrNull`] = at % 3 === 0 ? null : values[(at * 7) % values.length];
      row[`${kind}Other`] = at % 4 === 0 ? null : values[(at + (at % 2)) % values.length];
    }
    return row;
  });
}

export function pairwiseCases(): Cases {
  const world: World = { t: { columns: COLUMNS, rows: rows() } };
  return {
    label: "pairwise",
    world,
    queries: [...TYPES.flatMap(ofType), ...mismatches(), ...documents()],
  };
}

const columnsOf = (type: string) => [q.col(`t.${type}`), q.col(`t.${type}OrNull`)];

function over(parts: Partial<SelectAst>): SelectAst {
  return q.select({ from: q.from("t"), projection: [q.field("id", q.col("t.id"))], ...parts });
}

function both(where: Condition): QueryAst[] {
  return [over({ where }), over({ where: q.not(where) })];
}

function ofType(type: Comparable): QueryAst[] {
  return columnsOf(type).flatMap((column) => [
    ...comparisons(type).flatMap((right) =>
      OPERATORS.flatMap((op) => both(q.cmp(op, column, right))),
    ),
    ...lists(type).flatMap((values) => both(q.within(column, values))),
    ...both(q.isNull(column)),
    over({ orderBy: [q.asc(column)] }),
    over({ orderBy: [q.desc(column)], limit: 3, offset: 1 }),
    over({ distinct: true, projection: [q.field("value", column)] }),
    over({
      projection: [q.field("value", column), q.field("count", q.agg("count"))],
      groupBy: [column],
    }),
    ...aggregates(type, column),
    ...(type === "text" ? patterns(column) : []),
  ]);
}

/** The other sides: null, columns of all types that go with this one, and values of them. */
function comparisons(type: Comparable) {
  const types = TYPES.filter((other) => canCompare(type, other));
  return [
    q.val(null),
    ...types.flatMap((other) => [q.col(`t.${other}`), q.col(`t.${other}Other`)]),
    ...types.flatMap((other) => valuesOf(other).slice(0, 12).map(q.val)),
    ...valuesOf(type).slice(-6).map(q.val),
  ];
}

function lists(type: Comparable): Value[][] {
  const values = valuesOf(type);
  return [
    [],
    [null],
    [values[0]!],
    [values[0]!, null],
    values.slice(1, 5),
    [...values],
    [...values, null],
  ];
}

function aggregates(type: Comparable, column: ReturnType<typeof q.col>): QueryAst[] {
  const summed = NUMBERS.includes(type) ? [q.agg("sum", column), q.agg("avg", column)] : [];
  const all = [
    q.agg("count", column),
    q.agg("count", column, "distinct"),
    q.agg("min", column),
    q.agg("max", column),
    // The extreme ones would make the sum depend on the order of its terms.
    ...(type === "real" ? [] : summed),
  ];
  return all.flatMap((aggregate) => {
    const projection = [q.field("value", aggregate)];
    return [
      over({ projection }),
      over({ projection, where: q.always(false) }),
      over({ projection, where: q.isNull(column) }),
      over({ projection, where: q.cmp("lt", q.col("t.id"), q.val("row3")) }),
      over({ projection, groupBy: [q.col("t.boolean")], orderBy: [q.desc(aggregate)] }),
      over({ projection, having: q.not(q.isNull(aggregate)) }),
    ];
  });
}

function patterns(column: ReturnType<typeof q.col>): QueryAst[] {
  const texts = valuesOf("text") as readonly string[];
  const all = [
    "%",
    "_",
    "%_",
    "__",
    "%%",
    "",
    "\\%",
    "\\_",
    "\\\\",
    "a%",
    "%b",
    "%a%",
    "a_b",
    "_\u0301",
    "A%",
    "*",
    "[a]",
    "?",
    "\ufffd",
    "\uffff",
    "%\u{1f600}%",
    "a\\%b",
    `${"%a".repeat(20)}%`,
    `%${"fox%".repeat(15)}`,
    ...texts.map((text) => text.replace(/[\\%_]/g, "\\$&")),
  ];
  return all.flatMap((pattern) => [
    ...both(q.like(column, pattern)),
    ...both(q.ilike(column, pattern)),
  ]);
}

/** Types that cannot be compared: the same error everywhere, whatever rows there are. */
function mismatches(): QueryAst[] {
  return TYPES.flatMap((type) =>
    TYPES.filter((other) => !canCompare(type, other)).flatMap((other) => [
      over({ where: q.cmp("eq", q.col(`t.${type}`), q.col(`t.${other}`)) }),
      over({ where: q.cmp("lt", q.col(`t.${type}`), q.val(valuesOf(other)[0]!)) }),
      over({ where: q.within(q.col(`t.${type}`), [null, valuesOf(other)[0]!]) }),
    ]),
  );
}

function documents(): QueryAst[] {
  return columnsOf("json").flatMap((column) => [
    over({ projection: [q.field("value", column)] }),
    ...both(q.isNull(column)),
    over({ projection: [q.field("n", q.agg("count", column))] }),
    over({ projection: [q.field("n", q.agg("count", column, "distinct"))] }),
    over({ where: q.cmp("eq", column, column) }),
    over({ where: q.like(column, "%") }),
    over({ orderBy: [q.asc(column)] }),
    over({ projection: [q.field("value", column)], distinct: true }),
    over({ projection: [q.field("value", column)], groupBy: [column] }),
    over({ projection: [q.field("value", q.agg("max", column))] }),
    q.select({ from: q.sub(over({ projection: null }), "x") }),
    q.select({ from: q.sub(over({ projection: [q.field("value", column)] }), "x") }),
  ]);
}
