"use client";

/** The todos in their order, which is changed by dragging a handle, or with its keyboard: Space, arrows, Space. */

import {
  closestCenter,
  DndContext,
  KeyboardSensor,
  PointerSensor,
  useSensor,
  useSensors,
} from "@dnd-kit/core";
import type { DragEndEvent } from "@dnd-kit/core";
import {
  SortableContext,
  sortableKeyboardCoordinates,
  verticalListSortingStrategy,
} from "@dnd-kit/sortable";
import { useState } from "react";
import { dragAnnouncements, DRAG_INSTRUCTIONS } from "@/lib/drag-announcements";
import type { Todo } from "@/lib/rows";
import { planMove } from "@/lib/todo-order";
import { useMutator } from "@/lib/use-mutator";
import { TodoItem } from "./todo-item";

interface TodoListProps {
  /** The whole list, which a move is planned in. */
  readonly todos: readonly Todo[];
  /** Those that the filter shows. */
  readonly shown: readonly Todo[];
}

export function TodoList({ todos, shown }: TodoListProps) {
  const moveTodo = useMutator("moveTodo");
  // A dropped todo stays where it was dropped, until its rows say so.
  const [dropped, setDropped] = useState<ReadonlyMap<string, string>>(NOTHING);
  const sensors = useSensors(
    useSensor(PointerSensor, { activationConstraint: { distance: 4 } }),
    useSensor(KeyboardSensor, { coordinateGetter: sortableKeyboardCoordinates }),
  );
  const ordered = dropped.size === 0 ? shown : inOrder(shown, dropped);
  const ids = ordered.map(({ id }) => id);

  const drop = async ({ active, over }: DragEndEvent) => {
    if (!over) return;
    const moves = planMove(todos, String(active.id), String(over.id));
    if (moves.length === 0) return;
    setDropped(new Map(moves.map(({ id, position }) => [id, position])));
    await Promise.allSettled(moves.map((move) => moveTodo(move)));
    setDropped(NOTHING);
  };

  return (
    <DndContext
      id="todos"
      sensors={sensors}
      collisionDetection={closestCenter}
      onDragEnd={(event) => void drop(event)}
      accessibility={{
        announcements: dragAnnouncements(ordered),
        screenReaderInstructions: { draggable: DRAG_INSTRUCTIONS },
      }}
    >
      <SortableContext items={ids} strategy={verticalListSortingStrategy}>
        <ul aria-label="Todos" className="space-y-2">
          {ordered.map((todo) => (
            <TodoItem key={todo.id} todo={todo} />
          ))}
        </ul>
      </SortableContext>
    </DndContext>
  );
}

const NOTHING: ReadonlyMap<string, string> = new Map();

function inOrder(todos: readonly Todo[], moved: ReadonlyMap<string, string>): readonly Todo[] {
  const key = (todo: Todo) => moved.get(todo.id) ?? todo.position;
  return todos.toSorted((a, b) => {
    const [left, right] = key(a) === key(b) ? [a.id, b.id] : [key(a), key(b)];
    return left < right ? -1 : left > right ? 1 : 0;
  });
}
