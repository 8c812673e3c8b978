/** C1: a mutation is put aside only after it has had as many attempts, and as much time, as the server is told to give it. */

import type { Checker, WorldView } from "../world/checker.ts";

export function patience<Ctx>(world: WorldView<Ctx>): Checker<Ctx> {
  return {
    decided({ name, uid, code, isMoved }) {
      if (code !== "quarantined" || isMoved) return;
      const { attempts, afterMs } = world.quarantine;
      const { times = 0, firstAt = 0 } = world.arrivalsOf(uid) ?? {};
      const hadMs = world.scheduler.now - firstAt;
      if (times >= attempts && hadMs >= afterMs) return;
      world.fail(`C1: ${name} ${uid} is put aside after ${times} attempts in ${hadMs} ms`);
    },
  };
}
