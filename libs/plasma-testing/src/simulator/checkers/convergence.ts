/** C6, in the end: every tab shows exactly what its person may see, and nothing else. */

import { differenceOf, visibleTo } from "../reference.ts";
import type { ModelRow } from "../reference.ts";
import type { Checker, WorldView } from "../world/checker.ts";

export function convergence<Ctx>(world: WorldView<Ctx>): Checker<Ctx> {
  return {
    async rested() {
      for (const device of world.devices) {
        const expected = visibleTo(world.model, world.timeline.state, world.ctxOf(device.person));
        for (const tab of device.tabs) {
          const shown: Record<string, Map<string, ModelRow>> = {};
          for (const [name, table] of Object.entries(tab.client.schema.tables)) {
            const rows = (await tab.client.db.select().from(table)) as ModelRow[];
            shown[name] = new Map(rows.map((row) => [row["id"] as string, row]));
          }
          const difference = differenceOf(shown, expected);
          if (difference) world.fail(`C6: ${tab.name} in the end: ${difference}`);
        }
      }
    },
  };
}
