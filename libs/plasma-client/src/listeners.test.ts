import { afterEach, describe, expect, it } from "vitest";
import { createPlasmaClient } from "./client.ts";
import type { PlasmaClient } from "./client.ts";
import type { PlasmaClientOptions } from "./options.ts";
import { browserPlatform } from "./platform.ts";
import { createMemoryEngine } from "./storage/memory-engine.ts";
import { testServer } from "./testing/test-server.ts";
import { lists, testClientOptions, todos } from "./testing/test-app.ts";
import type { TestMutators, testSchema } from "./testing/test-app.ts";

type Options = Partial<PlasmaClientOptions<typeof testSchema, TestMutators>>;

const opened: PlasmaClient<typeof testSchema, TestMutators>[] = [];

function world(options: Options = {}) {
  const server = testServer();
  const logged: unknown[] = [];
  const plasma = createPlasmaClient({
    ...testClientOptions,
    fetcher: server.fetch,
    pollIntervalMs: 0,
    engine: createMemoryEngine(),
    platform: {
      ...browserPlatform(),
      locks: undefined,
      log: (level, _message, details) => level === "error" && logged.push(details),
    },
    ...options,
  });
  opened.push(plasma);
  return { plasma, server, logged };
}

/** Throws the first time. */
function throwing(): () => void {
  let has = false;
  return () => {
    if (has) return;
    has = true;
    throw new Error("A listener.");
  };
}

const addList = (plasma: (typeof opened)[number], id: string) =>
  plasma.mutate("addList", { id, name: id });

afterEach(async () => {
  await Promise.all(opened.splice(0).map((client) => client.dispose()));
});

describe("a listener that throws", () => {
  it("of the status keeps no mutation from being stored and sent, and the ids run without holes", async () => {
    const { plasma, server, logged } = world();
    await plasma.db.select().from(lists);
    plasma.subscribeStatus(throwing());
    const heard: number[] = [];
    plasma.subscribeStatus(() => heard.push(plasma.status.pending));
    const first = addList(plasma, "l1");
    expect((await first).id).toBe(1);
    expect((await addList(plasma, "l2")).id).toBe(2);
    expect(heard).toEqual([1, 2]);
    await plasma.flush();
    await first.confirmed;
    expect(server.model.rows("lists")).toHaveLength(2);
    expect(logged).toEqual([new Error("A listener.")]);
  });

  it("of the status keeps no reset from coming to its end", async () => {
    const { plasma } = world({ offline: true });
    await plasma.start();
    plasma.subscribeStatus(throwing());
    await addList(plasma, "l1");
    await plasma.resetLocalState({ discardOutbox: true });
    expect(plasma.status.pending).toBe(0);
    expect(plasma.rejected.list()).toMatchObject([{ name: "addList" }]);
  });

  it("of the rejected mutations leaves none without the server's word", async () => {
    const { plasma } = world();
    await addList(plasma, "l1");
    plasma.rejected.subscribe(throwing());
    const refused = plasma.mutate("addForbidden", { id: "t1", listId: "l1", title: "No" });
    await refused;
    const accepted = addList(plasma, "l2");
    await accepted;
    await plasma.flush();
    await expect(refused.confirmed).rejects.toMatchObject({ kind: "mutation-rejected" });
    await accepted.confirmed;
  });

  it("of errors keeps no pull from being applied", async () => {
    const { plasma, server, logged } = world({
      onError: () => {
        throw new Error("A listener.");
      },
    });
    await addList(plasma, "l1");
    await plasma.mutate("addTodo", { id: "t1", listId: "l1", title: "A" });
    await plasma.flush();
    await server.model.run("deleteTodo", { id: "t1" });
    await plasma.mutate("appendTitle", { id: "t1", text: "!" });
    await plasma.pullOnce();
    expect(await plasma.db.select().from(todos)).toEqual([]);
    expect(logged).toEqual([new Error("A listener.")]);
  });
});
