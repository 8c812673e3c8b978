/** Walking the AST: which tables a query reads, which subqueries and operands a condition holds. */

import type {
  AggregateOperand,
  ColumnOperand,
  Condition,
  Operand,
  OrderTerm,
  SelectAst,
  Source,
} from "./ast.ts";

/** The alias under which a rule's expression names the row it is asked about. No table can have it. */
export const RULE_ROW = "$row";

/** Visits a condition and all its parts, outermost first. Subqueries are handed over, not entered. */
export function walkCondition(condition: Condition, visit: (part: Condition) => void): void {
  visit(condition);
  switch (condition.kind) {
    case "and":
    case "or":
      for (const part of condition.conditions) walkCondition(part, visit);
      return;
    case "not":
      walkCondition(condition.condition, visit);
      return;
    case "constant":
    case "compare":
    case "in":
    case "isNull":
    case "like":
    case "exists":
      return;
  }
}

/** The operands that a condition compares, subqueries left out. */
export function operandsOfCondition(condition: Condition): Operand[] {
  const operands: Operand[] = [];
  walkCondition(condition, (part) => {
    if (part.kind === "compare") operands.push(part.left, part.right);
    else if (part.kind === "in" || part.kind === "isNull" || part.kind === "like")
      operands.push(part.operand);
  });
  return operands;
}

/** Where a query itself aggregates, its subqueries left out. */
export function aggregatesOf({ projection, having, orderBy }: SelectAst): AggregateOperand[] {
  const operands: Operand[] = [
    ...(projection ?? []).flatMap((field) => (field.kind === "value" ? [field.operand] : [])),
    ...orderBy.map(operandOf),
    ...(having ? operandsOfCondition(having) : []),
  ];
  return operands.filter((operand) => operand.kind === "aggregate");
}

/**
 * The columns that a query takes from the queries around it. The condition of a join does not see the sources that are
 * joined after it: there their names are those of the queries around.
 */
export function outerColumnsOf(query: SelectAst): ColumnOperand[] {
  const aliases = sourcesOf(query).map(({ alias }) => alias);
  const outer: ColumnOperand[] = [];
  const see = (
    seen: readonly string[],
    operands: readonly Operand[],
    condition: Condition | null,
  ) => {
    const all = [...operands, ...(condition ? operandsOfCondition(condition) : [])];
    const columns = all.flatMap((operand): ColumnOperand[] => {
      const column = operand.kind === "aggregate" ? operand.operand : operand;
      return column?.kind === "column" ? [column] : [];
    });
    if (condition) columns.push(...outerColumnsOfCondition(condition));
    outer.push(...columns.filter(({ alias }) => !seen.includes(alias)));
  };
  for (const [at, { on }] of query.joins.entries()) see(aliases.slice(0, at + 2), [], on);
  const projected = (query.projection ?? []).flatMap((field) =>
    field.kind === "value" ? [field.operand] : [],
  );
  see(aliases, [...projected, ...query.groupBy, ...query.orderBy.map(operandOf)], query.where);
  see(aliases, [], query.having);
  return outer;
}

/** The columns that the subqueries of a condition take from the queries around them. */
export function outerColumnsOfCondition(condition: Condition): ColumnOperand[] {
  const columns: ColumnOperand[] = [];
  walkCondition(condition, (part) => {
    if (part.kind === "exists") columns.push(...outerColumnsOf(part.query));
  });
  return columns;
}

function operandOf({ operand }: OrderTerm): Operand {
  return operand;
}

/** The tables that a condition looks into through its subqueries, at any depth. */
export function tablesOfCondition(
  condition: Condition | null,
  into = new Set<string>(),
): Set<string> {
  if (condition) {
    walkCondition(condition, (part) => {
      if (part.kind === "exists") tablesOfSelect(part.query, into);
    });
  }
  return into;
}

/** Every table that a query reads, its subqueries' included. */
export function tablesOfSelect(query: SelectAst, into = new Set<string>()): Set<string> {
  tablesOfSource(query.from, into);
  for (const join of query.joins) {
    tablesOfSource(join.source, into);
    tablesOfCondition(join.on, into);
  }
  tablesOfCondition(query.where, into);
  tablesOfCondition(query.having, into);
  return into;
}

function tablesOfSource(source: Source, into: Set<string>): void {
  if (source.kind === "table") into.add(source.table);
  else tablesOfSelect(source.query, into);
}

/** The table of each place at which a query reads one, its subqueries' included. */
export function readingsOf(query: SelectAst): string[] {
  const own = sourcesOf(query).flatMap((source) =>
    source.kind === "table" ? [source.table] : readingsOf(source.query),
  );
  const conditions = [...query.joins.map(({ on }) => on), query.where, query.having];
  const nested: string[] = [];
  for (const condition of conditions) {
    if (!condition) continue;
    walkCondition(condition, (part) => {
      if (part.kind === "exists") nested.push(...readingsOf(part.query));
    });
  }
  return [...own, ...nested];
}

/** The sources of a query in the order in which it names them. */
export function sourcesOf(query: SelectAst): Source[] {
  return [query.from, ...query.joins.map((join) => join.source)];
}
