/**
 * Whether a mutation would end the same way by itself. The database judges references and unique values of a whole group,
 * by what its last mutation leaves behind; but what a later one puts right was wrong, and what was right may not come
 * from a later one.
 *
 * So whatever a mutation of a group relies on has to be true in the database before the group, which the commit looks at
 * first, or written by those before it. Where that cannot be said, the mutation goes alone.
 */

import type { RowChange, Schema, TableInfo, Value } from "@sh1n4ps/plasma-core";
import type { Overlay } from "../db/overlay.ts";
import type { Assumption } from "../db/transaction.ts";

/** That there are stored rows with these ids. */
export interface Requirement {
  readonly table: string;
  readonly ids: readonly string[];
}

export interface Reliance {
  readonly assumed: readonly Assumption[];
  readonly required: readonly Requirement[];
}

/** `changes`: the net changes of this mutation, which are in the overlay. Null: it has to go alone. */
export function judgeInGroup(
  schema: Schema,
  overlay: Overlay,
  changes: readonly RowChange[],
): Reliance | null {
  const assumed: Assumption[] = [];
  const required: Requirement[] = [];
  for (const change of changes) {
    const table = schema.byName.get(change.table)!;
    const { before, after } = change;
    if (!after) {
      if (mayLeaveReferrers(schema, table)) return null;
      continue;
    }
    for (const { column, isUnique, target } of judgedColumns(table)) {
      const value = after[column] as Value;
      if (value === null || value === before?.[column]) continue;
      if (before && isUnique) {
        if (overlay.rowsWith(table.name, column, [value]).length > 1) return null;
        assumed.push({ table: table.name, column, values: [value] });
      }
      if (target === undefined) continue;
      const id = value as string;
      const written = overlay.get(target, id);
      if (written === null) return null;
      if (written === undefined) required.push({ table: target, ids: [id] });
    }
  }
  return { assumed, required };
}

/** Rows that refer to a deleted one and stay as they are: a later mutation could still mend them. */
function mayLeaveReferrers(schema: Schema, table: TableInfo): boolean {
  const references = schema.references.get(table.name) ?? [];
  return references.some(({ onDelete }) => onDelete === "noAction");
}

/** A column whose values the database judges. */
interface JudgedColumn {
  readonly column: string;
  readonly isUnique: boolean;
  /** The table that it refers to. */
  readonly target: string | undefined;
}

const judged = new WeakMap<TableInfo, readonly JudgedColumn[]>();

/** Found once, because it is asked of every row that is written. */
function judgedColumns(table: TableInfo): readonly JudgedColumn[] {
  let columns = judged.get(table);
  if (!columns) {
    columns = table.columnNames.flatMap((column) => {
      const declared = table.columns[column];
      const target = declared?.reference?.column().table;
      const isUnique = declared?.isUnique ?? false;
      return isUnique || target !== undefined ? [{ column, isUnique, target }] : [];
    });
    judged.set(table, columns);
  }
  return columns;
}
