/** Relational queries as data: rows of one table with the rows they relate to nested inside, to any depth. */

import type { SelectAst } from "./ast.ts";

export interface RelationalAst {
  readonly kind: "relational";
  /** Over one table, whole rows. */
  readonly query: SelectAst;
  readonly with: readonly RelatedAst[];
}

export interface RelatedAst {
  /** The property under which the related rows stand. */
  readonly name: string;
  /** `one`: a row or null. `many`: an array, its limit counted for each parent. */
  readonly cardinality: "one" | "many";
  /** A parent and a child belong together when these columns are equal. */
  readonly parentColumn: string;
  readonly childColumn: string;
  readonly related: RelationalAst;
}

/** Whatever can be run or watched. */
export type QueryAst = SelectAst | RelationalAst;
