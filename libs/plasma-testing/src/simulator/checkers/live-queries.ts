/** C9: after every step, what a live query shows is what it shows when it is asked anew, in the same order. */

import { settle } from "../world/host.ts";
import type { Checker, Emission, WorldView } from "../world/checker.ts";

export function liveQueries<Ctx>(world: WorldView<Ctx>): Checker<Ctx> {
  const changed = new Map<string, Emission>();
  return {
    emitted(emission) {
      changed.set(`${emission.tab.name} ${emission.query}`, emission);
    },
    async stepped() {
      for (const [key, emission] of changed) {
        let anew: string | undefined;
        void emission.askAnew().then((rows) => void (anew = JSON.stringify(rows)));
        await settle();
        // It is still opening: later.
        if (anew === undefined && emission.tab.isAlive) continue;
        changed.delete(key);
        if (!emission.tab.isAlive || emission.tab.isClosing) continue;
        const shown = JSON.stringify(emission.current());
        if (shown === anew) continue;
        world.fail(`C9: ${key} shows ${shown}, and asked anew ${anew}`);
      }
    },
  };
}
