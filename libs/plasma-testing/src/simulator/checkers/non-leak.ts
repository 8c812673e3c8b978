/**
 * C7: no byte of a row goes to whom may not read it, as of the version that the answer speaks of; and nobody learns that a row
 * is gone who could not read it before.
 */

import type { PullRequest, PullResponse } from "@sh1n4ps/plasma-core";
import type { ModelState } from "../reference.ts";
import type { Checker, WorldView } from "../world/checker.ts";
import { readCookie } from "../world/cookie.ts";

const CANARY = "canary-";

export function nonLeak<Ctx>(world: WorldView<Ctx>): Checker<Ctx> {
  const sees = (state: ModelState, ctx: Ctx, { table, id }: { table: string; id: string }) => {
    const stored = state[table]?.get(id);
    return stored !== undefined && world.model.sees(state, ctx, table, stored);
  };
  /** What an asker had before: the rows as of the cookie, as whom they were then. Undefined for a past that was undone. */
  const before = (cookie: string | null) => {
    if (cookie === null) return undefined;
    const { version, nonce, page } = readCookie(cookie);
    if (page) return undefined;
    const state = world.timeline.stateAt(version ?? -1, nonce);
    const ctx = world.ctxOfCookie(cookie);
    return state && ctx !== undefined ? { state, ctx } : undefined;
  };
  return {
    answered({ line, path, request, answer }) {
      const wrong = (what: string) => world.fail(`C7: ${line.person} was sent ${what}`);
      if (path !== "pull" || answer.status !== 200) {
        if (answer.body.includes(CANARY)) wrong(`content with a ${path}: ${answer.body}`);
        return;
      }
      const { cookie, patch, ...rest } = JSON.parse(answer.body) as PullResponse;
      if (JSON.stringify(rest).includes(CANARY)) wrong(`content beside the rows: ${answer.body}`);
      const { version, nonce, page } = readCookie(cookie);
      const at = page ?? { version: version ?? 0, nonce };
      const state = world.timeline.stateAt(at.version, at.nonce);
      if (!state) return wrong(`version ${at.version}, which never was`);
      const had = before((JSON.parse(request) as PullRequest).cookie);
      for (const operation of patch) {
        if (operation.op === "clear") continue;
        const { op, table } = operation;
        const id = op === "put" ? (operation.row["id"] as string) : operation.id;
        if (op === "put" && !sees(state, answer.ctx!, { table, id })) {
          wrong(`${table} ${id} as of version ${at.version}`);
        }
        if (op === "del" && had && !sees(had.state, had.ctx, { table, id })) {
          wrong(`that ${table} ${id} is gone, which they never saw`);
        }
      }
    },
  };
}
