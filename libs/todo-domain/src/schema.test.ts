import { evaluateCondition, bindRule, requireTable } from "@sh1n4ps/plasma-core";
import { describe, expect, it } from "vitest";
import { schema } from "./schema.ts";

const rows: Record<string, Record<string, unknown>[]> = {
  users: [],
  lists: [{ id: "l1", name: "One", ownerId: "ada" }],
  members: [
    { id: "m1", listId: "l1", userId: "ada", role: "owner" },
    { id: "m2", listId: "l1", userId: "grace", role: "editor" },
  ],
  invites: [],
  todos: [],
};
const source = { rows: (table: string) => rows[table] ?? [] };

function allows(
  table: string,
  kind: "read" | "write",
  userId: string,
  row: Record<string, unknown>,
): boolean {
  const rule = bindRule(requireTable(schema, table), kind, { userId }, { default: "deny" });
  if (rule.kind === "predicate") return rule.allows(row);
  return evaluateCondition(rule.condition, source, new Map([["$row", row]])) === true;
}

describe("the permissions of the todo app", () => {
  const todo = { id: "t1", listId: "l1", title: "x" };

  it("shows a list and its todos to its members only", () => {
    expect(allows("lists", "read", "grace", { id: "l1" })).toBe(true);
    expect(allows("lists", "read", "linus", { id: "l1" })).toBe(false);
    expect(allows("todos", "read", "grace", todo)).toBe(true);
    expect(allows("todos", "write", "linus", todo)).toBe(false);
  });

  it("shows people to themselves and to those who share a list with them", () => {
    expect(allows("users", "read", "linus", { id: "linus" })).toBe(true);
    expect(allows("users", "read", "ada", { id: "grace" })).toBe(true);
    expect(allows("users", "read", "linus", { id: "grace" })).toBe(false);
  });

  it("lets nobody add themselves to a list that they do not own", () => {
    const own = { id: "m9", listId: "l1", userId: "linus", role: "owner" };
    expect(allows("members", "write", "linus", own)).toBe(false);
    expect(allows("members", "write", "grace", own)).toBe(false);
    expect(allows("members", "write", "ada", own)).toBe(true);
  });

  it("lets only the owner change a list, and nobody write people", () => {
    expect(allows("lists", "write", "ada", { id: "l1", ownerId: "ada" })).toBe(true);
    expect(allows("lists", "write", "grace", { id: "l1", ownerId: "ada" })).toBe(false);
    expect(allows("users", "write", "ada", { id: "ada" })).toBe(false);
  });
});
