"use client";

/** A text that is edited where it stands: Enter and leaving the field keep it, Escape does not. */

import { useRef } from "react";
import type { KeyboardEvent } from "react";

interface InlineEditProps {
  readonly label: string;
  readonly value: string;
  readonly maxLength: number;
  readonly className?: string;
  readonly onSave: (value: string) => void;
  readonly onCancel: () => void;
}

export function InlineEdit({
  label,
  value,
  maxLength,
  className = "",
  onSave,
  onCancel,
}: InlineEditProps) {
  // The field goes away with the first answer, and going away it loses the focus: that is no second one.
  const isAnswered = useRef(false);
  const answer = (text: string | null) => {
    if (isAnswered.current) return;
    isAnswered.current = true;
    if (text === null || text.trim() === "") onCancel();
    else onSave(text.trim());
  };

  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    // Enter also ends the composition of a character, which is not the end of the text.
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Enter") answer(event.currentTarget.value);
    if (event.key === "Escape") answer(null);
  };

  return (
    <input
      autoFocus
      aria-label={label}
      defaultValue={value}
      maxLength={maxLength}
      onFocus={(event) => event.currentTarget.select()}
      onKeyDown={onKeyDown}
      onBlur={(event) => answer(event.currentTarget.value)}
      className={`min-w-0 flex-1 rounded-lg border border-edge bg-surface px-2 py-1 ${className}`}
    />
  );
}
