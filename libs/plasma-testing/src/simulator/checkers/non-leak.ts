/**
 * C7: no byte of a row goes to whom may not read it, as of the version that the answer speaks of; and nobody learns that a row
 * is gone who could not read it before. What goes are the rows of that version, byte by byte.
 */

import type { PullRequest, PullResponse } from "@sh1n4ps/plasma-core";
import { differenceOf } from "../reference.ts";
import type { ModelState } from "../reference.ts";
import type { Checker, WorldView } from "../world/checker.ts";
import { readCookie } from "../world/cookie.ts";

type RowPut = Extract<PullResponse["patch"][number], { readonly op: "put" }>;

const CANARY = "canary-";

export function nonLeak<Ctx>(world: WorldView<Ctx>): Checker<Ctx> {
  const sees = (state: ModelState, ctx: Ctx, { table, id }: { table: string; id: string }) => {
    const stored = state[table]?.get(id);
    return stored !== undefined && world.model.sees(state, ctx, table, stored);
  };
  /** What a row that is sent is not as it should be. */
  const differenceIn = ({ table, row }: RowPut, state: ModelState, ctx: Ctx): string | null => {
    const id = row["id"] as string;
    if (!sees(state, ctx, { table, id })) return `${table} ${id}`;
    const stored = new Map([[id, state[table]!.get(id)!]]);
    return differenceOf({ [table]: new Map([[id, row]]) }, { [table]: stored });
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
        if (operation.op === "put") {
          const wrongRow = differenceIn(operation, state, answer.ctx!);
          if (wrongRow) wrong(`${wrongRow}, as of version ${at.version}`);
        } else if (had && !sees(had.state, had.ctx, operation)) {
          wrong(`that ${operation.table} ${operation.id} is gone, which they never saw`);
        }
      }
    },
  };
}
