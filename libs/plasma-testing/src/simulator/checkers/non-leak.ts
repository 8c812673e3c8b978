/** C7: no byte of a row goes to whom may not read it, as of the version that the answer speaks of. */

import type { PullResponse } from "@sh1n4ps/plasma-core";
import type { Checker, WorldView } from "../world/checker.ts";
import { readCookie } from "../world/cookie.ts";

export function nonLeak<Ctx>(world: WorldView<Ctx>): Checker<Ctx> {
  return {
    answered({ line, path, answer }) {
      const wrong = (what: string) => world.fail(`C7: ${line.person} was sent ${what}`);
      if (path !== "pull" || answer.status !== 200) {
        if (answer.body.includes("canary-")) wrong(`content with a ${path}: ${answer.body}`);
        return;
      }
      const { cookie, patch } = JSON.parse(answer.body) as PullResponse;
      const { version, nonce, page } = readCookie(cookie);
      const at = page ?? { version: version ?? 0, nonce };
      const state = world.timeline.stateAt(at.version, at.nonce);
      if (!state) return wrong(`version ${at.version}, which never was`);
      for (const operation of patch) {
        if (operation.op !== "put") continue;
        const { table, row } = operation;
        const stored = state[table]?.get(row["id"] as string);
        if (!stored || !world.model.sees(state, answer.ctx!, table, stored)) {
          wrong(`${table} ${row["id"] as string} as of version ${at.version}`);
        }
      }
    },
  };
}
