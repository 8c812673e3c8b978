import { eq } from "@sh1n4ps/plasma-core";
import { afterEach, describe, expect, it } from "vitest";
import { createPlasmaClient } from "./client.ts";
import type { PlasmaClientOptions } from "./options.ts";
import { browserPlatform } from "./platform.ts";
import { createMemoryEngine } from "./storage/memory-engine.ts";
import { testClientOptions, todos } from "./testing/test-app.ts";
import type { TestMutators, testSchema } from "./testing/test-app.ts";

type Options = Partial<PlasmaClientOptions<typeof testSchema, TestMutators>>;

let dispose: (() => Promise<void>) | undefined;
afterEach(() => dispose?.());

async function world(options: Options) {
  const logged: string[] = [];
  const client = createPlasmaClient({
    ...testClientOptions,
    offline: true,
    engine: createMemoryEngine(),
    platform: {
      ...browserPlatform(),
      indexedDB: undefined,
      locks: undefined,
      log: (level, message) => void logged.push(`${level}: ${message}`),
    },
    ...options,
  });
  dispose = () => client.dispose();
  await client.mutate("addList", { id: "l", name: "L" });
  for (const id of ["a", "b", "c"]) await client.mutate("addTodo", { id, listId: "l", title: id });
  logged.length = 0;
  return { client, logged };
}

const titled = (client: Awaited<ReturnType<typeof world>>["client"]) =>
  client.db.select().from(todos).where(eq(todos.title, "a"));

describe("a client", () => {
  it("explains its queries, of both kinds", async () => {
    const { client } = await world({});
    expect(await titled(client).explain()).toMatchObject({
      engine: "memory",
      steps: [{ table: "todos", access: "scan", rowsRead: 3 }],
      resultRows: 1,
    });
    const nested = client.db.query.lists.findFirst({ with: { todos: true } });
    expect((await nested.explain()).steps.map(({ table }) => table)).toStrictEqual([
      "lists",
      "todos",
    ]);
  });

  it("warns of full scans when asked to, once for a query and its live twin", async () => {
    const { client, logged } = await world({ warnOnFullScan: 3 });
    await titled(client);
    await titled(client).live().whenReady();
    expect(logged).toStrictEqual([
      expect.stringMatching(/^warn: A query reads all 3 rows of "todos".*\[\["title"\]\]/),
    ]);
  });

  it("warns of those of live queries", async () => {
    const { client, logged } = await world({ warnOnFullScan: 3 });
    await titled(client).live().whenReady();
    expect(logged).toHaveLength(1);
  });

  it.each([
    ["by itself", {}],
    ["in development, of few rows", { development: true }],
    ["when told to be", { development: true, warnOnFullScan: false }],
    ["below its log level", { warnOnFullScan: 3, logLevel: "error" }],
  ] as [string, Options][])("is quiet %s", async (_, options) => {
    const { client, logged } = await world(options);
    await titled(client);
    expect(logged).toStrictEqual([]);
  });
});
