/** Tables in an order in which each stands before those it refers to, as far as there is one. */

import type { TableDescription } from "./description.ts";

export function referrersFirst(tables: readonly TableDescription[]): TableDescription[] {
  const ordered: TableDescription[] = [];
  const seen = new Set<TableDescription>();
  const visit = (table: TableDescription) => {
    if (seen.has(table)) return;
    seen.add(table);
    for (const other of tables) {
      if (other.columns.some(({ references }) => references === table.name)) visit(other);
    }
    ordered.push(table);
  };
  for (const table of tables) visit(table);
  return ordered;
}
