/** The people whom changed rows name: whoever a column that refers to users holds, on either side of the change. */

import { schema } from "@plasma-starter/todo-domain";
import type { RowChange } from "@sh1n4ps/plasma-core";

interface NamingColumn {
  readonly table: string;
  readonly column: string;
}

const namingColumns: readonly NamingColumn[] = schema.references.get("users") ?? [];

export function peopleNamedBy(
  changes: readonly RowChange[],
  columns: readonly NamingColumn[] = namingColumns,
): Set<string> {
  const people = new Set<string>();
  for (const { table, before, after } of changes) {
    for (const naming of columns) {
      if (naming.table !== table) continue;
      for (const row of [before, after]) {
        const person = row?.[naming.column];
        if (typeof person === "string") people.add(person);
      }
    }
  }
  return people;
}
