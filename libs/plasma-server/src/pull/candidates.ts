/**
 * The rows whose visibility may have changed since a cookie, as CTEs: the changed rows of the table itself, and those
 * that a changed row of another table leads to, along the paths of the rule.
 *
 * 1. A superset is always right: whoever is asked about is asked again, before and after. What is missing here would
 *    be missed by the client.
 * 2. A row counts as changed when it has an entry after the cookie, be it after the version of the pull. So the current
 *    tables hold every unchanged row as it was all the time, and the joins go through them, by their indexes.
 * 3. Take a row that is unchanged, and that the rule answers otherwise than before. Then so does some `exists` of it,
 *    and with it "this partner is there and meets the condition" for some partner. If the partner has changed, it met
 *    the condition on one of the two sides, and that side's arm of this path finds the row. If not, an `exists` within
 *    the condition differs, and the same is true of the next path. No step of this asks whether an `exists` is negated.
 * 4. The `exists` that ends a path is asked in full, as of the side of its image. Those around it and the rule itself
 *    are asked without their own `exists`, which may have been otherwise on the other side.
 * 5. An image that is the same on both sides is left out, unless the row has changed since: then the current table,
 *    through which longer paths go, does not show it.
 * 6. A path is followed only if an index leads from each table to the next. Otherwise, and where nothing but the
 *    tables is known, every row is a candidate as soon as there is an image (or a change) that could matter.
 */

import { conjunctsOf, requireTable, RULE_ROW } from "@sh1n4ps/plasma-core";
import type { Condition, Schema, TableInfo } from "@sh1n4ps/plasma-core";
import { compileAbout } from "../db/rules.ts";
import type { RowsInSight } from "../db/rules.ts";
import { describeSchema } from "../schema/description.ts";
import { historyTable, versionIndex } from "../schema/history-names.ts";
import { newAliases } from "../sql/compile.ts";
import type { Compiler } from "../sql/compile.ts";
import type { SqlDialect } from "../sql/dialect.ts";
import { bind, columnOf, join, name, sql, tree } from "../sql/fragment.ts";
import type { Cte, SqlFragment } from "../sql/fragment.ts";
import { aliasesOf, columnsOf, pathsOf, upperBound } from "./rule-paths.ts";
import type { PathStep } from "./rule-paths.ts";
import type { TouchedTables } from "./touched.ts";

/** What the statements of a pull have in common: the moments between which it looks. */
export interface Span {
  readonly schema: Schema;
  readonly dialect: SqlDialect;
  readonly touched: TouchedTables;
  readonly before: Compiler;
  readonly after: Compiler;
  /** The versions, as fragments. */
  readonly since: SqlFragment;
  readonly until: SqlFragment;
}

export interface Asked {
  readonly table: TableInfo;
  readonly rule: Condition;
  /** Only ids beyond this one. */
  readonly beyond: string;
}

export const CANDIDATES = "@candidates";

/** The last of them is `@candidates (id)`. */
export function candidates(span: Span, asked: Asked): Cte[] {
  const { paths, opaque } = pathsOf(asked.rule);
  const images = new Images(span, columnsOf(asked.rule));
  const arms = [
    sql`SELECT id FROM ${log(span, asked.table)} WHERE _v > ${span.since} AND id > ${bind(asked.beyond)}`,
  ];
  const everyRow = [...opaque]
    .filter((table) => span.touched.has(table))
    .map((table) => hasChanged(span, requireTable(span.schema, table)));
  const followed = everyRow.length > 0 ? [] : paths;
  for (const path of followed) {
    if (!span.touched.has(path.at(-1)!.table)) continue;
    for (const side of SIDES) {
      if (isKeyed(span.schema, asked.table, path))
        arms.push(arm(span, asked, { path, side, images }));
      else everyRow.push(concerns(span, { path, side, images }));
    }
  }
  if (everyRow.length > 0) {
    arms.push(
      sql`SELECT id FROM ${name(asked.table.name)} WHERE ${tree(everyRow, "OR")} AND id > ${bind(asked.beyond)}`,
    );
  }
  return [...images.ctes, ...unionOf(arms)];
}

