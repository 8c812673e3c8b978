/**
 * Random queries of everything that the builder can build, over a small schema whose columns meet in few values, so
 * that joins find partners, groups have several rows and orders tie.
 *
 * They are written as ASTs, and analysis is asked whether they are valid: what it refuses is drawn again.
 */

import {
  analyzeSelect,
  bigint,
  defineSchema,
  id,
  needsGroups,
  PlasmaError,
  real,
  readDb,
  ref,
  selectsOf,
  table,
  tableQuery,
  text,
} from "@sh1n4ps/plasma-core";
import type {
  AggregateFunction,
  AggregateOperand,
  ColumnOperand,
  CompareOp,
  Condition,
  Join,
  OrderTerm,
  ProjectionField,
  QueryAst,
  RelationalAst,
  Row,
  SelectAst,
  Source,
  Value,
} from "@sh1n4ps/plasma-core";
import { pick } from "./seeded-random.ts";
import { lists, todos } from "./test-app.ts";

const marks = table("marks", {
  id: id(),
  todoId: ref(() => todos.id),
  kind: text().nullable(),
  weight: real().nullable(),
  big: bigint().nullable(),
});

export const liveSchema = defineSchema({ lists, todos, marks });

type Random = () => number;

const WORDS = ["a", "b", "\u{1f600}", "\uffff", ""];
/** Columns that hold values of one domain can be equal. */
const DOMAINS = {
  list: (random: Random): Value => `l${below(random, 5)}`,
  todo: (random: Random): Value => `t${below(random, 12)}`,
  mark: (random: Random): Value => `m${below(random, 8)}`,
  user: (random: Random): Value => pick(random, ["u1", "u2"]),
  name: (random: Random): Value => pick(random, ["A", "B"]),
  word: (random: Random): Value => pick(random, WORDS),
  flag: (random: Random): Value => random() < 0.5,
  int: (random: Random): Value => below(random, 4) - 1,
  time: (random: Random): Value => new Date(below(random, 3)),
  real: (random: Random): Value => below(random, 5) / 4,
  big: (random: Random): Value => BigInt(below(random, 3)) << 60n,
} satisfies Record<string, (random: Random) => Value>;

type Domain = keyof typeof DOMAINS;
type Columns = Readonly<Record<string, Domain>>;

const TABLES: Readonly<Record<string, Columns>> = {
  lists: { id: "list", name: "name", ownerId: "user" },
  todos: { id: "todo", listId: "list", title: "word", done: "flag", rank: "int", due: "time" },
  marks: { id: "mark", todoId: "todo", kind: "word", weight: "real", big: "big" },
};
const NULLABLE = ["due", "kind", "weight", "big"];

export function randomRow(random: Random, tableName: string, rowId: string): Row {
  const row: Row = {};
  for (const [column, domain] of Object.entries(TABLES[tableName] ?? {})) {
    const isNull = NULLABLE.includes(column) && random() < 0.4;
    row[column] = column === "id" ? rowId : isNull ? null : DOMAINS[domain](random);
  }
  return row;
}

/** A query whose sources are given, and what its parts may name. */
interface Sight {
  readonly random: Random;
  readonly columns: readonly SeenColumn[];
  readonly depth: number;
}

interface SeenColumn {
  readonly operand: ColumnOperand;
  readonly domain: Domain;
}

export function randomAst(random: Random): QueryAst {
  return random() < 0.2 ? valid(() => anyRelational(random)) : randomSelect(random, 2);
}

function randomSelect(random: Random, depth: number): SelectAst {
  return valid(() => anySelect({ random, columns: [], depth }));
}

/** What breaks one of the few rules that are not followed below is drawn again. */
function valid<Q extends QueryAst>(draw: () => Q): Q {
  for (;;) {
    const ast = draw();
    try {
      for (const select of selectsOf(ast)) analyzeSelect(liveSchema, select);
      return ast;
    } catch (error) {
      if (!(error instanceof PlasmaError)) throw error;
    }
  }
}

function anySelect(outer: Sight): SelectAst {
  const { random, depth } = outer;
  const first = random() < 0.15 && depth > 0 ? subquerySource(random, depth) : tableSource(random);
  const sources = [first];
  const joins: Join[] = [];
  for (let left = pick(random, [0, 0, 1, 1, 2]); left > 0; left--) {
    const next = tableSource(random);
    const seen = [...outer.columns, ...sources.flatMap(({ columns }) => columns)];
    sources.push(next);
    joins.push({
      kind: pick(random, ["inner", "left"]),
      source: next.source,
      on: joinCondition({ ...outer, columns: seen }, next.columns),
    });
  }
  const own = sources.flatMap(({ columns }) => columns);
  const sight = { ...outer, columns: [...own, ...own, ...outer.columns] };
  const where = random() < 0.6 ? conditionIn(sight) : null;
  const base = tableQuery(first.source, { joins, where });
  const shape = random();
  const query =
    shape < 0.3
      ? grouped(base, { ...outer, columns: own })
      : shape < 0.42
        ? { ...base, projection: columnsOf(random, own), distinct: true }
        : { ...base, projection: projectionOf(random, { own, sources }) };
  return ordered(query, { ...outer, columns: own });
}

