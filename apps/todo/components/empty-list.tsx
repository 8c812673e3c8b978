/** Why no todo is shown, and what to do about it. */

import type { TodoFilter } from "@plasma-starter/todo-domain";

interface EmptyListProps {
  readonly filter: TodoFilter;
  readonly hasTodos: boolean;
}

export function EmptyList({ filter, hasTodos }: EmptyListProps) {
  const { title, text } = words(filter, hasTodos);
  return (
    <div className="rounded-card border border-dashed border-line px-6 py-12 text-center">
      <p className="font-medium">{title}</p>
      <p className="mt-1 text-sm text-soft">{text}</p>
    </div>
  );
}

function words(
  filter: TodoFilter,
  hasTodos: boolean,
): { readonly title: string; readonly text: string } {
  if (!hasTodos)
    return { title: "A clean slate", text: "Write the first thing to do below, and press Enter." };
  if (filter === "open") return { title: "All done", text: "Nothing is left open on this list." };
  return { title: "Nothing done yet", text: "What you tick off shows up here." };
}
