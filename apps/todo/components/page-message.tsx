/** A page that has one thing to say, and one way on. */

import type { ReactNode } from "react";

interface PageMessageProps {
  readonly title: string;
  readonly action?: { readonly href: string; readonly label: string };
  readonly children: ReactNode;
}

export function PageMessage({ title, action, children }: PageMessageProps) {
  return (
    <main
      id="content"
      tabIndex={-1}
      className="mx-auto max-w-md px-6 pt-16 text-center outline-none sm:pt-28"
    >
      <h1 className="text-2xl font-semibold tracking-tight">{title}</h1>
      <div className="mt-3 text-soft">{children}</div>
      {action && (
        <a
          href={action.href}
          className="mt-8 inline-flex min-h-11 items-center rounded-xl bg-accent px-5 font-medium text-white hover:brightness-110"
        >
          {action.label}
        </a>
      )}
    </main>
  );
}
