/** C4: what a tab is told was undone had been decided, in a past that a restored backup has undone. */

import type { Checker, WorldView } from "../world/checker.ts";

/** As `details` of the error has it. */
interface Told {
  readonly undone: readonly {
    readonly clientID: string;
    readonly from: number;
    readonly to: number;
  }[];
}

export function undoneReports<Ctx>(world: WorldView<Ctx>): Checker<Ctx> {
  /** In which version each was decided. */
  const decided = new Map<string, number>();
  const undone = new Set<string>();
  return {
    decided({ clientID, id, version }) {
      decided.set(`${clientID}/${id}`, version);
    },
    restored() {
      for (const [mutation, version] of decided) {
        if (version <= world.timeline.version) continue;
        decided.delete(mutation);
        undone.add(mutation);
      }
    },
    clientError(tab, { kind, details }) {
      if (kind !== "mutations-undone") return;
      for (const { clientID, from, to } of (details as Told).undone) {
        for (let id = from; id <= to; id++) {
          const mutation = `${clientID}/${id}`;
          if (undone.has(mutation)) continue;
          world.fail(`C4: ${tab.name} is told that ${mutation} was undone, which it was not`);
        }
      }
    },
  };
}
