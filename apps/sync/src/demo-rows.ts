/** The rows that the demo starts with: its people, and their lists. */

import { demoLists, demoPeople } from "@plasma-starter/todo-domain";
import type { Statement } from "@sh1n4ps/plasma-server";
import { generateNKeysBetween } from "fractional-indexing";

export function demoRows(time: number): Statement[] {
  const statements: Statement[] = demoPeople.map(({ id, name, color }) => ({
    text: `INSERT INTO "users" ("id", "name", "color") VALUES (?, ?, ?)`,
    params: [id, name, color],
  }));
  for (const list of demoLists) {
    statements.push({
      text: `INSERT INTO "lists" ("id", "name", "ownerId", "createdAt") VALUES (?, ?, ?, ?)`,
      params: [list.id, list.name, list.owner, time],
    });
    for (const userId of [list.owner, ...list.editors]) {
      const role = userId === list.owner ? "owner" : "editor";
      statements.push({
        text: `INSERT INTO "members" ("id", "listId", "userId", "role", "joinedAt") VALUES (?, ?, ?, ?, ?)`,
        params: [`${list.id}-${userId}`, list.id, userId, role, time],
      });
    }
    const positions = generateNKeysBetween(null, null, list.todos.length);
    list.todos.forEach((todo, index) => {
      statements.push({
        text: `INSERT INTO "todos" ("id", "listId", "title", "done", "position", "createdBy", "createdAt")
          VALUES (?, ?, ?, ?, ?, ?, ?)`,
        params: [
          `${list.id}-${index + 1}`,
          list.id,
          todo.title,
          todo.done ? 1 : 0,
          positions[index] ?? "",
          list.owner,
          time,
        ],
      });
    });
  }
  return statements;
}
