"use client";

/** One todo: ticked off, edited in place, moved by its handle, deleted. */

import { useSortable } from "@dnd-kit/sortable";
import { CSS } from "@dnd-kit/utilities";
import type { Todo } from "@/lib/rows";
import { useMutator } from "@/lib/use-mutator";
import { IconButton } from "./button";
import { Icon } from "./icon";
import { TodoTitle } from "./todo-title";

// Shown when the row is pointed at or has the focus; always, where nothing can be pointed at.
const QUIET =
  "opacity-0 group-hover:opacity-100 group-focus-within:opacity-100 [@media(hover:none)]:opacity-100";

export function TodoItem({ todo }: { readonly todo: Todo }) {
  const setTodoDone = useMutator("setTodoDone");
  const deleteTodo = useMutator("deleteTodo");
  const {
    attributes,
    listeners,
    setNodeRef,
    setActivatorNodeRef,
    transform,
    transition,
    isDragging,
  } = useSortable({
    id: todo.id,
  });
  const titleId = `todo-${todo.id}`;

  return (
    <li
      ref={setNodeRef}
      style={{ transform: CSS.Translate.toString(transform), transition }}
      className={`group flex items-start gap-1 rounded-2xl border border-line bg-surface p-2 ${
        isDragging ? "relative z-10 shadow-lift" : "shadow-card"
      }`}
    >
      <span className="relative flex size-9 shrink-0 items-center justify-center">
        <input
          type="checkbox"
          checked={todo.done}
          aria-labelledby={titleId}
          onChange={(event) => void setTodoDone({ id: todo.id, done: event.target.checked })}
          className="peer size-[1.375rem] cursor-pointer appearance-none rounded-full border-2 border-edge bg-surface transition-colors checked:border-accent checked:bg-accent hover:border-accent-ink"
        />
        <Icon
          name="check"
          className="pointer-events-none absolute size-3.5 stroke-[3.5] text-white opacity-0 peer-checked:opacity-100"
        />
      </span>
      <TodoTitle todo={todo} titleId={titleId} />
      <IconButton
        icon="trash"
        label={`Delete ${todo.title}`}
        className={QUIET}
        onClick={() => void deleteTodo({ id: todo.id })}
      />
      <button
        type="button"
        ref={setActivatorNodeRef}
        {...attributes}
        {...listeners}
        aria-label={`Move ${todo.title}`}
        className={`flex h-9 w-7 shrink-0 cursor-grab touch-none items-center justify-center rounded-lg text-soft hover:bg-sunken hover:text-ink ${QUIET}`}
      >
        <Icon name="grip" className="size-4" />
      </button>
    </li>
  );
}