interface NamedSource {
  readonly source: Source;
  readonly columns: readonly SeenColumn[];
}

function tableSource(random: Random): NamedSource & { readonly source: { kind: "table" } } {
  const name = pick(random, ["todos", "todos", "lists", "marks"]);
  // A few names, so that some hide one of a query around them.
  const alias = `${name}${below(random, 30)}`;
  const columns = Object.entries(TABLES[name] ?? {}).map(([column, domain]): SeenColumn => ({
    operand: { kind: "column", alias, column },
    domain,
  }));
  return { source: { kind: "table", table: name, alias }, columns };
}

function subquerySource(random: Random, depth: number): NamedSource {
  for (;;) {
    const query = randomSelect(random, depth - 1);
    const columns = (query.projection ?? []).flatMap((field): [string, Domain][] => {
      if (field.kind === "row") return [];
      const domain = domainOf(field.operand);
      return domain ? [[field.name, domain]] : [];
    });
    if (columns.length === 0) continue;
    const alias = `inner${below(random, 30)}`;
    const seen = columns.map(([column, domain]): SeenColumn => ({
      operand: { kind: "column", alias, column },
      domain,
    }));
    return { source: { kind: "subquery", query, alias }, columns: seen };
  }
}

/** Null where it is not known: a column of a subquery. */
function domainOf(operand: ColumnOperand | AggregateOperand): Domain | null {
  if (operand.kind === "column") {
    const name = operand.alias.replace(/\d+$/, "");
    return TABLES[name]?.[operand.column] ?? null;
  }
  if (operand.fn === "count") return "int";
  if (operand.fn === "avg") return "real";
  return operand.operand && domainOf(operand.operand);
}

function joinCondition(seen: Sight, next: readonly SeenColumn[]): Condition {
  const { random } = seen;
  const pairs = next.flatMap((right) =>
    seen.columns.filter(({ domain }) => domain === right.domain).map((left) => ({ left, right })),
  );
  const all = { ...seen, columns: [...next, ...seen.columns] };
  if (pairs.length === 0 || random() < 0.05) return conditionIn(all);
  const ids = pairs.filter(({ left, right }) =>
    [left, right].some(({ operand }) => operand.column === "id"),
  );
  const { left, right } = pick(random, ids.length > 0 && random() < 0.8 ? ids : pairs);
  const sides = random() < 0.5 ? [left, right] : [right, left];
  const equal: Condition = {
    kind: "compare",
    op: "eq",
    left: (sides[0] as SeenColumn).operand,
    right: (sides[1] as SeenColumn).operand,
  };
  return random() < 0.25 ? { kind: "and", conditions: [equal, conditionIn(all)] } : equal;
}

function conditionIn(sight: Sight): Condition {
  const { random, depth } = sight;
  const shape = random();
  if (shape < 0.1) return { kind: "not", condition: conditionIn(sight) };
  if (shape < 0.3) {
    const conditions = [conditionIn(sight), conditionIn(sight)];
    return { kind: random() < 0.6 ? "and" : "or", conditions };
  }
  if (shape < 0.5 && depth > 0) return existsIn({ ...sight, depth: depth - 1 });
  const { operand, domain } = pick(random, sight.columns);
  const value = () => DOMAINS[domain](random);
  if (shape < 0.58) return { kind: "isNull", operand };
  if (shape < 0.66) return { kind: "in", operand, values: [value(), value()] };
  if (shape < 0.7 && domain === "word")
    return { kind: "like", operand, pattern: "a%", foldCase: false };
  const others = sight.columns.filter((column) => column.domain === domain);
  const op = pick<CompareOp>(random, ["eq", "eq", "ne", "gt", "gte", "lt", "lte"]);
  const right =
    random() < 0.2 ? pick(random, others).operand : ({ kind: "value", value: value() } as const);
  return { kind: "compare", op, left: operand, right };
}

function existsIn(sight: Sight): Condition {
  const { random } = sight;
  const query = anySelect(sight);
  const own = query.from.kind === "table" ? (TABLES[query.from.table] ?? {}) : {};
  const links = Object.entries(own).flatMap(([column, domain]) =>
    sight.columns
      .filter((outer) => outer.domain === domain)
      .map(({ operand }): Condition => {
        const left: ColumnOperand = { kind: "column", alias: query.from.alias, column };
        return { kind: "compare", op: "eq", left, right: operand };
      }),
  );
  if (links.length === 0 || random() < 0.1) return { kind: "exists", query };
  const link = pick(random, links);
  const where: Condition = query.where ? { kind: "and", conditions: [link, query.where] } : link;
  return { kind: "exists", query: { ...query, where } };
}

