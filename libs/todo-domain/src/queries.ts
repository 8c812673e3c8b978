/** The queries that screens use. Each takes a database and gives a query: await it, or watch it with `.live()`. */

import { and, asc, eq } from "@sh1n4ps/plasma-core";
import type { ReadDb } from "@sh1n4ps/plasma-core";
import { invites } from "./tables/invites.ts";
import { lists, members, users } from "./tables/membership.ts";
import { todos } from "./tables/todos.ts";

export type TodoFilter = "all" | "open" | "done";

/** The lists the person belongs to, oldest first. */
export const myLists = (db: ReadDb) => db.select().from(lists).orderBy(asc(lists.createdAt));

/** The todos of a list, in their order. */
export const todosOfList = (db: ReadDb, listId: string, filter: TodoFilter = "all") =>
  db
    .select()
    .from(todos)
    .where(
      and(
        eq(todos.listId, listId),
        filter === "all" ? undefined : eq(todos.done, filter === "done"),
      ),
    )
    .orderBy(asc(todos.position));

export const membersOfList = (db: ReadDb, listId: string) =>
  db.select().from(members).where(eq(members.listId, listId)).orderBy(asc(members.joinedAt));

export const invitesOfList = (db: ReadDb, listId: string) =>
  db.select().from(invites).where(eq(invites.listId, listId)).orderBy(asc(invites.createdAt));

/** Everyone whom the person may see. */
export const people = (db: ReadDb) => db.select().from(users).orderBy(asc(users.name));
