/**
 * C11, on the device: a tab says no to a mutation only for a reason that people can meet, and not because of the engine. What
 * the app's mutators and rules say is what the reference model says on the rows that the tab has just shown.
 */

import type { ModelCall, ModelRow, ModelState } from "../reference.ts";
import type { Checker, WorldView } from "../world/checker.ts";
import type { Op } from "../world/history.ts";

/** What the app's mutators and rules say, as far as the device can judge. */
const REASONS = new Set([
  ...["overdrawn", "no-account", "last-on-call", "too-many"],
  ...["conflict", "forbidden", "missing-reference", "restricted"],
]);

/** The rows are told one table after the other, and a mutation may have run before the last of them. */
const LOOKS_BACK = 12;

/** What a device takes of one mutation. */
const MAX_ARGS_LENGTH = 1_000_000;

export function honestRefusals<Ctx>(world: WorldView<Ctx>): Checker<Ctx> {
  const renewed = new Set<string>();
  /** What each tab has shown of late, the last first. */
  const shown = new Map<string, readonly ModelState[]>();
  const tabOf = ({ device, tab }: Op) =>
    [...(world.devices.find(({ name }) => name === device)?.tabs ?? [])].find(
      ({ name }) => name === tab,
    );
  const isOfEngine = (op: Op): boolean => {
    const disk = world.devices.find(({ name }) => name === op.device)?.disk;
    if (op.code === "quota") return disk !== undefined && disk.full > 0;
    if (op.code === "client-renewed") return renewed.has(op.device);
    if (op.code === "storage-closed") {
      const tab = tabOf(op);
      // One that was reloaded since is gone.
      return tab === undefined || disk!.isClosedFor(tab.owner);
    }
    return op.code === "disposed" && (tabOf(op)?.isClosing ?? true);
  };
  const isOfApp = async ({ tab, person, name, args, code }: Op): Promise<boolean> => {
    const call: ModelCall<Ctx> = { name, args, ctx: world.ctxOf(person), isOnDevice: true };
    for (const state of shown.get(tab) ?? []) {
      if (Object.keys(world.model.initial).some((table) => !state[table])) continue;
      const { code: expected } = await world.model.execute(state, call);
      if (expected === code) return true;
    }
    return false;
  };
  return {
    stored(disk, _state, what) {
      if (what === "renewClient") renewed.add(disk.name);
    },
    emitted({ tab, query, rows }) {
      if (!Object.hasOwn(world.model.initial, query)) return;
      const before = shown.get(tab.name) ?? [];
      const table = new Map(rows.map((row) => [row["id"] as string, row as ModelRow]));
      const now = { ...before[0], [query]: table };
      shown.set(tab.name, [now, ...before].slice(0, LOOKS_BACK));
    },
    async told(op) {
      const { status, code, args, name, token, tab } = op;
      const isTooLarge = JSON.stringify(args).length > MAX_ARGS_LENGTH;
      if (isTooLarge && status === "durable") {
        world.fail(`C11: ${tab} took ${name} ${token}, which is too large to be sent`);
      }
      if (status !== "failed" || code === null || isOfEngine(op)) return;
      if (isTooLarge && code === "invalid-value") return;
      if (REASONS.has(code) && (await isOfApp({ ...op }))) return;
      world.fail(`C11: ${tab} did not take ${name} ${token}: ${code}`);
    },
  };
}
