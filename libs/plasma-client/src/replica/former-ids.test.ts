import { readDb } from "@sh1n4ps/plasma-core";
import { describe, expect, it } from "vitest";
import { createMemoryEngine } from "../storage/memory-engine.ts";
import { modelServer } from "../testing/model-server.ts";
import { tabsWorld } from "../testing/tabs-world.ts";
import { lists, SERVER_USER, testMutators, testSchema } from "../testing/test-app.ts";
import type { Replica } from "./replica.ts";

/** Of five lists the server has decided two; then it does not know this tab's client any more. */
async function renewed() {
  const { replica } = tabsWorld().tab({ engine: createMemoryEngine() });
  const server = modelServer({
    schema: testSchema,
    mutators: testMutators,
    ctx: { userId: SERVER_USER },
  });
  const sync = async () => {
    for (const outbox of replica.pendingPushes()) await server.push(outbox);
    const state = replica.pullState();
    await replica.applyPull(state, server.pull(state));
  };
  const add = (id: string) => replica.mutate("addList", { id, name: id });
  const receipts = [await add("l1"), await add("l2")];
  await sync();
  for (const id of ["l3", "l4", "l5"]) receipts.push(await add(id));
  const former = replica.clientID;
  await replica.renewClient(former);
  return { replica, server, sync, add, receipts, former };
}

const shown = async (replica: Replica) =>
  (await readDb(testSchema, replica).select().from(lists).orderBy(lists.id)).map(({ id }) => id);

const moment = () => new Promise((resolve) => setTimeout(resolve, 5));

describe("discardMutation after the client id was renewed", () => {
  it("gives up the mutation that bore the number when it was made, and no other", async () => {
    const { replica, server, sync } = await renewed();
    const outcome = replica.discardMutation(3);
    await moment();
    expect(await shown(replica)).toEqual(["l1", "l2", "l4", "l5"]);
    await sync();
    expect(await outcome).toBe("discarded");
    expect(server.rows("lists").map(({ id }) => id)).toEqual(["l1", "l2", "l4", "l5"]);
  });

  it.each(["with its uid", "without"])("gives up the one of a receipt, %s", async (kind) => {
    const { replica, sync, receipts } = await renewed();
    const { clientID, id, uid } = receipts[3]!;
    const outcome = replica.discardMutation({ clientID, id, ...(kind !== "without" && { uid }) });
    await moment();
    expect(await shown(replica)).toEqual(["l1", "l2", "l3", "l5"]);
    await sync();
    expect(await outcome).toBe("discarded");
  });

  it("says that it is applied of what was decided before, under either name", async () => {
    const { replica, sync, receipts } = await renewed();
    expect(await replica.discardMutation(2)).toBe("alreadyApplied");
    expect(await replica.discardMutation(receipts[1]!)).toBe("alreadyApplied");
    await sync();
    expect(await replica.discardMutation(4)).toBe("alreadyApplied");
    expect(await replica.discardMutation(receipts[3]!)).toBe("alreadyApplied");
    expect(await shown(replica)).toEqual(["l1", "l2", "l3", "l4", "l5"]);
  });

  it("gives up nothing where a number could mean two mutations, and asks for the receipt", async () => {
    const { replica, add } = await renewed();
    const again = await add("l6");
    expect(again.id).toBe(4);
    await expect(replica.discardMutation(4)).rejects.toMatchObject({ kind: "unknown-mutation" });
    expect(await shown(replica)).toHaveLength(6);
    void replica.discardMutation(again);
    await moment();
    expect(await shown(replica)).toEqual(["l1", "l2", "l3", "l4", "l5"]);
  });
});

describe("discardMutation", () => {
  it("refuses what this device never made, instead of calling it applied", async () => {
    const { replica, add } = await renewed();
    const { clientID } = await add("l6");
    for (const ref of [99, { clientID, id: 99 }, { clientID: "nobody", id: 1, uid: "no" }]) {
      await expect(replica.discardMutation(ref)).rejects.toMatchObject({
        kind: "unknown-mutation",
      });
    }
  });

  it("says that a refused one never took effect", async () => {
    const { replica, sync, receipts } = await renewed();
    const refused = await replica.mutate("addForbidden", { id: "t1", listId: "l1", title: "No" });
    await sync();
    expect(replica.state.rejected).toHaveLength(1);
    expect(await replica.discardMutation(refused)).toBe("discarded");
    expect(await replica.discardMutation(receipts[4]!)).toBe("alreadyApplied");
  });
});
