/** How a live query is kept up to date. */

import { needsGroups } from "@sh1n4ps/plasma-core";
import type { QueryAst } from "@sh1n4ps/plasma-core";
import { isRowWindow } from "./row-window.ts";
import { isPipeline } from "./select-pipeline.ts";

/**
 * - `select`: a change costs what it changes in the result.
 * - `aggregate`: the same, through groups.
 * - `none`: the query is evaluated anew when one of its tables changes (so far those with `exists` or relations).
 */
export type IvmClass = "select" | "aggregate" | "none";

export function classifyIvm(ast: QueryAst): IvmClass {
  if (!isRowWindow(ast) && !isPipeline(ast)) return "none";
  return ast.kind === "select" && needsGroups(ast) ? "aggregate" : "select";
}
