/** What a mutation was meant to do, in words for people: "Add “Buy milk”". */

import type { AppMutators } from "@plasma-starter/todo-domain";
import { quoted, valueOf } from "./mutation-args.ts";

export function describeMutation(name: string, args: unknown): string {
  return DESCRIPTIONS_BY_NAME.get(name)?.(args) ?? `Do “${name}”`;
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

const DESCRIPTIONS_BY_NAME: ReadonlyMap<string, (args: unknown) => string> = new Map(
  Object.entries(DESCRIPTIONS),
);
