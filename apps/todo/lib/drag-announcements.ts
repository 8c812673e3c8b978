/** What a screen reader says while a todo is moved. */

import type { Announcements, UniqueIdentifier } from "@dnd-kit/core";
import type { Todo } from "./rows";

export const DRAG_INSTRUCTIONS =
  "To move a todo, press Space. Then use the up and down arrow keys, and press Space again to put it down, or Escape to leave it where it was.";

export function dragAnnouncements(todos: readonly Todo[]): Announcements {
  const place = (id: UniqueIdentifier) =>
    `place ${todos.findIndex((todo) => todo.id === id) + 1} of ${todos.length}`;
  const title = (id: UniqueIdentifier) => todos.find((todo) => todo.id === id)?.title ?? "The todo";
  return {
    onDragStart: ({ active }) => `Picked up ${title(active.id)}, at ${place(active.id)}.`,
    onDragOver: ({ active, over }) =>
      over
        ? `${title(active.id)} is at ${place(over.id)}.`
        : `${title(active.id)} is outside the list.`,
    onDragEnd: ({ active, over }) =>
      over
        ? `${title(active.id)} was put down at ${place(over.id)}.`
        : `${title(active.id)} stays where it was.`,
    onDragCancel: ({ active }) => `${title(active.id)} stays where it was.`,
  };
}
