/** Pokes on Cloudflare. The room of a person is named after them. */

import { pokeCoordinator } from "@sh1n4ps/plasma-server/coordinator";
import type { CoordinatorNamespace } from "@sh1n4ps/plasma-server/coordinator";

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
