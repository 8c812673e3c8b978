import { beforeAll, describe, expect, it } from "vitest";
import { signIn } from "./test-person.ts";
import type { TestPerson, TestSocket } from "./test-person.ts";

const POKE = '{"type":"poke"}';
const createdAt = new Date(Date.UTC(2026, 3, 1));

let ada: TestPerson;
let grace: TestPerson;
let linus: TestPerson;
let sockets: Record<"ada" | "grace" | "linus", TestSocket>;

beforeAll(async () => {
  [ada, grace, linus] = await Promise.all([signIn("ada"), signIn("grace"), signIn("linus")]);
  sockets = {
    ada: await ada.openSocket(),
    grace: await grace.openSocket(),
    linus: await linus.openSocket(),
  };
});

/** Who is woken by what `act` does. Waits until those expected have heard of it, then looks at everybody. */
async function wokenBy(
  act: () => Promise<unknown>,
  expected: readonly (keyof typeof sockets)[],
): Promise<string[]> {
  await act();
  for (const name of expected) expect(await sockets[name].next()).toBe(POKE);
  // Pokes of one push leave together: one that went astray has left by now, and gets time to arrive.
  await new Promise((resolve) => setTimeout(resolve, 100));
  const woken: string[] = [...expected];
  for (const [name, socket] of Object.entries(sockets)) {
    if ((await socket.arrived()).length > 0) woken.push(`${name} (unexpectedly)`);
  }
  return woken;
}

function newTodo(listId: string, title: string) {
  return { id: crypto.randomUUID(), listId, title, position: "a0", createdAt };
}

describe("a push wakes the members of the list, and nobody else:", () => {
  it("both people of a shared list", async () => {
    const everybody = ["ada", "grace"] as const;
    const add = () => ada.mutate("addTodo", newTodo("demo-trip", "Buy sun cream"));
    expect(await wokenBy(add, everybody)).toEqual(everybody);
    const tick = () => grace.mutate("setTodoDone", { id: "demo-trip-2", done: true });
    expect(await wokenBy(tick, everybody)).toEqual(everybody);
  });

  it("only oneself for a private list", async () => {
    const add = () => linus.mutate("addTodo", newTodo("demo-secret", "Blow up balloons"));
    expect(await wokenBy(add, ["linus"])).toEqual(["linus"]);
  });

  it("only oneself for a new list", async () => {
    const create = () =>
      ada.mutate("createList", { id: "own", membershipId: "own-ada", name: "Own", createdAt });
    expect(await wokenBy(create, ["ada"])).toEqual(["ada"]);
  });

  it("nobody when the mutation was refused", async () => {
    const intrude = async () => {
      const answer = await linus.mutate("addTodo", newTodo("demo-trip", "Let me in"));
      expect(answer.results[0]).toMatchObject({ status: "error" });
    };
    expect(await wokenBy(intrude, [])).toEqual([]);
  });

  it("the one who joins, and those who are there", async () => {
    const token = "an-invitation-for-linus";
    const id = "invite-1";
    await wokenBy(
      () => ada.mutate("createInvite", { id, listId: "demo-trip", token, createdAt }),
      ["ada", "grace"],
    );
    const join = () =>
      linus.mutate("joinList", { token, membershipId: "trip-linus", joinedAt: createdAt });
    const everybody = ["ada", "grace", "linus"] as const;
    expect(await wokenBy(join, everybody)).toEqual(everybody);
  });

  it("the one who was removed, this once", async () => {
    const remove = () => ada.mutate("removeMember", { listId: "demo-trip", userId: "linus" });
    const everybody = ["ada", "grace", "linus"] as const;
    expect(await wokenBy(remove, everybody)).toEqual(everybody);
    const add = () => ada.mutate("addTodo", newTodo("demo-trip", "Without Linus again"));
    expect(await wokenBy(add, ["ada", "grace"])).toEqual(["ada", "grace"]);
  });

  it("the one who leaves, and those who stay", async () => {
    const token = "an-invitation-for-grace";
    await ada.mutate("createList", { id: "picnic", membershipId: "p1", name: "Picnic", createdAt });
    await ada.mutate("createInvite", { id: "invite-2", listId: "picnic", token, createdAt });
    await grace.mutate("joinList", { token, membershipId: "p2", joinedAt: createdAt });
    await new Promise((resolve) => setTimeout(resolve, 100));
    await Promise.all(Object.values(sockets).map((socket) => socket.arrived()));
    const leave = () => grace.mutate("leaveList", { listId: "picnic" });
    expect(await wokenBy(leave, ["ada", "grace"])).toEqual(["ada", "grace"]);
  });

  it("everyone who belonged to a list that was deleted", async () => {
    const remove = () => ada.mutate("deleteList", { id: "demo-trip" });
    expect(await wokenBy(remove, ["ada", "grace"])).toEqual(["ada", "grace"]);
  });
});
