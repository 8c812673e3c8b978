import { select } from "@sh1n4ps/plasma-core";
import { describe, expect, it } from "vitest";
import { createMemoryEngine } from "../storage/memory-engine.ts";
import { modelServer } from "../testing/model-server.ts";
import { tabsWorld } from "../testing/tabs-world.ts";
import { SERVER_USER, testMutators, testSchema, todos } from "../testing/test-app.ts";

describe("a row that a pull takes away", () => {
  it.each([
    ["as a change", [[], ["t2"]]],
    // What a snapshot does not have may be the mutation's own: it runs again when it is loaded.
    ["as a snapshot without it", [[], []]],
  ])(
    "is gone from the device, though a waiting mutation has written to it (%s)",
    async (how, expected) => {
      const remote = modelServer({
        schema: testSchema,
        mutators: testMutators,
        ctx: { userId: SERVER_USER },
      });
      const engine = createMemoryEngine();
      const { replica } = tabsWorld().tab({ engine });
      const pull = async () => {
        const state = replica.pullState();
        expect(await replica.applyPull(state, remote.pull(state))).toBe("applied");
      };
      await replica.open();
      await remote.run("addList", { id: "l1", name: "One" });
      await remote.run("addTodo", { id: "t1", listId: "l1", title: "A" });
      await pull();
      await replica.mutate("bumpRank", { id: "t1", by: 1 });
      await replica.mutate("addTodo", { id: "t2", listId: "l1", title: "B" });
      const kept = async () =>
        (await engine.load()).outbox.map(({ images }) => images.map(({ id }) => id));
      expect(await kept()).toEqual([["t1"], ["t2"]]);

      await remote.run("deleteTodo", { id: "t1" });
      if (how !== "as a change") await replica.resetBase();
      await pull();
      expect(await kept()).toEqual(expected);
      expect(await replica.select(select().from(todos).ast)).toMatchObject([{ id: "t2" }]);
      expect((await engine.load()).outbox).toHaveLength(2);
    },
  );
});