/** D1 takes no more than five terms in a compound, and flattens the ones within it. */
const ARMS_AT_ONCE = 3;

function unionOf(arms: readonly SqlFragment[]): Cte[] {
  const ctes: Cte[] = [];
  let rest = [...arms];
  while (rest.length > ARMS_AT_ONCE) {
    const label = `@candidates${ctes.length}`;
    ctes.push({ name: label, materialized: true, body: union(rest.slice(0, ARMS_AT_ONCE)) });
    rest = [...rest.slice(ARMS_AT_ONCE), sql`SELECT id FROM ${name(label)}`];
  }
  return [...ctes, { name: CANDIDATES, materialized: true, body: union(rest) }];
}

function union(arms: readonly SqlFragment[]): SqlFragment {
  return join(arms.length === 1 ? [...arms, arms[0]!] : arms, " UNION ");
}

type Side = "before" | "after";
const SIDES: readonly Side[] = ["before", "after"];

/** Of the changed rows of a table, those that differ, as they were on a side. */
class Images {
  readonly ctes: Cte[] = [];
  private readonly span: Span;
  /** The names of all columns that could make a difference. */
  private readonly columns: ReadonlySet<string>;

  constructor(span: Span, columns: ReadonlySet<string>) {
    this.span = span;
    this.columns = columns;
  }

  of(table: TableInfo, side: Side): SqlFragment {
    const label = `${table.name}@${side === "before" ? "was" : "became"}`;
    if (!this.ctes.some((cte) => cte.name === label)) {
      this.ctes.push({ name: label, materialized: true, body: this.body(table, side) });
    }
    return name(label);
  }

  private body(table: TableInfo, side: Side): SqlFragment {
    const { span } = this;
    const changed = sql`(SELECT id FROM ${log(span, table)} WHERE _v > ${span.since})`;
    const columns = join(
      table.columnNames
        .filter((column) => column === "id" || this.columns.has(column))
        .map((column) => columnOf("image", column)),
    );
    const image = (compiler: Compiler) =>
      sql`SELECT ${columns} FROM ${compiler.source(table)} AS image WHERE image.id IN ${changed}`;
    const other = side === "before" ? span.after : span.before;
    const later = sql`EXISTS (SELECT 1 FROM ${name(historyTable(table.name))} AS entry WHERE entry.id = image.id AND entry._v > ${span.until})`;
    return sql`${image(span[side])} EXCEPT ${image(other)} AND NOT ${later}`;
  }
}

interface ArmParts {
  readonly path: readonly PathStep[];
  readonly side: Side;
  readonly images: Images;
}

/** From the images of the last table of a path to the rows, innermost first. */
function arm(span: Span, { table, rule, beyond }: Asked, parts: ArmParts): SqlFragment {
  const { path, side, images } = parts;
  const { dialect, schema } = span;
  const current: Compiler = { schema, dialect, source: ({ name: of }) => name(of) };
  const sights = sightsOf(schema, table, path);
  const last = path.at(-1)!;
  const from = path.map((step, at) => {
    const stepTable = requireTable(schema, step.table);
    const source = step === last ? images.of(stepTable, side) : name(step.table);
    return sql`${source} AS ${name(`p${at}`)}`;
  });
  const [start, ...further] = [...from.toReversed(), sql`${name(table.name)} AS ${name("row")}`];
  const joined = further.map((source) => sql` ${dialect.joinInOrder} ${source} ON 1 = 1`);
  const around = [rule, ...path.slice(0, -1).map(({ condition }) => condition)];
  const conditions = [
    ...around.map((condition, at) =>
      compileAbout(upperBound(condition), sights[at]!, {
        compiler: current,
        aliases: newAliases(`u${at}_`),
      }),
    ),
    compileAbout(last.condition, sights.at(-1)!, {
      compiler: span[side],
      aliases: newAliases("e"),
    }),
  ];
  return sql`SELECT ${columnOf("row", "id")} FROM ${start!}${join(joined, "")} WHERE ${columnOf("row", "id")} > ${bind(beyond)} AND ${tree(conditions, "AND")}`;
}

