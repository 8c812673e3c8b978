import type { RowChange } from "@sh1n4ps/plasma-core";
import { fromD1 } from "@sh1n4ps/plasma-server";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { peopleToWake, touchedBy } from "./people-to-wake.ts";
import { postJson } from "./test-person.ts";

function touched(...changes: RowChange[]) {
  const { listIds, personIds, profileIds } = touchedBy(changes);
  return {
    lists: [...listIds].sort(),
    users: [...personIds].sort(),
    ...(profileIds.size > 0 && { profiles: [...profileIds] }),
  };
}

const membership = (userId: string, listId = "l1") => ({
  id: `${userId}-${listId}`,
  listId,
  userId,
});

describe("what a push touches", () => {
  it("is nothing when nothing changed", () => {
    expect(touched()).toEqual({ lists: [], users: [] });
  });

  it("is the list of a todo that was added, changed or deleted", () => {
    const row = { id: "t1", listId: "l1", createdBy: "linus" };
    const change = { table: "todos", id: "t1" };
    expect(touched({ ...change, before: null, after: row })).toEqual({ lists: ["l1"], users: [] });
    expect(touched({ ...change, before: row, after: row })).toEqual({ lists: ["l1"], users: [] });
    expect(touched({ ...change, before: row, after: null })).toEqual({ lists: ["l1"], users: [] });
  });

  it("is both lists of a todo that moved from one to the other", () => {
    const change = { table: "todos", id: "t1" };
    const from = { id: "t1", listId: "l1" };
    const to = { id: "t1", listId: "l2" };
    expect(touched({ ...change, before: from, after: to }).lists).toEqual(["l1", "l2"]);
  });

  it("is a list that was renamed or deleted", () => {
    const row = { id: "l1", name: "One", ownerId: "ada" };
    const change = { table: "lists", id: "l1" };
    expect(touched({ ...change, before: row, after: row }).lists).toEqual(["l1"]);
    expect(touched({ ...change, before: row, after: null }).lists).toEqual(["l1"]);
  });

  it("is the list of an invite", () => {
    const row = { id: "i1", listId: "l1", token: "secret", createdBy: "ada" };
    const change = { table: "invites", id: "i1", before: row, after: null };
    expect(touched(change)).toEqual({ lists: ["l1"], users: [] });
  });

  it("is the person who joined or was removed, besides the list", () => {
    const change = { table: "members", id: "m1" };
    const row = membership("grace");
    expect(touched({ ...change, before: null, after: row })).toEqual({
      lists: ["l1"],
      users: ["grace"],
    });
    expect(touched({ ...change, before: row, after: null })).toEqual({
      lists: ["l1"],
      users: ["grace"],
    });
  });

  it("is both people of a membership that changed hands", () => {
    const change = { table: "members", id: "m1" };
    const before = membership("grace");
    expect(touched({ ...change, before, after: membership("linus", "l2") })).toEqual({
      lists: ["l1", "l2"],
      users: ["grace", "linus"],
    });
  });

  it("is everyone who belonged to a list that went away with its memberships", () => {
    const gone = (table: string, row: { id: string }) => ({
      table,
      id: row.id,
      before: row,
      after: null,
    });
    expect(
      touched(
        gone("lists", { id: "l1" }),
        gone("members", membership("ada")),
        gone("members", membership("grace")),
      ),
    ).toEqual({ lists: ["l1"], users: ["ada", "grace"] });
  });

  it("is a person whose own row changed", () => {
    const row = { id: "ada", name: "Ada" };
    const change = { table: "users", id: "ada", before: row, after: row };
    expect(touched(change)).toEqual({ lists: [], users: [], profiles: ["ada"] });
  });

  it("is whoever a row without a list refers to", () => {
    const row = { id: "n1", createdBy: "ada" };
    const change = { table: "todos", id: "n1", before: row, after: { ...row, createdBy: "grace" } };
    expect(touched(change)).toEqual({ lists: [], users: ["ada", "grace"] });
  });

  it("is the list of any row that names one, whatever its table", () => {
    const row = { id: "c1", listId: "l1", userId: "linus" };
    const change = { table: "comments", id: "c1", before: null, after: row };
    expect(touched(change)).toEqual({ lists: ["l1"], users: [] });
  });
});

describe("the people to wake", () => {
  const executor = fromD1(env.DB);
  const todo = { id: "t1", listId: "demo-trip" };
  const todoAdded = { table: "todos", id: "t1", before: null, after: todo };

  beforeAll(async () => {
    await postJson("/demo/seed", {});
  });

  async function people(...changes: RowChange[]): Promise<string[]> {
    return [...(await peopleToWake(executor, changes))].sort();
  }

  it("are the members of the list", async () => {
    expect(await people(todoAdded)).toEqual(["ada", "grace"]);
    const secret = { ...todoAdded, after: { ...todo, listId: "demo-secret" } };
    expect(await people(secret)).toEqual(["linus"]);
  });

  it("are also those who have just ceased to be members", async () => {
    const before = membership("linus", "demo-trip");
    const removed = { table: "members", id: before.id, before, after: null };
    expect(await people(removed)).toEqual(["ada", "grace", "linus"]);
  });

  it("are all who share a list with somebody whose own row changed", async () => {
    const row = { id: "ada", name: "Ada" };
    expect(await people({ table: "users", id: "ada", before: row, after: row })).toEqual([
      "ada",
      "grace",
    ]);
  });

  it("are nobody when nothing changed, or when the list is unknown", async () => {
    expect(await people()).toEqual([]);
    expect(await people({ ...todoAdded, after: { id: "t1", listId: "gone" } })).toEqual([]);
  });

  it("are found for more lists than a statement may have parameters", async () => {
    const many = Array.from({ length: 500 }, (_, index) => ({
      ...todoAdded,
      after: { id: `t${index}`, listId: index === 499 ? "demo-trip" : `list '${index}"` },
    }));
    expect(await people(...many)).toEqual(["ada", "grace"]);
  });
});
