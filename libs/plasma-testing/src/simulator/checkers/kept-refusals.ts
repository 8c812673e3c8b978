/**
 * C2: a mutation that the server has refused is never dropped without a word. It stays on its device, with its args and
 * the reason, until the person dismisses it or tries it again; and in the end every tab of the device shows the same ones.
 */

import { decodeTagged } from "@sh1n4ps/plasma-core";
import type { Checker, WorldView } from "../world/checker.ts";
import type { Op } from "../world/history.ts";

export function keptRefusals<Ctx>(world: WorldView<Ctx>): Checker<Ctx> {
  const open = new Map<string, Set<Op>>();
  const isOfNoConcern = (op: Op, cleared: number) =>
    op.isDismissed || op.isDiscarded || op.cleared < cleared || world.wasUndone(op);
  return {
    told(op) {
      if (op.status !== "durable") return;
      open.set(op.device, (open.get(op.device) ?? new Set()).add(op));
    },
    stored(disk, { outbox, rejected }) {
      const ofDevice = open.get(disk.name);
      if (!ofDevice) return;
      const waiting = new Set(outbox.map(({ uid }) => uid));
      const kept = new Map(rejected.map((one) => [one.uid, one]));
      for (const op of ofDevice) {
        if (waiting.has(op.uid!)) continue;
        const decision = world.timeline.decisionOf(op.person, op.uid!);
        if (isOfNoConcern(op, disk.cleared) || !decision || decision.code === null) {
          ofDevice.delete(op);
          continue;
        }
        const { code, name, args } = kept.get(op.uid!) ?? {};
        const { token } = (decodeTagged(args ?? {}) ?? {}) as { token?: string };
        if (code === decision.code && name === op.name && token === op.token) continue;
        const why = code === undefined ? "is nowhere" : `is there as ${name} ${token} with ${code}`;
        world.fail(
          `C2: ${op.name} ${op.token} of ${disk.name} was refused as ${decision.code}, and ${why}`,
        );
      }
    },
    async rested() {
      for (const { disk, tabs } of world.devices) {
        const { rejected } = await disk.peek();
        const kept = rejected.map(({ uid }) => uid).toSorted();
        for (const { name, client } of tabs) {
          const shown = client.rejected.list().map(({ uid }) => uid);
          if (shown.toSorted().join() === kept.join()) continue;
          world.fail(`C2: ${name} shows ${shown.length} of ${kept.length} refusals in the end`);
        }
      }
    },
  };
}
