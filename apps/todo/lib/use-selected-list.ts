"use client";

/** The selected list is in the address (`/?list=…`), so that reload, back and a second window keep it. */

import { useSearchParams } from "next/navigation";

const PARAMETER = "list";

export function useSelectedList(): string | null {
  return useSearchParams().get(PARAMETER);
}

export function listHref(listId: string): string {
  return `/?${new URLSearchParams({ [PARAMETER]: listId })}`;
}

/** Changes the address alone: Next follows it without asking its server, so this works offline. */
export function openList(listId: string | null): void {
  window.history.pushState(null, "", listId === null ? "/" : listHref(listId));
}
