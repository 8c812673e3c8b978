"use client";

/** The person's lists, and the way to make one more. */

import type { MouseEvent } from "react";
import type { List } from "@/lib/rows";
import { listHref, openList } from "@/lib/use-selected-list";
import { Icon } from "./icon";
import { NewList } from "./new-list";
import { usePerson } from "./session-provider";

interface ListsNavProps {
  readonly lists: readonly List[];
  readonly currentId: string | null;
}

export function ListsNav({ lists, currentId }: ListsNavProps) {
  const me = usePerson();
  return (
    <nav aria-label="Your lists">
      {/* On a phone the lists are a page of their own. */}
      <h1
        tabIndex={-1}
        className="mb-4 text-2xl font-semibold tracking-tight outline-none md:hidden"
      >
        Your lists
      </h1>
      <h2 className="mb-3 px-3 text-sm font-medium text-soft max-md:hidden">Your lists</h2>
      <ul className="space-y-2 md:space-y-0.5">
        {lists.map((list) => (
          <li key={list.id}>
            <a
              href={listHref(list.id)}
              aria-current={list.id === currentId ? "page" : undefined}
              onClick={(event) => follow(event, list.id)}
              className="flex min-h-13 items-center gap-3 rounded-2xl border border-line bg-surface px-4 py-2 shadow-card md:min-h-11 md:rounded-xl md:border-transparent md:bg-transparent md:px-3 md:shadow-none md:hover:bg-sunken md:aria-[current]:bg-tint md:aria-[current]:font-medium md:aria-[current]:text-accent-ink"
            >
              <span className="min-w-0 flex-1">{list.name}</span>
              {me && list.ownerId !== me.id && (
                <span className="shrink-0 rounded-full border border-line px-2 py-0.5 text-xs font-normal text-soft">
                  shared
                </span>
              )}
              <Icon name="forward" className="size-4 text-soft md:hidden" />
            </a>
          </li>
        ))}
      </ul>
      <NewList />
    </nav>
  );
}

/** Opens a list here; a click that asks for a new tab or window is left to the browser. */
function follow(event: MouseEvent, listId: string): void {
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0)
    return;
  event.preventDefault();
  openList(listId);
}
