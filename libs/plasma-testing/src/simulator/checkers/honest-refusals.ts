/** C11, on the device: a tab says no to a mutation only for a reason that people can meet, and not because of the engine. */

import type { Checker, WorldView } from "../world/checker.ts";
import type { State } from "../world/states.ts";

/** What the app's mutators and rules say, as far as the device can judge; and what is said to a tab that closes. */
const REASONS = new Set([
  ...["overdrawn", "no-account", "last-on-call", "too-many"],
  ...["conflict", "forbidden", "missing-reference", "restricted"],
  "disposed",
]);

/** What can be said only after this has happened. */
const AFTER: Readonly<Record<string, State>> = {
  quota: "storage full",
  "storage-closed": "storage closed by a newer version",
  "client-renewed": "client id renewed",
};

/** What a device takes of one mutation. */
const MAX_ARGS_LENGTH = 1_000_000;

export function honestRefusals<Ctx>(world: WorldView<Ctx>): Checker<Ctx> {
  return {
    told({ status, code, name, args, token, tab }) {
      const isTooLarge = JSON.stringify(args).length > MAX_ARGS_LENGTH;
      if (isTooLarge && status === "durable") {
        world.fail(`C11: ${tab} took ${name} ${token}, which is too large to be sent`);
      }
      if (status !== "failed" || code === null || REASONS.has(code)) return;
      if (isTooLarge && code === "invalid-value") return;
      const cause = AFTER[code];
      if (cause && world.states.counts.has(cause)) return;
      world.fail(`C11: ${tab} did not take ${name} ${token}: ${code}`);
    },
  };
}
