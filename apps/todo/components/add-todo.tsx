"use client";

/** The line at the end of the list. It keeps the focus, so that one todo follows the other. */

import { usePlasma } from "@sh1n4ps/plasma-react";
import { useRef } from "react";
import type { FormEvent } from "react";
import type { Todo } from "@/lib/rows";
import { positionAtEnd } from "@/lib/todo-order";
import { useMutator } from "@/lib/use-mutator";
import { Icon } from "./icon";

interface AddTodoProps {
  readonly listId: string;
  readonly todos: readonly Todo[];
  readonly onAdded: () => void;
}

export function AddTodo({ listId, todos, onAdded }: AddTodoProps) {
  const plasma = usePlasma();
  const addTodo = useMutator("addTodo");
  const input = useRef<HTMLInputElement>(null);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const field = input.current;
    const title = field?.value.trim();
    if (!field || !title) return;
    field.value = "";
    onAdded();
    try {
      await addTodo({
        id: plasma.newId(),
        listId,
        title,
        position: positionAtEnd(todos),
        createdAt: new Date(),
      });
    } catch {
      // The notice says why; the words must not be lost.
      field.value ||= title;
    }
  };

  return (
    <form
      onSubmit={(event) => void submit(event)}
      className="sticky bottom-0 -mx-1 bg-linear-to-t from-paper from-85% to-transparent px-1 pt-3 pb-4"
    >
      <div className="relative">
        <span className="pointer-events-none absolute top-3.5 left-4 text-soft">
          <Icon name="plus" />
        </span>
        <input
          ref={input}
          aria-label="Add a todo"
          placeholder="Add a todo"
          maxLength={500}
          autoComplete="off"
          enterKeyHint="done"
          className="h-12 w-full rounded-2xl border border-edge bg-surface pr-4 pl-12 text-base shadow-card placeholder:text-soft"
        />
      </div>
    </form>
  );
}
