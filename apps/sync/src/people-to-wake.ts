/**
 * Who has to be woken after a push: the people who see something of what changed, and nobody else.
 *
 * Everything that is shared hangs on a list, so a change concerns the members of its list: those that the list has
 * after the push, and those whose membership the push itself ended.
 */

import { members, schema } from "@plasma-starter/todo-domain";
import { inArray } from "@sh1n4ps/plasma-core";
import type { RowChange } from "@sh1n4ps/plasma-core";
import { createServerDb } from "@sh1n4ps/plasma-server";
import type { SqlExecutor } from "@sh1n4ps/plasma-server";

export interface Touched {
  readonly listIds: ReadonlySet<string>;
  /** Members that the changes themselves name, on either side of the push. */
  readonly memberIds: ReadonlySet<string>;
  /** People whose own rows changed: everyone who shares a list with them sees that. */
  readonly profileIds: ReadonlySet<string>;
}

/** What row changes touch, before and after. Any table whose rows have a `listId` belongs to that list. */
export function touchedBy(changes: readonly RowChange[]): Touched {
  const listIds = new Set<string>();
  const memberIds = new Set<string>();
  const profileIds = new Set<string>();
  for (const { table, id, before, after } of changes) {
    if (table === "lists") listIds.add(id);
    if (table === "users") profileIds.add(id);
    for (const row of [before, after]) {
      addText(listIds, row?.["listId"]);
      if (table === "members") addText(memberIds, row?.["userId"]);
    }
  }
  return { listIds, memberIds, profileIds };
}

/** Everybody who sees one of the changes, or saw the row before it. */
export async function peopleToWake(
  executor: SqlExecutor,
  changes: readonly RowChange[],
): Promise<ReadonlySet<string>> {
  const { listIds, memberIds, profileIds } = touchedBy(changes);
  const people = new Set([...memberIds, ...profileIds]);
  if (listIds.size === 0 && profileIds.size === 0) return people;
  const db = createServerDb({ schema, executor });
  const lists = new Set(listIds);
  if (profileIds.size > 0) {
    const theirs = await db
      .select()
      .from(members)
      .where(inArray(members.userId, [...profileIds]));
    for (const { listId } of theirs) lists.add(listId);
  }
  const others = await db
    .select()
    .from(members)
    .where(inArray(members.listId, [...lists]));
  for (const { userId } of others) people.add(userId);
  return people;
}

function addText(set: Set<string>, value: unknown): void {
  if (typeof value === "string") set.add(value);
}
