/* eslint-disable no-restricted-globals -- it is for tests in a browser, and never part of the package */

/** Renders into the page, and takes everything down again after the test. */

import { act } from "react";
import type { ReactNode } from "react";
import { createRoot, hydrateRoot } from "react-dom/client";
import type { Root } from "react-dom/client";
import { afterEach, vi } from "vitest";

export interface Screen {
  readonly text: () => string;
  readonly rerender: (element: ReactNode) => Promise<void>;
  readonly unmount: () => Promise<void>;
  /** What React had to repair while it hydrated. */
  readonly recovered: readonly unknown[];
}

const mounted = new Set<() => Promise<void>>();

afterEach(async () => {
  for (const unmount of mounted) await unmount();
});

export async function render(element: ReactNode): Promise<Screen> {
  return await mount((container) => {
    const root = createRoot(container);
    root.render(element);
    return root;
  });
}

/** Takes over what the server has rendered. */
export async function hydrate(html: string, element: ReactNode): Promise<Screen> {
  const recovered: unknown[] = [];
  const screen = await mount((container) => {
    container.innerHTML = html;
    return hydrateRoot(container, element, {
      onRecoverableError: (error) => recovered.push(error),
    });
  });
  return { ...screen, recovered };
}

/** Runs something that makes components render again, and waits until they have. */
export async function doing<T>(action: () => T | Promise<T>): Promise<T> {
  const outcomes: PromiseSettledResult<T>[] = [];
  // React forgets what it was about to render when an action fails inside of act().
  await inAct(async () => {
    outcomes.push(...(await Promise.allSettled([(async () => action())()])));
  });
  const [outcome] = outcomes;
  if (outcome?.status === "fulfilled") return outcome.value;
  throw outcome?.reason;
}

/** Waits until a check holds, while components render in their own time. */
export async function eventually(check: () => void): Promise<void> {
  await vi.waitFor(check);
}

async function mount(start: (container: HTMLElement) => Root): Promise<Screen> {
  const container = document.body.appendChild(document.createElement("div"));
  let root!: Root;
  await inAct(() => {
    root = start(container);
  });
  const unmount = async () => {
    mounted.delete(unmount);
    await inAct(() => root.unmount());
    container.remove();
  };
  mounted.add(unmount);
  return {
    text: () => container.textContent ?? "",
    rerender: (element) => inAct(() => root.render(element)),
    unmount,
    recovered: [],
  };
}

/** Only here must every render be one that the test has asked for: clients sync in their own time. */
async function inAct(action: () => void | Promise<void>): Promise<void> {
  const environment = globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean };
  environment.IS_REACT_ACT_ENVIRONMENT = true;
  try {
    await act(async () => action());
  } finally {
    environment.IS_REACT_ACT_ENVIRONMENT = false;
  }
}
