/** The selects that a query is made of, to be explained one by one. */

import type { Row } from "../schema/table.ts";
import { requireTable } from "../schema/schema.ts";
import type { Schema } from "../schema/schema.ts";
import type { SelectAst } from "./ast.ts";
import { evaluateRelational } from "./relational.ts";
import type { QueryAst } from "./relational-ast.ts";

/** What a relational query asks depends on the rows it finds: here, on one row with a made-up id in each column. */
export function explainedSelects(schema: Schema, query: QueryAst): SelectAst[] {
  if (query.kind === "select") return [query];
  const selects: SelectAst[] = [];
  evaluateRelational(query, (select) => {
    selects.push(select);
    return [madeUpRow(schema, select)];
  });
  return selects;
}

function madeUpRow(schema: Schema, { from }: SelectAst): Row {
  if (from.kind === "subquery") return {};
  const { columnNames } = requireTable(schema, from.table);
  return Object.fromEntries(columnNames.map((name) => [name, "id"]));
}
