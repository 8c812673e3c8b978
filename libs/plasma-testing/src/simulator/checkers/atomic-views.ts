/** C4 and C5 in what people see: sums that no mutation changes, and one's own tokens, in every single view. */

import type { Checker, WorldView } from "../world/checker.ts";
import type { Tab } from "../world/device.ts";
import { ACCOUNTS, OPENING_BALANCE } from "../workload/model.ts";

export function atomicViews<Ctx>(world: WorldView<Ctx>): Checker<Ctx> {
  const own = new Map<string, Map<string, string>>();
  const shownBy = (tab: Tab, what: string) => world.fail(`C5: ${tab.name} shows ${what}`);
  return {
    told(op) {
      if (op.name !== "append") return;
      const ofTab = own.get(op.tab) ?? new Map<string, string>();
      own.set(op.tab, ofTab);
      if (op.status === "durable") ofTab.set(op.token, op.args["id"] as string);
      if (op.status === "refused" || op.isDiscarded) ofTab.delete(op.token);
    },
    stored(disk, _state, what) {
      // The person has had the rows of this device forgotten.
      if (what !== "resetBase") return;
      for (const tab of own.keys()) if (tab.startsWith(`${disk.name}.`)) own.delete(tab);
    },
    emitted({ tab, query: table, rows }) {
      if (table === "accounts" && rows.length > 0) {
        const sum = rows.reduce((total, row) => total + (row["balance"] as number), 0);
        if (sum !== ACCOUNTS.length * OPENING_BALANCE) shownBy(tab, `a sum of ${sum}`);
        if (rows.some((row) => (row["balance"] as number) < 0)) shownBy(tab, "a debt");
      }
      if (table === "shifts" && rows.length > 0 && !rows.some((row) => row["onCall"])) {
        shownBy(tab, "nobody on call");
      }
      if (table !== "logs") return;
      const tokens = new Map(
        rows.map((row) => [row["id"] as string, (row["tokens"] as string).split(" ")]),
      );
      for (const [id, list] of tokens) {
        // What a twin has pushed arrives as a row before this device can know that it is what waits here.
        if (!tab.device.hasTwin && new Set(list).size < list.length)
          shownBy(tab, `a token twice in ${id}`);
      }
      for (const [token, id] of own.get(tab.name) ?? []) {
        if (tokens.get(id)?.includes(token)) continue;
        const op = world.history.byToken.get(token);
        if (!op || op.isDiscarded || world.wasUndone(op) || world.wasCleared(op)) continue;
        world.fail(`C4: ${tab.name} no longer shows its own ${token} in ${id}`);
      }
    },
  };
}
