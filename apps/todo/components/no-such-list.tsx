"use client";

/** The address names a list that is not here. */

import { openList } from "@/lib/use-selected-list";
import { Button } from "./button";

export function NoSuchList({ isKnown }: { readonly isKnown: boolean }) {
  return (
    <div className="rounded-card border border-dashed border-line px-6 py-14 text-center">
      <h1 tabIndex={-1} className="text-2xl font-semibold tracking-tight outline-none">
        {isKnown ? "This list is gone" : "Not here yet"}
      </h1>
      <p className="mx-auto mt-2 max-w-sm text-soft">
        {isKnown
          ? "It was deleted, or you are no longer a member of it."
          : "This list has not been loaded yet. It comes as soon as you are online."}
      </p>
      <Button className="mt-6" onClick={() => openList(null)}>
        Show all lists
      </Button>
    </div>
  );
}
