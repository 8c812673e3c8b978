/**
 * C7, on the device: after each pull its disk has no secret content but that of rows which its person may see, and what they
 * have written themselves. That is so of the rows as they were (C6), and here of what waits in the outbox with its images.
 * These may hold what such a row was before, when its person saw it.
 */

import { visibleTo } from "../reference.ts";
import type { Checker, WorldView } from "../world/checker.ts";
import { readCookie } from "../world/cookie.ts";

const CANARIES = /canary-([^"]*?)-(x\d+)(?=")/g;

export function nothingKept<Ctx>(world: WorldView<Ctx>): Checker<Ctx> {
  return {
    async pulled(disk, { cookie }, outcome) {
      if (outcome.kind !== "applied") return;
      const { version, nonce } = readCookie(cookie);
      const ctx = world.ctxOfCookie(cookie);
      const state = world.timeline.stateAt(version ?? -1, nonce);
      if (!state || ctx === undefined) return;
      const { base: _, ...rest } = await disk.peek();
      const visible = visibleTo(world.model, state, ctx);
      const readable = new Set(Object.values(visible).flatMap((rows) => [...rows.keys()]));
      const { person } = world.deviceOf(disk);
      for (const [content, id, token] of JSON.stringify(rest).matchAll(CANARIES)) {
        const isOwn = world.history.byToken.get(token!)?.person === person;
        if (isOwn || readable.has(id!)) continue;
        world.fail(`C7: ${disk.name} keeps ${content}, which its person may not see any more`);
      }
    },
  };
}
