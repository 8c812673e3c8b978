/**
 * C2: what a tab was told of a mutation is what the server decided, and is told once. What it was told is not kept never
 * happens, and in the end everything that is kept was decided.
 */

import { ATTACKER } from "../world/attacker.ts";
import type { Checker, WorldView } from "../world/checker.ts";
import type { Op } from "../world/history.ts";

export function exactlyOnce<Ctx>(world: WorldView<Ctx>): Checker<Ctx> {
  const told = new Map<string, string>();
  const happened = new Set<Op>();
  const wrong = (op: Op, what: string) =>
    world.fail(`C2: ${op.name} ${op.token} of ${op.tab} ${what}`);
  return {
    decided({ name, args, code, uid, isMoved, principal }) {
      if (principal === ATTACKER) world.fail(`C2: an attacker's ${name} ${uid} was decided`);
      const { token } = (args ?? {}) as { token?: string };
      const op = token === undefined ? undefined : world.history.byToken.get(token);
      if (!op || code !== null || isMoved) return;
      // Its tab may have died before it heard of its uid.
      const wasUndone = world.wasUndone({ ...op, uid });
      if (happened.has(op) && !wasUndone) wrong(op, `happened twice, as a ${name}`);
      happened.add(op);
    },
    told(op) {
      if (op.status !== "confirmed" && op.status !== "refused") return;
      const said = `${op.status} ${op.code}`;
      const earlier = told.get(op.token);
      if (earlier !== undefined) wrong(op, `was told ${earlier}, then ${said}`);
      told.set(op.token, said);
      if (op.code === "mutation-discarded") {
        if (!op.isDiscarded) wrong(op, "is said to be discarded");
        return;
      }
      const decision = op.uid === null ? undefined : world.timeline.decisionOf(op.person, op.uid);
      if (world.wasUndone(op)) return;
      if (!decision) wrong(op, `is said to be ${said}, and nothing was decided`);
      else if (decision.code !== op.code) {
        wrong(op, `is said to be ${said}, and was decided as ${decision.code ?? "ok"}`);
      }
    },
    rested() {
      const decided = new Map(
        [...world.timeline.decided.values()].flatMap((decision) => {
          const { token } = (decision.args ?? {}) as { token?: string };
          return token === undefined || decision.code === "discarded" ? [] : [[token, decision]];
        }),
      );
      for (const op of world.history.ops) {
        if (op.status === "failed" && decided.has(op.token)) {
          wrong(op, "failed here, and was decided all the same");
        }
        if (op.status !== "durable" || op.isDiscarded) continue;
        if (world.wasCleared(op) || world.wasUndone(op)) continue;
        if (!decided.has(op.token)) wrong(op, "was kept, and never decided");
      }
    },
  };
}
