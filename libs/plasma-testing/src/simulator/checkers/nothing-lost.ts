/** C3: from the moment in which a tab says that a mutation is kept, it lies on the disk until the server has decided it. */

import type { Checker, WorldView } from "../world/checker.ts";
import type { StoredState } from "../world/disk.ts";
import type { Op } from "../world/history.ts";

export function nothingLost<Ctx>(world: WorldView<Ctx>): Checker<Ctx> {
  const open = new Map<string, Set<Op>>();
  return {
    told(op) {
      if (op.status !== "durable") return;
      const ofDevice = open.get(op.device) ?? new Set();
      open.set(op.device, ofDevice.add(op));
    },
    stored(disk, state) {
      const ofDevice = open.get(disk.name);
      if (!ofDevice) return;
      const kept = uidsOn(state);
      for (const op of ofDevice) {
        if (op.cleared < disk.cleared || op.isDiscarded) {
          ofDevice.delete(op);
        } else if (!kept.has(op.uid!)) {
          // Settled by what was undone since.
          const isUndone = world.wasUndone(op);
          const decision = world.timeline.decisionOf(op.person, op.uid!);
          if (!decision && !isUndone) {
            world.fail(
              `C3: ${op.name} ${op.token} was kept on ${disk.name}, and is gone undecided`,
            );
          }
          ofDevice.delete(op);
        }
      }
    },
  };
}

function uidsOn({ outbox, rejected }: StoredState): Set<string> {
  return new Set([...outbox, ...rejected].map(({ uid }) => uid));
}
