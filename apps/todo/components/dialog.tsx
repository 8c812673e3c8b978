"use client";

/** A modal dialog on the browser's own `<dialog>`: it holds the focus, closes on Escape, and gives the focus back. */

import { useEffect, useId, useRef } from "react";
import type { MouseEvent, ReactNode } from "react";
import { IconButton } from "./button";

interface DialogProps {
  readonly title: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function Dialog({ title, isOpen, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();

  useEffect(() => {
    const element = dialog.current;
    if (!element || !isOpen) return;
    element.showModal();
    // React's own `autoFocus` comes too early: nothing in a closed dialog can take the focus.
    element.querySelector<HTMLElement>("[data-autofocus]")?.focus();
    return () => element.close();
  }, [isOpen]);

  // The event comes late: under StrictMode the dialog was closed and is open again by then.
  const reportClose = () => {
    if (!dialog.current?.open) onClose();
  };

  // A click on the dialog itself is one on its backdrop: its content fills the rest.
  const closeOnBackdrop = (event: MouseEvent) => {
    if (event.target === dialog.current) onClose();
  };

  return (
    <dialog
      ref={dialog}
      aria-labelledby={titleId}
      onClose={reportClose}
      onClick={closeOnBackdrop}
      className="m-auto max-h-[calc(100dvh-2rem)] w-[min(28rem,calc(100vw-2rem))] overflow-y-auto rounded-card bg-surface p-0 text-ink shadow-lift"
    >
      {isOpen && (
        <div className="p-5 sm:p-6">
          <div className="mb-4 flex items-start justify-between gap-4">
            <h2 id={titleId} className="pt-1 text-lg font-semibold tracking-tight">
              {title}
            </h2>
            <IconButton icon="close" label="Close" onClick={onClose} />
          </div>
          {children}
        </div>
      )}
    </dialog>
  );
}