/** What the rule may name, and then what the condition of each step may name. */
function sightsOf(schema: Schema, table: TableInfo, path: readonly PathStep[]): RowsInSight[] {
  const sights: RowsInSight[] = [new Map([[RULE_ROW, { table, alias: "row" }]])];
  for (const [at, step] of path.entries()) {
    const row = { table: requireTable(schema, step.table), alias: `p${at}` };
    sights.push(new Map([...sights.at(-1)!, [step.alias, row]]));
  }
  return sights;
}

/** Whether there is an image that could matter to any row: by those conditions that are about nothing else. */
function concerns(span: Span, { path, side, images }: ArmParts): SqlFragment {
  const { alias, table, condition } = path.at(-1)!;
  const info = requireTable(span.schema, table);
  const own = (part: Condition) => [...aliasesOf(part)].every((named) => named === alias);
  const conditions = conjunctsOf(upperBound(condition))
    .filter(own)
    .map((part) =>
      compileAbout(part, new Map([[alias, { table: info, alias: "image" }]]), {
        compiler: span[side],
        aliases: newAliases("e"),
      }),
    );
  return sql`EXISTS (SELECT 1 FROM ${images.of(info, side)} AS image WHERE ${tree(conditions, "AND")})`;
}

function hasChanged(span: Span, table: TableInfo): SqlFragment {
  return sql`EXISTS (SELECT 1 FROM ${log(span, table)} WHERE _v > ${span.since})`;
}

/** The history by version. Left to itself, SQLite prefers the order of ids, and reads all of it. */
export function log({ dialect }: Pick<Span, "dialect">, table: TableInfo): SqlFragment {
  return dialect.byIndex(name(historyTable(table.name)), versionIndex(table.name));
}

/** Whether an equality with a column that an index begins with leads to each table from one before it. */
function isKeyed(schema: Schema, table: TableInfo, path: readonly PathStep[]): boolean {
  const equalities = path
    .flatMap(({ condition }) => conjunctsOf(upperBound(condition)))
    .flatMap((part) =>
      part.kind === "compare" && part.op === "eq"
        ? [
            [part.left, part.right],
            [part.right, part.left],
          ]
        : [],
    );
  const reached = new Set([path.at(-1)!.alias]);
  const targets = [
    ...path.slice(0, -1).map((step) => ({ alias: step.alias, table: step.table })),
  ].toReversed();
  return [...targets, { alias: RULE_ROW, table: table.name }].every((target) => {
    const lookups = lookupColumns(schema, target.table);
    const leads = equalities.some(
      ([to, from]) =>
        to!.kind === "column" &&
        from!.kind === "column" &&
        to!.alias === target.alias &&
        lookups.has(to!.column) &&
        reached.has(from!.alias),
    );
    reached.add(target.alias);
    return leads;
  });
}

const lookupsOf = new WeakMap<Schema, ReadonlyMap<string, ReadonlySet<string>>>();

/** The columns of a table by which its rows are found without reading all of them. */
function lookupColumns(schema: Schema, table: string): ReadonlySet<string> {
  let ofTables = lookupsOf.get(schema);
  if (!ofTables) {
    ofTables = new Map(
      describeSchema(schema).tables.map(({ name: of, columns, indexes }) => [
        of,
        new Set([
          "id",
          ...columns.filter(({ unique }) => unique).map((column) => column.name),
          ...indexes.flatMap(([first]) => (first === undefined ? [] : [first])),
        ]),
      ]),
    );
    lookupsOf.set(schema, ofTables);
  }
  return ofTables.get(table)!;
}
