/** Queries that ask for every value of `values-world.ts` in every way. */

import {
  and,
  asc,
  avg,
  colRef,
  count,
  countDistinct,
  desc,
  eq,
  exists,
  gt,
  gte,
  ilike,
  inArray,
  isNull,
  like,
  lt,
  max,
  min,
  ne,
  not,
  notInArray,
  or,
  select,
  selectDistinct,
  sum,
} from "@sh1n4ps/plasma-core";
import type { SelectAst } from "@sh1n4ps/plasma-core";
import { cells, KINDS, others } from "./values-world.ts";

export const everything = select().from(cells);

export interface NamedQuery {
  readonly what: string;
  readonly query: { readonly ast: SelectAst };
}

export function valueQueries(): NamedQuery[] {
  const list: NamedQuery[] = [];
  const add = (what: string, query: NamedQuery["query"]) => list.push({ what, query });
  add("all rows", everything);
  for (const [kind, samples] of Object.entries(KINDS)) {
    // One name for columns of many types: the comparison's own type is what is tested.
    // eslint-disable-next-line @typescript-eslint/no-explicit-any
    const column = (cells as Record<string, any>)[kind] as typeof cells.text;
    const values = samples as readonly string[];
    add(`${kind}: ascending`, everything.orderBy(asc(column)));
    add(`${kind}: descending`, everything.orderBy(desc(column)).limit(30).offset(3));
    add(`${kind}: distinct`, selectDistinct({ value: column }).from(cells).orderBy(desc(column)));
    add(`${kind}: groups`, select({ value: column, total: count() }).from(cells).groupBy(column));
    add(`${kind}: counts`, select({ a: count(column), b: countDistinct(column) }).from(cells));
    add(`${kind}: least and greatest`, select({ a: min(column), b: max(column) }).from(cells));
    add(
      `${kind}: least and greatest of none`,
      select({ a: min(column), b: max(column), n: count() })
        .from(cells)
        .where(eq(cells.id, "?")),
    );
    add(
      `${kind}: least and greatest by group`,
      select({ flag: cells.boolean, a: min(column), b: max(column) })
        .from(cells)
        .groupBy(cells.boolean)
        .having(gte(max(column), values[0]!))
        .orderBy(desc(min(column))),
    );
    add(`${kind}: in all values`, everything.where(inArray(column, [...values])));
    add(`${kind}: in some values`, everything.where(inArray(column, values.slice(1, 3))));
    add(`${kind}: in none`, everything.where(or(inArray(column, []), isNull(column))));
    add(
      `${kind}: in values and null`,
      everything.where(not(inArray(column, [values[0]!, null as never]))),
    );
    add(`${kind}: not in some values`, everything.where(notInArray(column, values.slice(0, 2))));
    add(
      `${kind}: joined with itself`,
      select({ a: cells.id, b: others.id })
        .from(cells)
        .leftJoin(others, and(eq(column, aliased(kind)), ne(cells.id, others.id))),
    );
    for (const value of values.slice(0, 24)) {
      for (const [operator, compare] of Object.entries({ eq, ne, lt, gte })) {
        add(`${kind}: ${operator} ${shown(value)}`, everything.where(compare(column, value)));
      }
    }
  }
  for (const pattern of [
    "%",
    "",
    "_",
    "a%",
    "%b",
    "a\\_b",
    "a\\%b",
    "a\\\\b",
    "%\\\\",
    "%\\",
    "\\",
    "É",
    "k",
    "K",
    "i",
    "[a]",
    "*",
    "_\u0301",
    "%😀%",
    "a_b",
    "'%",
    "?",
    "İ",
    `${"x%".repeat(40)}`,
    "ß",
  ]) {
    add(`like ${pattern}`, everything.where(like(cells.text, pattern)));
    add(`ilike ${pattern}`, everything.where(ilike(cells.text, pattern)));
    add(`not ilike ${pattern}`, everything.where(not(ilike(cells.text, pattern))));
  }
  add("int = real", everything.where(eq(cells.int, 0.5 as number)));
  add("int < a fraction", everything.where(lt(cells.int, 1.5)));
  add("int in fractions", everything.where(inArray(cells.int, [0.5, 1, 1e21])));
  add("real in whole numbers", everything.where(inArray(cells.real, [0, 1, 2 ** 53 - 1])));
  add("bigint against int", everything.where(eq(cells.bigint, cells.int as never)));
  add("two values", everything.where(lt("B" as never, "a" as never)).limit(1));
  add("limit 0", everything.limit(0));
  add("offset alone", everything.offset(60));
  add("beyond the end", everything.limit(5).offset(1_000));
  const safe = inArray(cells.int, [0, 1, -1, 2, 7]);
  add(
    "sum and avg of int",
    select({ a: sum(cells.int), b: avg(cells.int) })
      .from(cells)
      .where(safe),
  );
  add(
    "sum of nothing",
    select({ a: sum(cells.int), b: avg(cells.real), c: sum(cells.bigint) })
      .from(cells)
      .where(eq(cells.id, "?")),
  );
  add(
    "sum of int, too large",
    select({ a: sum(cells.int) })
      .from(cells)
      .where(gt(cells.int, 0)),
  );
  add(
    "sum of int, too small",
    select({ a: sum(cells.int) })
      .from(cells)
      .where(lt(cells.int, 0)),
  );
  add(
    "sum of int up to the limit",
    select({ a: sum(cells.int) })
      .from(cells)
      .where(eq(cells.id, "row-7")),
  );
  add(
    "sum of int down to the limit",
    select({ a: sum(cells.int) })
      .from(cells)
      .where(eq(cells.id, "row-8")),
  );
  add(
    "sum of bigint",
    select({ a: sum(cells.bigint) })
      .from(cells)
      .where(inArray(cells.id, ["row-6", "row-7", "row-1"])),
  );
  add(
    "sum of bigint, too large",
    select({ a: sum(cells.bigint) })
      .from(cells)
      .where(gt(cells.bigint, 0n)),
  );
  add(
    "avg of small bigints",
    select({ a: avg(cells.bigint) })
      .from(cells)
      .where(inArray(cells.bigint, [0n, 1n, 2n ** 53n + 1n])),
  );
  add(
    "sum and avg of dyadic reals",
    select({ a: sum(cells.real), b: avg(cells.real) })
      .from(cells)
      .where(inArray(cells.real, [1, -0.5, 1.5])),
  );
  add(
    "sum of real, too large",
    select({ a: sum(cells.real) })
      .from(cells)
      .where(gt(cells.real, 1e300)),
  );
  add(
    "sum in having",
    select({ flag: cells.boolean, a: sum(cells.int) })
      .from(cells)
      .where(safe)
      .groupBy(cells.boolean)
      .having(gt(sum(cells.int), 1))
      .orderBy(desc(sum(cells.int))),
  );
  const grouped = select({
    flag: cells.boolean,
    most: max(cells.blob),
    least: min(cells.boolean),
    n: count(),
  })
    .from(cells)
    .groupBy(cells.boolean);
  add(
    "a grouped subquery",
    select()
      .fromSubquery(grouped, "grouped")
      .where(gt(colRef<number>("grouped", "n"), 1)),
  );
  const latest = selectDistinct({ text: cells.text, flag: cells.flag })
    .from(cells)
    .orderBy(desc(cells.text))
    .limit(5);
  add("a distinct subquery with a window", select().fromSubquery(latest, "latest"));
  add(
    "exists",
    everything.where(
      exists(
        select()
          .from(others)
          .where(and(eq(others.next, cells.id), gt(others.text, cells.text))),
      ),
    ),
  );
  add(
    "not exists, with groups",
    everything.where(
      not(
        exists(
          select({ n: count() })
            .from(others)
            .where(eq(others.text, cells.text))
            .groupBy(others.boolean)
            .having(gt(count(), 1)),
        ),
      ),
    ),
  );
  return list;
}

function aliased(kind: string) {
  return (others as unknown as Record<string, typeof others.text>)[kind]!;
}

function shown(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return `bytes ${[...value].slice(0, 4).join(" ")}`;
  const shownText = typeof value === "bigint" ? `${value}n` : JSON.stringify(value);
  return shownText.slice(0, 30);
}
