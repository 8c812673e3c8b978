import { describe, expect, it } from "vitest";
import { deferred } from "./deferred.ts";
import { Settlements } from "./settlements.ts";

const refusal = { code: "forbidden", message: "No.", details: { why: 1 } };

describe("settlements", () => {
  it("resolve what was applied, and reject what was refused with the server's words", async () => {
    const settlements = new Settlements();
    const [fine, refused] = [deferred<void>(), deferred<void>()];
    settlements.awaitConfirmation("a", fine);
    settlements.awaitConfirmation("b", refused);
    settlements.settle("a", undefined);
    settlements.settle("b", refusal);
    settlements.settle("unknown", refusal);
    await fine.promise;
    await expect(refused.promise).rejects.toMatchObject({
      kind: "mutation-rejected",
      message: "No.",
      details: { code: "forbidden", details: { why: 1 } },
    });
  });

  it("tell those who discarded whether it had run", async () => {
    const settlements = new Settlements();
    const [never, ran, refused] = ["a", "b", "c"].map((uid) => settlements.awaitDiscard(uid));
    expect(settlements.awaitDiscard("a")).toBe(never);
    settlements.settle("a", { code: "discarded", message: "" });
    settlements.settle("b", undefined);
    settlements.settle("c", refusal);
    expect(await Promise.all([never, ran, refused])).toEqual([
      "discarded",
      "alreadyApplied",
      "discarded",
    ]);
  });

  it("settle what vanished while nobody was looking, and leave what is still pending", async () => {
    const settlements = new Settlements();
    const waiting = ["gone", "refused", "pending", "lost"].map((uid) => {
      const confirmation = deferred<void>();
      settlements.awaitConfirmation(uid, confirmation);
      return confirmation.promise;
    });
    settlements.settleMissing(
      (uid) => uid === "pending",
      (uid) => (uid === "refused" ? refusal : undefined),
      (uid) => uid !== "lost",
    );
    await expect(waiting[3]).rejects.toMatchObject({ kind: "storage" });
    await waiting[0];
    await expect(waiting[1]).rejects.toMatchObject({ kind: "mutation-rejected" });
    const state = await Promise.race([
      waiting[2]?.then(() => "settled"),
      Promise.resolve("pending"),
    ]);
    expect(state).toBe("pending");
  });

  it("say nothing of a mutation that was never stored, and reject one that was given up", async () => {
    const settlements = new Settlements();
    const [forgotten, givenUp] = [deferred<void>(), deferred<void>()];
    settlements.awaitConfirmation("a", forgotten);
    settlements.awaitConfirmation("b", givenUp);
    settlements.forget("a");
    settlements.giveUp("b");
    settlements.settle("a", refusal);
    await expect(givenUp.promise).rejects.toMatchObject({ kind: "mutation-discarded" });
    expect(await Promise.race([forgotten.promise, Promise.resolve("silent")])).toBe("silent");
  });
});
