"use client";

/** The words of a todo. Double click, Enter or F2 edit them; a tap does where there is no mouse. */

import { useEffect, useRef, useState } from "react";
import type { KeyboardEvent, MouseEvent } from "react";
import type { Todo } from "@/lib/rows";
import { useMutator } from "@/lib/use-mutator";
import { InlineEdit } from "./inline-edit";

interface TodoTitleProps {
  readonly todo: Todo;
  readonly titleId: string;
}

export function TodoTitle({ todo, titleId }: TodoTitleProps) {
  const editTodo = useMutator("editTodo");
  const [isEditing, setIsEditing] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const takesFocusBack = useRef(false);

  // The field that had the focus is gone: whoever edited with the keyboard goes on from the todo.
  useEffect(() => {
    if (isEditing || !takesFocusBack.current) return;
    takesFocusBack.current = false;
    if (document.activeElement === document.body) button.current?.focus();
  }, [isEditing]);

  const close = () => {
    takesFocusBack.current = true;
    setIsEditing(false);
  };
  const save = async (title: string) => {
    close();
    if (title !== todo.title)
      await editTodo({ id: todo.id, title }).catch(() => setIsEditing(true));
  };
  const editOnKeyOrTap = (event: MouseEvent<HTMLButtonElement>) => {
    const isKey = event.detail === 0;
    const isTap =
      event.nativeEvent instanceof PointerEvent && event.nativeEvent.pointerType === "touch";
    if (isKey || isTap) setIsEditing(true);
  };
  const editOnF2 = (event: KeyboardEvent) => {
    if (event.key === "F2") setIsEditing(true);
  };

  if (isEditing) {
    return (
      <>
        <span id={titleId} className="sr-only">
          {todo.title}
        </span>
        <InlineEdit
          label={`Edit ${todo.title}`}
          value={todo.title}
          maxLength={500}
          onSave={(title) => void save(title)}
          onCancel={close}
        />
      </>
    );
  }
  return (
    <button
      type="button"
      id={titleId}
      ref={button}
      title="Double-click to edit"
      aria-keyshortcuts="F2"
      onClick={editOnKeyOrTap}
      onDoubleClick={() => setIsEditing(true)}
      onKeyDown={editOnF2}
      className={`min-h-9 min-w-0 flex-1 cursor-text rounded-lg px-1 py-1.5 text-left leading-6 ${
        todo.done ? "text-soft line-through decoration-edge" : ""
      }`}
    >
      {todo.title}
    </button>
  );
}
