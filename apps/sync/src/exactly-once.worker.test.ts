import type { PullResponse, PushResponse } from "@sh1n4ps/plasma-core";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { readJson, signIn } from "./test-person.ts";

const createdAt = new Date(Date.UTC(2026, 3, 1));

function todo(title: string) {
  return { id: crypto.randomUUID(), listId: "demo-trip", title, position: "a0", createdAt };
}

async function titles(like: string): Promise<number> {
  const query = env.DB.prepare(`SELECT count(*) AS n FROM "todos" WHERE "title" = ?`).bind(like);
  return (await query.first<{ n: number }>())?.n ?? 0;
}

describe("a mutation", () => {
  it("takes effect once when it is pushed 20 times at once, and all hear the same outcome", async () => {
    const ada = await signIn("ada");
    const request = ada.pushRequest(ada.mutation("addTodo", todo("Only once")));
    const answers = await Promise.all(
      Array.from({ length: 20 }, async () =>
        readJson<PushResponse>(await ada.post("/sync/push", request)),
      ),
    );
    expect(await titles("Only once")).toBe(1);
    for (const { lastMutationID, results } of answers) {
      expect(lastMutationID).toBe(1);
      expect(results).toHaveLength(1);
      expect(results[0]).toMatchObject({ id: 1, status: "ok" });
    }
    const first = answers.filter(({ results }) => !("duplicate" in (results[0] ?? {})));
    expect(first).toHaveLength(1);
  });

  it("is refused once, and the refusal is stored like any other outcome", async () => {
    const linus = await signIn("linus");
    const request = linus.pushRequest(linus.mutation("addTodo", todo("Intruder")));
    const answers = await Promise.all(
      Array.from({ length: 20 }, async () =>
        readJson<PushResponse>(await linus.post("/sync/push", request)),
      ),
    );
    expect(await titles("Intruder")).toBe(0);
    for (const { results } of answers) {
      expect(results[0]).toMatchObject({ id: 1, status: "error", code: "forbidden" });
    }
    const { pages } = await linus.pull();
    const last = pages.at(-1) as PullResponse;
    expect(last.lastMutationIDs).toEqual({ [linus.clientID]: 1 });
    expect(last.rejections).toMatchObject([{ clientID: linus.clientID, id: 1, code: "forbidden" }]);
  });

  it("is not taken out of turn: a gap names the id that is expected", async () => {
    const ada = await signIn("ada");
    ada.mutation("addTodo", todo("Lost on the way"));
    const late = ada.mutation("addTodo", todo("Too early"));
    const response = await ada.post("/sync/push", ada.pushRequest(late));
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({ code: "gap", details: { expected: 1 } });
    expect(await titles("Too early")).toBe(0);
  });

  it("shows in the next pull, together with its number", async () => {
    const ada = await signIn("ada");
    const before = (await ada.pull()).pages.at(-1) as PullResponse;
    await ada.mutate("addTodo", todo("In the pull"));
    const { pages } = await ada.pull(before.cookie);
    const titlesPulled = pages
      .flatMap(({ patch }) => patch)
      .map((operation) => (operation.op === "put" ? operation.row["title"] : operation.op));
    expect(titlesPulled).toEqual(["In the pull"]);
    expect(pages.at(-1)?.lastMutationIDs).toEqual({ [ada.clientID]: 1 });
  });
});
