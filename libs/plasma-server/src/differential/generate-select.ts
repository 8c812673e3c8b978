/** Random selects over the whole language. They are well-formed; `break-query.ts` makes others of them. */

import type {
  Condition,
  Join,
  OrderTerm,
  ProjectionField,
  SelectAst,
  Source,
} from "@sh1n4ps/plasma-core";
import { generateCondition } from "./generate-condition.ts";
import type { Random } from "./random.ts";
import * as q from "./shorthand.ts";
import { columnsOf, comparable, fieldsOfTable, someAggregate } from "./sight.ts";
import type { FieldSpec, Generated, Site, Typed, TypedColumn } from "./sight.ts";

/** Names of outputs: some that differ in case only, some that SQL could take for something else. */
const NAMES = [
  "a",
  "A",
  "n",
  "total",
  "id",
  "order",
  "x y",
  'q"uote',
  "\u00e9",
  "c0",
  "c1",
  "value",
];
const LIMITS = [0, 1, 1, 2, 3, 5, 100, Number.MAX_SAFE_INTEGER];
const OFFSETS = [0, 0, 0, 1, 2, 50];

/** A source with its columns. */
interface Place {
  readonly source: Source;
  readonly columns: readonly TypedColumn[];
  readonly fields: readonly FieldSpec[];
}

export function generateSelect(site: Site): Generated {
  const { random } = site.generation;
  const places: Place[] = [generatePlace(site, [])];
  const joins: Join[] = [];
  const count = random.chance(0.55) ? 0 : random.chance(0.7) ? 1 : 2;
  for (let at = 0; at < count; at++) {
    places.push(generatePlace(site, places));
    joins.push(generateJoin(site, places));
  }
  const columns = places.flatMap((place) => place.columns);
  const parts: Partial<SelectAst> = {
    joins,
    where: random.chance(0.6) ? conditionOver(site, columns, 2) : null,
    ...windowOf(random),
  };
  const base = { from: places[0]!.source, ...parts };
  if (random.chance(0.3)) return grouped(site, base, columns);
  return plain(site, base, places);
}

function generatePlace(site: Site, taken: readonly Place[]): Place {
  const { generation, depth } = site;
  const { random, world } = generation;
  const used = taken.map(({ source }) => source.alias);
  if (depth < 2 && random.chance(taken.length === 0 ? 0.2 : 0.01)) {
    const { query, fields } = generateSelect({ generation, depth: depth + 1, outer: [] });
    const alias = generation.nextAlias();
    if (fields) return { source: q.sub(query, alias), columns: columnsOf(alias, fields), fields };
  }
  const table = random.pick(Object.keys(world));
  // Often the table's own name, which may hide the same name in a query around this one.
  const alias = used.includes(table) || random.chance(0.3) ? generation.nextAlias() : table;
  const fields = fieldsOfTable(generation, table);
  return { source: q.from(table, alias), columns: columnsOf(alias, fields), fields };
}

function generateJoin(site: Site, places: readonly Place[]): Join {
  const { random } = site.generation;
  const last = places.at(-1)!;
  const kind = random.pick(["inner", "left"] as const);
  const before = comparable(places.slice(0, -1).flatMap(({ columns }) => columns));
  const pairs = comparable(last.columns).flatMap((right) =>
    before.filter(({ type }) => type === right.type).map((left) => [left, right] as const),
  );
  const columns = places.flatMap((place) => place.columns);
  if (pairs.length === 0 || random.chance(0.15)) {
    return q.join(kind, last.source, conditionOver(site, columns, 1));
  }
  const [left, right] = random.pick(pairs);
  const equal = q.cmp("eq", left.operand, right.operand);
  const on = random.chance(0.75) ? equal : q.and(equal, conditionOver(site, columns, 1));
  return q.join(kind, last.source, on);
}

function conditionOver(site: Site, columns: readonly TypedColumn[], height: number): Condition {
  const { random } = site.generation;
  const outer = random.chance(0.5) ? site.outer : [];
  const subquery = generateSelect;
  return generateCondition({
    ...site,
    operands: [...columns, ...outer],
    visible: columns,
    height,
    subquery,
  });
}

function windowOf(random: Random): Partial<SelectAst> {
  return {
    limit: random.chance(0.35) ? random.pick(LIMITS) : null,
    offset: random.chance(0.2) ? random.pick(OFFSETS) : 0,
  };
}

type Base = Partial<SelectAst> & { readonly from: Source };

function grouped(site: Site, base: Base, columns: readonly TypedColumn[]): Generated {
  const { random } = site.generation;
  const keys: Typed[] = random.sample(comparable(columns), random.below(3));
  const aggregates = Array.from({ length: random.below(4) }, () => someAggregate(random, columns));
  const chosen = random.sample([...keys, ...aggregates], 1 + random.below(5));
  const outputs = chosen.length > 0 ? chosen : [someAggregate(random, columns)];
  const operands = [...keys, ...aggregates, someAggregate(random, columns)];
  const having = random.chance(0.4)
    ? generateCondition({
        ...site,
        operands,
        visible: keys.filter(isColumn),
        height: 1,
        subquery: generateSelect,
      })
    : null;
  const { projection, fields } = projectionOf(random, outputs);
  const distinct = random.chance(0.1);
  const query = q.select({
    ...base,
    projection,
    distinct,
    groupBy: keys.filter(isColumn).map(({ operand }) => operand),
    having,
    orderBy: orderOf(random, distinct ? outputs : operands),
  });
  return { query, fields };
}

function isColumn(typed: Typed): typed is TypedColumn {
  return typed.operand.kind === "column";
}

function plain(site: Site, base: Base, places: readonly Place[]): Generated {
  const { random } = site.generation;
  const columns = places.flatMap((place) => place.columns);
  const distinct = random.chance(0.15);
  if (!distinct && random.chance(0.35)) {
    const query = q.select({ ...base, orderBy: orderOf(random, columns) });
    return { query, fields: places.length === 1 ? places[0]!.fields : null };
  }
  const selectable = distinct ? comparable(columns) : columns;
  const outputs = random.sample(selectable, 1 + random.below(4));
  if (outputs.length === 0) return { query: q.select(base), fields: null };
  const { projection, fields } = projectionOf(random, outputs);
  const rows = distinct || random.chance(0.85) ? [] : random.sample(places, 1 + random.below(2));
  const rowFields = rows.map(({ source }, at) => q.rowField(`row${at}`, source.alias));
  const query = q.select({
    ...base,
    projection: [...projection, ...rowFields],
    distinct,
    orderBy: orderOf(random, distinct ? outputs : columns),
  });
  return { query, fields: rowFields.length === 0 ? fields : null };
}

function projectionOf(
  random: Random,
  outputs: readonly Typed[],
): { projection: ProjectionField[]; fields: FieldSpec[] } {
  const names = random.sample(NAMES, outputs.length);
  const named = outputs.map((output, at) => ({ name: names[at] ?? `f${at}`, ...output }));
  return {
    projection: named.map(({ name, operand }) => q.field(name, operand)),
    fields: named.map(({ name, type }) => ({ name, type })),
  };
}

function orderOf(random: Random, operands: readonly Typed[]): OrderTerm[] {
  if (random.chance(0.4)) return [];
  const terms = random.sample(comparable(operands), 1 + random.below(3));
  return terms.map(({ operand }) => (random.chance(0.5) ? q.asc(operand) : q.desc(operand)));
}
