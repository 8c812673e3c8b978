/**
 * C9: what a live query has told last is what it shows when it is asked anew, in the same order. Looked at when it has told
 * something, and for all of a tab's queries in turn and at rest: one that should have told something and did not is wrong, too.
 */

import { settle } from "../world/host.ts";
import type { Checker, Emission, WorldView } from "../world/checker.ts";
import type { Tab } from "../world/device.ts";

/** In steps: how often the turn of another tab comes. */
const TURN = 40;

export function liveQueries<Ctx>(world: WorldView<Ctx>): Checker<Ctx> {
  const told = new Map<Tab, Map<string, Emission>>();
  const unchecked = new Set<Emission>();
  let steps = 0;

  const open = () =>
    [...told.keys()].filter((tab) => {
      if (!tab.isAlive) told.delete(tab);
      return tab.isAlive && !tab.isClosing;
    });
  const check = async (emission: Emission): Promise<"checked" | "later"> => {
    const { tab, query, rows } = emission;
    if (!tab.isAlive || tab.isClosing) return "checked";
    let anew: string | undefined;
    void emission.askAnew().then((found) => void (anew = JSON.stringify(found)));
    await settle();
    // It is still opening.
    if (anew === undefined) return "later";
    if (told.get(tab)?.get(query) !== emission) return "checked";
    const shown = JSON.stringify(rows);
    if (shown !== anew)
      world.fail(`C9: ${tab.name} ${query} shows ${shown}, and asked anew ${anew}`);
    return "checked";
  };

  return {
    emitted(emission) {
      const { tab, query } = emission;
      const ofTab = told.get(tab) ?? new Map<string, Emission>();
      const before = ofTab.get(query);
      if (before) unchecked.delete(before);
      told.set(tab, ofTab.set(query, emission));
      unchecked.add(emission);
    },
    async stepped() {
      steps++;
      if (steps % TURN === 0) {
        const tabs = open();
        const tab = tabs[(steps / TURN) % tabs.length];
        for (const emission of (tab && told.get(tab)?.values()) ?? []) unchecked.add(emission);
      }
      for (const emission of unchecked) {
        if ((await check(emission)) === "checked") unchecked.delete(emission);
      }
    },
    async rested() {
      for (const tab of open())
        for (const emission of told.get(tab)!.values()) await check(emission);
    },
  };
}
