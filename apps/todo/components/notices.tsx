"use client";

/** What could not be done on this device: shown until it is dismissed. (What the server refused: `refused-changes`.) */

import { createContext, useCallback, useContext, useState } from "react";
import type { ReactNode } from "react";
import { IconButton } from "./button";
import { Icon } from "./icon";

export interface Notice {
  readonly title: string;
  readonly text: string;
}

const NotifyContext = createContext<(notice: Notice) => void>(() => undefined);

export function useNotify(): (notice: Notice) => void {
  return useContext(NotifyContext);
}

export function NoticeProvider({ children }: { readonly children: ReactNode }) {
  const [notices, setNotices] = useState<readonly (Notice & { readonly key: number })[]>([]);

  const notify = useCallback((notice: Notice) => {
    setNotices((shown) => [
      // The same trouble twice is one notice, said anew.
      ...shown.filter(({ title, text }) => title !== notice.title || text !== notice.text),
      { ...notice, key: (shown.at(-1)?.key ?? 0) + 1 },
    ]);
  }, []);
  const dismiss = (key: number) =>
    setNotices((shown) => shown.filter((notice) => notice.key !== key));

  return (
    <NotifyContext value={notify}>
      {children}
      <div
        role="alert"
        className="pointer-events-none fixed inset-x-4 bottom-4 z-40 flex flex-col items-center gap-2"
      >
        {notices.map(({ key, title, text }) => (
          <div
            key={key}
            className="pointer-events-auto flex w-full max-w-md items-start gap-3 rounded-2xl border border-line bg-surface p-3 pl-4 shadow-lift"
          >
            <Icon name="warning" className="mt-1.5 size-5 text-danger" />
            <p className="min-w-0 flex-1 py-1 text-sm">
              <span className="block font-medium">Not done: {title}</span>
              <span className="text-soft">{text}</span>
            </p>
            <IconButton icon="close" label={`Dismiss: ${title}`} onClick={() => dismiss(key)} />
          </div>
        ))}
      </div>
    </NotifyContext>
  );
}
