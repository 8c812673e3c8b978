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
import { keyLists } from "../query/key-lists.ts";
import type { IncomingReference, Schema } from "../schema/schema.ts";
import type { Row } from "../schema/table.ts";
import type { RowChange, WriteStore } from "./write-store.ts";

interface Restriction {
  readonly reference: IncomingReference;
  readonly id: string;
  readonly target: string;
}

/** A row that goes, and the rows that go with it because they refer to it. */
interface Deleted {
  readonly change: RowChange;
  readonly referrers: Deleted[];
}

export async function planDelete(
  schema: Schema,
  store: WriteStore,
  asked: readonly RowChange[],
): Promise<readonly RowChange[]> {
  const deleted = new Map<string, Deleted>();
  const updates = new Map<string, RowChange>();
  const restrictions: Restriction[] = [];
  let found: Deleted[] = [];

  const add = (change: RowChange): Deleted => {
    const key = keyOf(change.table, change.id);
    let known = deleted.get(key);
    if (!known) {
      known = { change, referrers: [] };
      deleted.set(key, known);
      found.push(known);
    }
    return known;
  };

  const meet = (row: Row, reference: IncomingReference, target: string): void => {
    const { table, column } = reference;
    const id = row["id"] as string;
    switch (reference.onDelete) {
      case "cascade": {
        const referrer = add({ table, id, before: row, after: null });
        deleted.get(keyOf(target, row[column] as string))?.referrers.push(referrer);
        return;
      }
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

  for (const change of asked) add(change);
  // Level by level, and each reference of a level at once: a database is asked as often as references lie in a row.
  while (found.length > 0) {
    const level = idsByTable(found);
    found = [];
    for (const [table, ids] of level) {
      for (const reference of schema.references.get(table) ?? []) {
        if (reference.onDelete === "noAction") continue;
        for (const list of keyLists(ids)) {
          const rows = await store.rowsWith(reference.table, reference.column, list);
          for (const row of rows) meet(row, reference, table);
        }
      }
    }
  }
  for (const { reference, id, target } of restrictions) {
    if (deleted.has(keyOf(reference.table, id))) continue;
    throw new PlasmaError(
      "restricted",
      `This row of "${target}" is still referred to by "${reference.table}.${reference.column}", so it cannot be deleted. Delete or change the row that refers to it first.`,
    );
  }
  const kept = [...updates].filter(([key]) => !deleted.has(key)).map(([, change]) => change);
  return [...kept, ...referrersFirst(deleted.values())];
}

function idsByTable(rows: readonly Deleted[]): Map<string, string[]> {
  const ids = new Map<string, string[]>();
  for (const { change } of rows) {
    const ofTable = ids.get(change.table);
    if (ofTable) ofTable.push(change.id);
    else ids.set(change.table, [change.id]);
  }
  return ids;
}

/** Each row behind those that refer to it. Not by recursion: a tree of rows may be deep. */
function referrersFirst(rows: Iterable<Deleted>): RowChange[] {
  const ordered: RowChange[] = [];
  const entered = new Set<Deleted>();
  for (const start of rows) {
    if (entered.has(start)) continue;
    entered.add(start);
    const path = [{ row: start, next: 0 }];
    for (let place = path.at(-1); place; place = path.at(-1)) {
      const referrer = place.row.referrers[place.next++];
      if (!referrer) {
        ordered.push(place.row.change);
        path.pop();
      } else if (!entered.has(referrer)) {
        entered.add(referrer);
        path.push({ row: referrer, next: 0 });
      }
    }
  }
  return ordered;
}

/** No table's name has a colon. */
function keyOf(table: string, id: string): string {
  return `${table}:${id}`;
}
