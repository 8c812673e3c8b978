/**
 * Who has to be woken after a push: the people who see something of what changed, and nobody else.
 *
 * Everything that is shared hangs on a list, so a change concerns the members of its list: those that the list has
 * after the push, and those whose membership the push itself ended. The room of a person is named after them.
 */

import { pokeCoordinator } from "@sh1n4ps/plasma-server/coordinator";
import type { CoordinatorNamespace } from "@sh1n4ps/plasma-server/coordinator";
import type { RowChange } from "@sh1n4ps/plasma-core";
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
  executor: Pick<SqlExecutor, "all">,
  changes: readonly RowChange[],
): Promise<ReadonlySet<string>> {
  const { listIds, memberIds, profileIds } = touchedBy(changes);
  const people = new Set([...memberIds, ...profileIds]);
  if (listIds.size === 0 && profileIds.size === 0) return people;
  // A parameter for each set, however large it is: D1 takes at most 100 of them.
  const rows = await executor.all({
    text: `SELECT DISTINCT "userId" FROM "members"
      WHERE "listId" IN (SELECT value FROM json_each(?))
         OR "listId" IN (SELECT "listId" FROM "members" WHERE "userId" IN (SELECT value FROM json_each(?)))`,
    params: [JSON.stringify([...listIds]), JSON.stringify([...profileIds])],
  });
  for (const row of rows) addText(people, row["userId"]);
  return people;
}

/** Pokes each person in their own room. One room that fails keeps nobody else from being woken. */
export async function wake(
  namespace: CoordinatorNamespace,
  people: Iterable<string>,
): Promise<void> {
  const pokes = [...people].map((userId) => pokeCoordinator(namespace, userId));
  const failures = (await Promise.allSettled(pokes)).filter((poke) => poke.status === "rejected");
  if (failures.length > 0) {
    throw new AggregateError(
      failures.map(({ reason }) => reason as unknown),
      `${failures.length} of ${pokes.length} people could not be woken.`,
    );
  }
}

function addText(set: Set<string>, value: unknown): void {
  if (typeof value === "string") set.add(value);
}
