/**
 * Who has to be woken after a push: the people who see something of what changed, and nobody else.
 *
 * Everything that is shared hangs on a list, so a change concerns the members of its list: those that the list has
 * after the push, and those whose membership the push itself ended. A row without a list concerns the people whom it
 * refers to.
 */

import { members, schema } from "@plasma-starter/todo-domain";
import { inArray } from "@sh1n4ps/plasma-core";
import type { RowChange } from "@sh1n4ps/plasma-core";
import { createServerDb } from "@sh1n4ps/plasma-server";
import type { SqlExecutor } from "@sh1n4ps/plasma-server";
import { peopleNamedBy } from "./people-named.ts";

export interface Touched {
  readonly listIds: ReadonlySet<string>;
  /** Members, and people of rows without a list, that the changes themselves name, on either side of the push. */
  readonly personIds: ReadonlySet<string>;
  /** People whose own rows changed: everyone who shares a list with them sees that. */
  readonly profileIds: ReadonlySet<string>;
}

/** What row changes touch, before and after. Any table whose rows have a `listId` belongs to that list. */
export function touchedBy(changes: readonly RowChange[]): Touched {
  const listIds = new Set<string>();
  const personIds = new Set<string>();
  const profileIds = new Set<string>();
  for (const change of changes) {
    const { table, id, before, after } = change;
    if (table === "lists") listIds.add(id);
    if (table === "users") profileIds.add(id);
    if (table !== "lists" && !before?.["listId"] && !after?.["listId"]) {
      for (const person of peopleNamedBy([change])) personIds.add(person);
    }
    for (const row of [before, after]) {
      addText(listIds, row?.["listId"]);
      if (table === "members") addText(personIds, row?.["userId"]);
    }
  }
  return { listIds, personIds, profileIds };
}

/** Everybody who sees one of the changes, or saw the row before it. */
export async function peopleToWake(
  executor: SqlExecutor,
  changes: readonly RowChange[],
): Promise<ReadonlySet<string>> {
  const { listIds, personIds, profileIds } = touchedBy(changes);
  const people = new Set([...personIds, ...profileIds]);
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
