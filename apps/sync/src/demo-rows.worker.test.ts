import { demoLists, demoPeople } from "@plasma-starter/todo-domain";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { readJson, send, signIn } from "./test-person.ts";

async function count(table: string): Promise<number> {
  const row = await env.DB.prepare(`SELECT count(*) AS n FROM "${table}"`).first<{ n: number }>();
  return row?.n ?? 0;
}

async function countAll(): Promise<number[]> {
  return Promise.all(["users", "lists", "members", "todos"].map(count));
}

const seeded = [
  demoPeople.length,
  demoLists.length,
  demoLists.reduce((sum, { editors }) => sum + 1 + editors.length, 0),
  demoLists.reduce((sum, { todos }) => sum + todos.length, 0),
];

describe("the demo's rows", () => {
  it("are made once, however many ask at the same time", async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const response = await send("/demo/seed", { method: "POST" });
        return readJson<{ seeded: boolean }>(response);
      }),
    );
    expect(answers.filter(({ seeded }) => seeded)).toHaveLength(1);
    expect(await countAll()).toEqual(seeded);
  });

  it("are not made again, and what people have deleted stays deleted", async () => {
    const ada = await signIn("ada");
    await ada.mutate("deleteTodo", { id: "demo-trip-1" });
    expect(await readJson(await send("/demo/seed", { method: "POST" }))).toEqual({ seeded: false });
    expect(await countAll()).toEqual([...seeded.slice(0, 3), (seeded[3] ?? 0) - 1]);
  });

  it("reach the people who may see them", async () => {
    const grace = await signIn("grace");
    const { pages } = await grace.pull();
    const puts = pages.flatMap(({ patch }) => patch).filter(({ op }) => op === "put");
    expect(puts).toContainEqual({
      op: "put",
      table: "todos",
      row: expect.objectContaining({
        listId: "demo-trip",
        title: "Pack the good camera",
      }) as object,
    });
  });
});
