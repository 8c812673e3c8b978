/**
 * C2: what a tab was told of a mutation is what the server decided. What it was told is not kept never happens; in the end
 * everything that is kept was decided, and every tab that is still open has had the last word on all that it made.
 */

import { ATTACKER } from "../world/attacker.ts";
import type { Checker, WorldView } from "../world/checker.ts";
import type { Op } from "../world/history.ts";

export function exactlyOnce<Ctx>(world: WorldView<Ctx>): Checker<Ctx> {
  const happened = new Set<string>();
  const wrong = (op: Op, what: string) =>
    world.fail(`C2: ${op.name} ${op.token} of ${op.tab} ${what}`);
  return {
    decided({ name, args, code, uid, isMoved, principal }) {
      if (principal === ATTACKER) world.fail(`C2: an attacker's ${name} ${uid} was decided`);
      const { token } = (args ?? {}) as { token?: string };
      const op = token === undefined ? undefined : world.history.byToken.get(token);
      if (!op || code !== null || isMoved) return;
      if (happened.has(token!)) wrong(op, `happened twice, as a ${name}`);
      happened.add(token!);
    },
    restored(undone) {
      for (const { args } of undone) {
        const { token } = (args ?? {}) as { token?: string };
        if (token !== undefined) happened.delete(token);
      }
    },
    told(op) {
      if (op.status !== "confirmed" && op.status !== "refused") return;
      const said = `${op.status} ${op.code}`;
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
    toldOfDiscard(op, outcome) {
      if (world.wasUndone(op)) return;
      const decision = world.timeline.decisionOf(op.person, op.uid!);
      const isRight = decision && (decision.code === null) === (outcome === "alreadyApplied");
      if (isRight) return;
      const was = decision ? `decided as ${decision.code ?? "ok"}` : "not decided";
      wrong(op, `was given up, which is said to be ${outcome}, and was ${was}`);
    },
    rested() {
      const decided = new Map(
        [...world.timeline.decided.values()].flatMap((decision) => {
          const { token } = (decision.args ?? {}) as { token?: string };
          return token === undefined || decision.code === "discarded" ? [] : [[token, decision]];
        }),
      );
      const tabs = world.devices.flatMap((device) => [...device.tabs]);
      const isOpen = new Set(tabs.filter((tab) => !tab.isClosing).map(({ name }) => name));
      for (const op of world.history.ops) {
        if (op.status === "failed" && decided.has(op.token)) {
          wrong(op, "failed here, and was decided all the same");
        }
        if (op.status !== "made" && op.status !== "durable") continue;
        if (isOpen.has(op.tab))
          wrong(op, `is ${op.status} for ever: its tab waits for the last word`);
        if (op.status === "made" || op.isDiscarded) continue;
        if (world.wasCleared(op) || world.wasUndone(op)) continue;
        if (!decided.has(op.token)) wrong(op, "was kept, and never decided");
      }
    },
  };
}