function grouped(base: SelectAst, own: Sight): SelectAst {
  const { random } = own;
  const keys = some(random, own.columns, 2);
  const aggregates = Array.from({ length: 1 + below(random, 3) }, () => aggregateOf(own));
  const projection = [
    ...keys.map(({ operand }, at) => value(`k${at}`, operand)),
    ...aggregates.map((operand, at) => value(`a${at}`, operand)),
  ];
  const groups = keys.map(({ operand, domain }) => ({ operand, domain }));
  const having: Condition | null =
    random() < 0.4
      ? {
          kind: "compare",
          op: pick<CompareOp>(random, ["gt", "lte", "ne"]),
          left: { kind: "aggregate", fn: "count", distinct: false, operand: null },
          right: { kind: "value", value: below(random, 3) },
        }
      : null;
  const more =
    groups.length > 0 && random() < 0.2 ? conditionIn({ ...own, columns: groups }) : null;
  return {
    ...base,
    projection: projection.filter(() => random() < 0.9),
    groupBy: keys.map(({ operand }) => operand),
    having: having && more ? { kind: "and", conditions: [having, more] } : (having ?? more),
  };
}

function aggregateOf({ random, columns }: Sight): AggregateOperand {
  const { operand, domain } = pick(random, columns);
  const isNumber = domain === "int" || domain === "real" || domain === "big";
  const functions: AggregateFunction[] = ["count", "min", "max"];
  const fn = pick(random, isNumber ? [...functions, "sum", "avg"] : functions) as AggregateFunction;
  if (fn !== "count") return { kind: "aggregate", fn, distinct: false, operand };
  const kind = random();
  if (kind < 0.4) return { kind: "aggregate", fn, distinct: false, operand: null };
  return { kind: "aggregate", fn, distinct: kind < 0.7, operand };
}

function projectionOf(
  random: Random,
  { own, sources }: { own: readonly SeenColumn[]; sources: readonly NamedSource[] },
): ProjectionField[] | null {
  if (random() < 0.4) return null;
  const rows = sources
    .filter(() => random() < 0.4)
    .map(({ source }): ProjectionField => {
      return { kind: "row", name: `row of ${source.alias}`, alias: source.alias };
    });
  return [...columnsOf(random, own), ...rows];
}

function columnsOf(random: Random, own: readonly SeenColumn[]): ProjectionField[] {
  const columns = some(random, own, 3);
  const chosen = columns.length > 0 ? columns : [pick(random, own)];
  return chosen.map(({ operand }, at) => value(`c${at}`, operand));
}

function ordered(query: SelectAst, own: Sight): SelectAst {
  const { random } = own;
  const outputs = (query.projection ?? []).flatMap((field) =>
    field.kind === "value" ? [field.operand] : [],
  );
  const isFree = !query.distinct && !needsGroups(query);
  const candidates = isFree ? own.columns.map(({ operand }) => operand) : outputs;
  const orderBy = some(random, candidates, 2).map((operand): OrderTerm => {
    return { operand, direction: pick(random, ["asc", "desc"]) };
  });
  const limit = random() < 0.4 ? below(random, 5) : null;
  return { ...query, orderBy, limit, offset: random() < 0.2 ? below(random, 3) : 0 };
}

function value(name: string, operand: ColumnOperand | AggregateOperand): ProjectionField {
  return { kind: "value", name, operand };
}

/** Rows with the rows that they relate to, each level with conditions, an order and a window of its own. */
function anyRelational(random: Random): RelationalAst {
  const db = readDb(liveSchema, { select: () => Promise.resolve([]) });
  const start = pick(random, [
    () => db.query.lists.findMany({ with: { todos: { with: { marks: true, list: true } } } }),
    () => db.query.lists.findMany({ with: { todos: true } }),
    () => db.query.todos.findMany({ with: { list: true, marks: true } }),
    () =>
      db.query.marks.findMany({ with: { todo: { with: { list: { with: { todos: true } } } } } }),
    () => db.query.todos.findFirst({ with: { list: true } }),
  ])().ast;
  const vary = (ast: RelationalAst): RelationalAst => {
    const { from } = ast.query;
    const columns = Object.entries(TABLES[from.kind === "table" ? from.table : ""] ?? {}).map(
      ([column, domain]): SeenColumn => ({
        operand: { kind: "column", alias: from.alias, column },
        domain,
      }),
    );
    const sight = { random, columns, depth: 1 };
    const where = random() < 0.5 ? conditionIn(sight) : null;
    return {
      ...ast,
      query: ordered({ ...ast.query, where }, sight),
      with: ast.with.map((related) => ({ ...related, related: vary(related.related) })),
    };
  };
  return vary(start);
}

function some<T>(random: Random, items: readonly T[], most: number): T[] {
  if (items.length === 0) return [];
  const chosen = Array.from({ length: below(random, most + 1) }, () => pick(random, items));
  return [...new Set(chosen)];
}

function below(random: Random, end: number): number {
  return Math.floor(random() * end);
}
