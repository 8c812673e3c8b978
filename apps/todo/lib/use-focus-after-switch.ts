"use client";

/**
 * Opening another list can take away the control that had the focus: on a phone the link that opened it, anywhere the
 * list that was deleted. The focus then goes to the heading of what is shown now.
 */

import { useLayoutEffect, useRef } from "react";
import type { RefObject } from "react";

export function useFocusAfterSwitch(
  container: RefObject<HTMLElement | null>,
  shown: string | null,
): void {
  const last = useRef(shown);
  // Before the browser has painted, because it forgets who had the focus once that is hidden.
  useLayoutEffect(() => {
    if (last.current === shown) return;
    last.current = shown;
    const focused = document.activeElement;
    if (focused !== document.body && focused?.checkVisibility()) return;
    const headings = container.current?.querySelectorAll<HTMLElement>("h1[tabindex]") ?? [];
    for (const heading of headings) if (heading.checkVisibility()) return heading.focus();
  }, [container, shown]);
}
