import { demoLists } from "@plasma-starter/todo-domain";
import type { PullResponse } from "@sh1n4ps/plasma-core";
import { describe, expect, it } from "vitest";
import { signIn } from "./test-person.ts";

const createdAt = new Date(Date.UTC(2026, 3, 1));
const LIST_NAME = "Trip to the coast";

/** Everything in the shared list by which an answer would give it away. */
const giveaways = [
  ...["demo-trip", LIST_NAME, "Ada", "Grace"],
  ...demoLists.filter(({ id }) => id === "demo-trip").flatMap((l) => l.todos.map((t) => t.title)),
];

function leaks(bytes: string): string[] {
  return giveaways.filter((text) => bytes.includes(text));
}

describe("somebody who does not belong to a list", () => {
  it("never receives a byte of it, in a snapshot, in a diff or in an answer", async () => {
    const [ada, grace, linus] = await Promise.all([
      signIn("ada"),
      signIn("grace"),
      signIn("linus"),
    ]);
    const received: string[] = [];
    const socket = await linus.openSocket();

    const first = await linus.pull();
    received.push(...first.raw);
    expect(first.raw.join()).toContain("Surprise party");

    await ada.mutate("addTodo", {
      id: "coast-1",
      listId: "demo-trip",
      title: `${LIST_NAME}: buy tickets`,
      position: "a5",
      createdAt,
    });
    await grace.mutate("editTodo", { id: "coast-1", title: `${LIST_NAME}: tickets bought` });
    await ada.mutate("renameList", { id: "demo-trip", name: `${LIST_NAME}, in May` });
    await grace.mutate("deleteTodo", { id: "coast-1" });

    const cookie = (first.pages.at(-1) as PullResponse).cookie;
    const second = await linus.pull(cookie);
    received.push(...second.raw);
    expect(second.pages.flatMap(({ patch }) => patch)).toEqual([]);

    const attempts: [string, unknown][] = [
      ["editTodo", { id: "demo-trip-2", title: "Mine" }],
      ["deleteTodo", { id: "demo-trip-3" }],
      ["renameList", { id: "demo-trip", name: "Mine" }],
      ["deleteList", { id: "demo-trip" }],
      ["removeMember", { listId: "demo-trip", userId: "grace" }],
      ["joinList", { token: "a-guess-at-a-token", membershipId: "m", joinedAt: createdAt }],
      ["addTodo", { id: "mine", listId: "demo-trip", title: "Mine", position: "a", createdAt }],
    ];
    for (const [name, args] of attempts) {
      const request = linus.pushRequest(linus.mutation(name, args));
      received.push(await (await linus.post("/sync/push", request)).text());
    }
    received.push(...(await linus.pull(cookie)).raw, ...(await linus.pull()).raw);
    received.push(...(await socket.arrived()));

    for (const bytes of received) expect(leaks(bytes)).toEqual([]);
  });

  it("finds that a list of others is as it was, whatever they tried", async () => {
    const ada = await signIn("ada");
    const bytes = (await ada.pull()).raw.join();
    expect(bytes).toContain(`${LIST_NAME}, in May`);
    expect(bytes).toContain("Find a place near the lighthouse");
    expect(bytes).toContain("Pack the good camera");
    expect(bytes).toContain("Grace");
    expect(bytes).not.toContain("Mine");
  });

  it("is told to forget a list when they are removed from it, and gets no more of it", async () => {
    const [ada, linus] = await Promise.all([signIn("ada"), signIn("linus")]);
    const token = "an-invitation-for-linus";
    await ada.mutate("createInvite", { id: "i1", listId: "demo-trip", token, createdAt });
    await linus.mutate("joinList", { token, membershipId: "m-linus", joinedAt: createdAt });
    const member = await linus.pull();
    expect(member.raw.join()).toContain("Pack the good camera");

    await ada.mutate("removeMember", { listId: "demo-trip", userId: "linus" });
    await ada.mutate("editTodo", { id: "demo-trip-3", title: "Pack the even better camera" });
    const after = await linus.pull((member.pages.at(-1) as PullResponse).cookie);
    const patch = after.pages.flatMap((page) => page.patch);
    expect(patch).toContainEqual({ op: "del", table: "lists", id: "demo-trip" });
    expect(patch).toContainEqual({ op: "del", table: "todos", id: "demo-trip-3" });
    expect(patch.filter(({ op }) => op !== "del")).toEqual([]);
    expect(after.raw.join()).not.toContain("even better");
    expect((await linus.pull()).raw.flatMap(leaks)).toEqual([]);
  });
});
