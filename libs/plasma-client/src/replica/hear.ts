/** What another tab tells, taken into the memory of this one. Pulls are the rebase's (`rebase.ts`). */

import type { TabMessage } from "../tabs/tab-message.ts";
import type { ReplicaMemory } from "./replica-memory.ts";

/** `missed`: this tab does not know enough to follow, and has to load everything. */
export function hear(
  message: Exclude<TabMessage, { readonly kind: "pulled" }>,
  memory: ReplicaMemory,
): "heard" | "missed" {
  switch (message.kind) {
    case "appended": {
      const heads = memory.heads();
      memory.dropRejected(message.dismissed);
      const unknown = message.entries.filter(({ clientID, id }) => id > (heads[clientID] ?? 0));
      const first = unknown[0];
      if (!first) return "heard";
      const isGap =
        first.id !== (heads[first.clientID] ?? 0) + 1 ||
        unknown.some(({ knew = {} }) => memory.lacksOneOf(knew));
      // One that was made on older rows than ours, or at the same moment as one of ours, is run again by loading it. One
      // that was made on newer rows tells of a pull that this tab has missed.
      const isOnOtherRows = unknown.some(({ baseSeq }) => baseSeq !== memory.baseSeq);
      if (isGap || isOnOtherRows || memory.wouldHaveBlindOnes(unknown)) return "missed";
      memory.appended(unknown);
      return "heard";
    }
    case "kept":
      return memory.followLocal(message.rows) === "missed" ? "missed" : "heard";
    case "changed":
      return "missed";
    case "hello": {
      const isBehind =
        message.database !== memory.database ||
        message.baseSeq > memory.baseSeq ||
        message.localSeq > memory.localSeq ||
        memory.lacksOneOf(message.heads);
      if (isBehind) return "missed";
      memory.meet(Object.keys(message.heads));
      return "heard";
    }
  }
}
