/** What a mutation was meant to do, in words for people: "Add “Buy milk”". */

import type { AppMutators } from "@plasma-starter/todo-domain";

export function describeMutation(name: string, args: unknown): string {
  return isMutatorName(name) ? DESCRIPTIONS[name](args) : `Do “${name}”`;
}

const DESCRIPTIONS: Record<keyof AppMutators, (args: unknown) => string> = {
  createList: (args) => `Create the list ${quoted(args, "name")}`,
  renameList: (args) => `Rename the list to ${quoted(args, "name")}`,
  deleteList: () => "Delete the list",
  createInvite: () => "Create an invite link",
  revokeInvite: () => "Turn the invite link off",
  joinList: () => "Join a list by its invite link",
  leaveList: () => "Leave the list",
  removeMember: () => "Remove someone from the list",
  addTodo: (args) => `Add ${quoted(args, "title")}`,
  editTodo: (args) => `Change a todo to ${quoted(args, "title")}`,
  setTodoDone: (args) => (valueOf(args, "done") === false ? "Reopen a todo" : "Complete a todo"),
  moveTodo: () => "Move a todo",
  deleteTodo: () => "Delete a todo",
  clearDone: () => "Clear the todos that are done",
};

function isMutatorName(name: string): name is keyof AppMutators {
  return Object.hasOwn(DESCRIPTIONS, name);
}

function quoted(args: unknown, key: string): string {
  const value = valueOf(args, key);
  return typeof value === "string" ? `“${value}”` : "something";
}

// Args of a refused mutation come from storage, perhaps written by an older version of the app.
function valueOf(args: unknown, key: string): unknown {
  return typeof args === "object" && args !== null && Object.hasOwn(args, key)
    ? (args as Record<string, unknown>)[key]
    : undefined;
}
