/**
 * How a read rule reaches into other tables, so that a change there leads back to the rows that it may concern.
 *
 * An `exists` of a rule, with those around it, is a path: `exists(member, exists(org, …))` has the paths `member` and
 * `member > org`. Inner joins are nested `exists` in other words, and are taken apart into them. What is grouped, cut
 * off, or joined on the left is not followed: of it only the tables are known.
 */

import { conjunctsOf, tableQuery, tablesOfCondition, walkCondition } from "@sh1n4ps/plasma-core";
import type { Condition, SelectAst, Source } from "@sh1n4ps/plasma-core";

/** `exists (select … from table as alias where condition)` */
export interface PathStep {
  readonly alias: string;
  readonly table: string;
  readonly condition: Condition;
}

export interface RulePaths {
  /** Each from the outermost `exists` to the one that it stands for. */
  readonly paths: readonly (readonly PathStep[])[];
  /** Tables of which any change may concern any row. */
  readonly opaque: ReadonlySet<string>;
}

/** The text of what a rule was at a time grows with each level, twofold. */
const MAX_LEVELS = 3;

/** More than this, and looking at every row is the lesser work. */
const MAX_PATHS = 12;

export function pathsOf(rule: Condition): RulePaths {
  const paths: (readonly PathStep[])[] = [];
  const opaque = new Set<string>();
  const follow = (condition: Condition, above: readonly PathStep[]) => {
    walkCondition(condition, (part) => {
      if (part.kind !== "exists") return;
      const step = stepOf(part.query);
      const isNamedAgain = step && above.some(({ alias }) => alias === step.alias);
      if (!step || isNamedAgain || above.length === MAX_LEVELS) {
        tablesOfCondition(part, opaque);
        return;
      }
      const path = [...above, step];
      paths.push(path);
      follow(step.condition, path);
    });
  };
  follow(rule, []);
  if (paths.length <= MAX_PATHS) return { paths, opaque };
  return { paths: [], opaque: tablesOfCondition(rule) };
}

function stepOf(query: SelectAst): PathStep | null {
  const { from, joins } = query;
  const isPlain =
    query.groupBy.length === 0 &&
    query.having === null &&
    query.offset === 0 &&
    query.limit !== 0 &&
    ![...(query.projection ?? []), ...query.orderBy].some(
      (term) => "operand" in term && term.operand.kind === "aggregate",
    );
  if (!isPlain || from.kind !== "table") return null;
  const tables: TableSource[] = [from];
  const conditions: Condition[] = [];
  for (const { kind, source, on } of joins) {
    if (kind !== "inner" || source.kind !== "table") return null;
    tables.push(source);
    conditions.push(...conjunctsOf(on));
  }
  if (query.where) conditions.push(...conjunctsOf(query.where));
  return nest(tables, conditions);
}

type TableSource = Source & { readonly kind: "table" };

/** Each condition stands as far out as the tables that it speaks of allow. */
function nest(tables: readonly TableSource[], conditions: readonly Condition[]): PathStep {
  const [outermost, ...inner] = tables as [TableSource, ...TableSource[]];
  const later = new Set(inner.map(({ alias }) => alias));
  const isLater = (condition: Condition) =>
    [...aliasesOf(condition)].some((alias) => later.has(alias));
  const own = conditions.filter((condition) => !isLater(condition));
  if (inner.length > 0) {
    const { table, alias, condition } = nest(inner, conditions.filter(isLater));
    own.push({
      kind: "exists",
      query: tableQuery({ kind: "table", table, alias }, { where: condition }),
    });
  }
  return {
    alias: outermost.alias,
    table: outermost.table,
    condition: { kind: "and", conditions: own },
  };
}

/** Every alias that a condition names, those of its subqueries included. */
export function aliasesOf(condition: Condition): ReadonlySet<string> {
  const aliases = new Set<string>();
  gather(condition, aliases, new Set());
  return aliases;
}

/** Every column that a condition names, whatever the table. */
export function columnsOf(condition: Condition): ReadonlySet<string> {
  const columns = new Set<string>();
  gather(condition, new Set(), columns);
  return columns;
}

/** By the shape of the data, so that no kind of operand can be forgotten: superfluous names do no harm. */
function gather(part: unknown, aliases: Set<string>, columns: Set<string>): void {
  if (typeof part !== "object" || part === null || part instanceof Date) return;
  if (part instanceof Uint8Array) return;
  if (Array.isArray(part)) {
    for (const element of part) gather(element, aliases, columns);
    return;
  }
  const { alias, column } = part as { alias?: unknown; column?: unknown };
  if (typeof alias === "string") aliases.add(alias);
  if (typeof column === "string") columns.add(column);
  for (const value of Object.values(part)) gather(value, aliases, columns);
}

/**
 * What is true of a row wherever the condition is, without a look at another table: every `exists` in it, wanted or
 * not, is taken to be as it should.
 */
export function upperBound(condition: Condition, wanted = true): Condition {
  switch (condition.kind) {
    case "exists":
      return { kind: "constant", value: true };
    case "not":
      return upperBound(condition.condition, !wanted);
    case "and":
    case "or": {
      const parts = condition.conditions.map((part) => upperBound(part, wanted));
      return combine((condition.kind === "and") === wanted ? "and" : "or", parts);
    }
    case "constant":
      return { kind: "constant", value: condition.value === wanted };
    case "compare":
    case "in":
    case "isNull":
    case "like":
      return wanted ? condition : { kind: "not", condition };
  }
}

function combine(kind: "and" | "or", parts: readonly Condition[]): Condition {
  const neutral = kind === "and";
  const isConstant = (value: boolean) => (part: Condition) =>
    part.kind === "constant" && part.value === value;
  if (parts.some(isConstant(!neutral))) return { kind: "constant", value: !neutral };
  const conditions = parts.filter((part) => !isConstant(neutral)(part));
  if (conditions.length === 0) return { kind: "constant", value: neutral };
  return conditions.length === 1 ? conditions[0]! : { kind, conditions };
}
