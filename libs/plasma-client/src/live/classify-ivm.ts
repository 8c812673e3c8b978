/** How a live query is kept up to date. */

import { needsGroups } from "@sh1n4ps/plasma-core";
import type { QueryAst } from "@sh1n4ps/plasma-core";

/**
 * - `select`: a change costs what it changes in the result. With `exists` and relations: what it can concern.
 * - `aggregate`: the same, through groups.
 * - `none`: the query would be evaluated anew when one of its tables changes. There is no such query.
 */
export type IvmClass = "select" | "aggregate" | "none";

export function classifyIvm(ast: QueryAst): IvmClass {
  return ast.kind === "select" && needsGroups(ast) ? "aggregate" : "select";
}
