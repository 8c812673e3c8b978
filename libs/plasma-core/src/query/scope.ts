/** Scope: whether every column that a query names belongs to a table in sight. Asked before a query runs anywhere. */

import { PlasmaError } from "../errors.ts";
import type { Condition, Operand, SelectAst } from "./ast.ts";

/** Throws `unknown-table` for a column of a table that is neither among `aliases` nor read by a subquery around it. */
export function requireScope(condition: Condition | null, aliases: ReadonlySet<string>): void {
  if (condition === null) return;
  switch (condition.kind) {
    case "constant":
      return;
    case "compare":
      requireAlias(condition.left, aliases);
      requireAlias(condition.right, aliases);
      return;
    case "in":
    case "isNull":
    case "like":
      requireAlias(condition.operand, aliases);
      return;
    case "and":
    case "or":
      for (const part of condition.conditions) requireScope(part, aliases);
      return;
    case "not":
      requireScope(condition.condition, aliases);
      return;
    case "exists":
      requireSelectScope(condition.query, aliases);
      return;
  }
}

export function requireSelectScope(query: SelectAst, outer: ReadonlySet<string> = new Set()): void {
  requireScope(query.where, new Set(outer).add(query.from.alias));
}

function requireAlias(operand: Operand, aliases: ReadonlySet<string>): void {
  if (operand.kind === "value" || aliases.has(operand.alias)) return;
  throw notInScope(operand.alias);
}

export function notInScope(alias: string): PlasmaError {
  return new PlasmaError(
    "unknown-table",
    `This query uses a column of "${alias}", which is neither its table nor one of a query around it.`,
  );
}
