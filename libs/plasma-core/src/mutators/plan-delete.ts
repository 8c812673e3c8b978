/**
 * What a delete brings about: the rows it was asked for, and those that hang on them by `onDelete`.
 *
 * 1. Planning changes nothing, so a delete that is refused leaves no trace.
 * 2. Each row changes once, however many ways lead to it. Deleted wins over set to null; several references of one
 *    row that are set to null are one change.
 * 3. `restrict` asks what is left at the end: a row that goes in the same delete holds nothing back. (In SQL this is
 *    NO ACTION. Under SQL's RESTRICT the outcome hangs on the order in which a database follows its constraints.)
 * 4. `noAction` follows nothing: the mutator may still point the reference elsewhere. If it does not, the database's
 *    foreign key, which is asked at the end of the mutation, refuses the whole of it.
 * 5. Rows come before the rows they refer to, so that a database that checks foreign keys has nothing to object to
 *    (unless rows refer to each other in a circle).
 */

import { PlasmaError } from "../errors.ts";
import type { IncomingReference, Schema } from "../schema/schema.ts";
import type { Row } from "../schema/table.ts";
import type { RowChange, WriteStore } from "./write-store.ts";

interface Restriction {
  readonly reference: IncomingReference;
  readonly id: string;
  readonly target: string;
}

export async function planDelete(
  schema: Schema,
  store: WriteStore,
  asked: readonly RowChange[],
): Promise<readonly RowChange[]> {
  const met = new Set<string>();
  const deletes: RowChange[] = [];
  const updates = new Map<string, RowChange>();
  const restrictions: Restriction[] = [];

  const follow = async (change: RowChange): Promise<void> => {
    const key = keyOf(change.table, change.id);
    if (met.has(key)) return;
    met.add(key);
    for (const reference of schema.references.get(change.table) ?? []) {
      if (reference.onDelete === "noAction") continue;
      for (const row of await store.rowsWith(reference.table, reference.column, [change.id])) {
        await meet(row, reference, change.table);
      }
    }
    deletes.push(change);
  };

  const meet = async (row: Row, reference: IncomingReference, target: string): Promise<void> => {
    const { table, column } = reference;
    const id = row["id"] as string;
    switch (reference.onDelete) {
      case "cascade":
        return follow({ table, id, before: row, after: null });
      case "setNull": {
        const key = keyOf(table, id);
        const earlier = updates.get(key)?.after ?? row;
        const after = Object.freeze({ ...earlier, [column]: null });
        updates.set(key, { table, id, before: row, after });
        return;
      }
      case "restrict":
        restrictions.push({ reference, id, target });
        return;
      case "noAction":
        return;
    }
  };

  for (const change of asked) await follow(change);
  for (const { reference, id, target } of restrictions) {
    if (met.has(keyOf(reference.table, id))) continue;
    throw new PlasmaError(
      "restricted",
      `This row of "${target}" is still referred to by "${reference.table}.${reference.column}", so it cannot be deleted. Delete or change the row that refers to it first.`,
    );
  }
  const kept = [...updates].filter(([key]) => !met.has(key)).map(([, change]) => change);
  return [...kept, ...deletes];
}

/** No table's name has a colon. */
function keyOf(table: string, id: string): string {
  return `${table}:${id}`;
}
