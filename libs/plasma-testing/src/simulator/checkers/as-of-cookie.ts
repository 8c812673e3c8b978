/**
 * C4 and C6, at every pull: the confirmed rows of a device are those that its person could see as of its cookie, byte by
 * byte, and the cookie never goes back, but from a past that a restored backup has undone.
 */

import { differenceOf, visibleTo } from "../reference.ts";
import type { Checker, WorldView } from "../world/checker.ts";
import { readCookie } from "../world/cookie.ts";

export function asOfCookie<Ctx>(world: WorldView<Ctx>): Checker<Ctx> {
  return {
    async pulled(disk, commit, outcome) {
      if (outcome.kind !== "applied") return;
      const { version, nonce } = readCookie(commit.cookie);
      const wrong = (what: string) => world.fail(`C6: ${disk.name} at version ${version}: ${what}`);
      const ctx = world.ctxOfCookie(commit.cookie);
      if (version === null || ctx === undefined) return wrong("a cookie that no pull ended with");
      const state = world.timeline.stateAt(version, nonce);
      if (!state) return wrong("a version that never was");
      const { base } = await disk.peek();
      const difference = differenceOf(Object.fromEntries(base), visibleTo(world.model, state, ctx));
      if (difference) wrong(difference);
      if (commit.expectedCookie === null) return;
      const before = readCookie(commit.expectedCookie);
      if (before.version === null || !world.timeline.isPresent(before.version, before.nonce))
        return;
      if (before.version > version) {
        world.fail(`C4: ${disk.name} went back from version ${before.version} to ${version}`);
      }
    },
  };
}
