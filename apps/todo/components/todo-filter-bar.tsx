"use client";

/** Which todos are shown, with counts, and the broom for those that are done. */

import type { TodoFilter } from "@plasma-starter/todo-domain";
import type { Todo } from "@/lib/rows";
import { useMutator } from "@/lib/use-mutator";
import { Button } from "./button";

const LABELS: Record<TodoFilter, string> = { all: "All", open: "Open", done: "Done" };
const FILTERS = ["all", "open", "done"] as const satisfies readonly TodoFilter[];

interface TodoFilterBarProps {
  readonly listId: string;
  readonly todos: readonly Todo[];
  readonly filter: TodoFilter;
  readonly onFilter: (filter: TodoFilter) => void;
}

export function TodoFilterBar({ listId, todos, filter, onFilter }: TodoFilterBarProps) {
  const clearDone = useMutator("clearDone");
  const done = todos.filter((todo) => todo.done).length;
  const counts: Record<TodoFilter, number> = { all: todos.length, open: todos.length - done, done };
  return (
    <div className="mb-3 flex min-h-10 flex-wrap items-center justify-between gap-2">
      <div role="group" aria-label="Show" className="flex gap-1 rounded-xl bg-sunken p-1">
        {FILTERS.map((value) => (
          <button
            key={value}
            type="button"
            aria-pressed={value === filter}
            onClick={() => onFilter(value)}
            className="min-h-8 rounded-lg px-2 sm:px-3 text-sm text-soft hover:text-ink aria-pressed:bg-raised aria-pressed:font-medium aria-pressed:text-ink aria-pressed:shadow-sm"
          >
            {LABELS[value]} <span className="tabular-nums">{counts[value]}</span>
          </button>
        ))}
      </div>
      {done > 0 && (
        <Button look="quiet" onClick={() => void clearDone({ listId })}>
          Clear done
        </Button>
      )}
    </div>
  );
}
