/**
 * People read that a mutation is larger than the server takes, and give it up. Its device drops nothing, and what was made after
 * it waits behind it: without them that would be for ever.
 */

import { decodeTagged } from "@sh1n4ps/plasma-core";
import type { Ctx } from "./workload/app.ts";
import { MAX_PAYLOAD_BYTES } from "./world/server.ts";
import type { World } from "./world/world.ts";

export async function giveUpOversized(world: World<Ctx>): Promise<void> {
  for (const { disk, tabs } of world.devices) {
    const tab = [...tabs].find(({ owner, isClosing }) => !owner.isFrozen && !isClosing);
    if (!tab || disk.isClosedFor(tab.owner)) continue;
    for (const { clientID, id, args } of (await disk.peek()).outbox) {
      if (JSON.stringify(args).length < MAX_PAYLOAD_BYTES) continue;
      const { token } = decodeTagged(args) as { readonly token: string };
      const op = world.history.byToken.get(token);
      if (op) op.isDiscarded = true;
      world.states.reached("mutation given up because of its size");
      void tab.client.discardMutation({ clientID, id }).catch(() => undefined);
    }
  }
}
