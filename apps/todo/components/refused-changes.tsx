"use client";

/** What the server refused: in words, with its reason, to try again or to let go. Nothing refused is ever swallowed. */

import { useRejectedMutations } from "@sh1n4ps/plasma-react";
import { describeError, describeRefusal } from "@/lib/describe-error";
import { describeMutation } from "@/lib/describe-mutation";
import { Button } from "./button";
import { Icon } from "./icon";
import { useNotify } from "./notices";

export function RefusedChanges() {
  const { rejected, retry, dismiss } = useRejectedMutations();
  const notify = useNotify();
  const tryAgain = (uid: string, title: string) => {
    retry(uid).catch((error: unknown) => notify({ title, text: describeError(error) }));
  };
  return (
    // Always there, so that screen readers notice what is put into it.
    <div aria-live="polite">
      {rejected.length > 0 && (
        <section
          aria-label="Refused changes"
          className="mb-6 rounded-card border border-danger/30 bg-danger-tint p-4 sm:p-5"
        >
          <h2 className="flex items-center gap-2 font-semibold text-danger">
            <Icon name="warning" />
            {rejected.length === 1
              ? "One change was refused"
              : `${rejected.length} changes were refused`}
          </h2>
          <ul className="mt-2 divide-y divide-danger/20">
            {rejected.map((refused) => {
              const what = describeMutation(refused.name, refused.args);
              return (
                <li
                  key={refused.uid}
                  className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3 last:pb-0"
                >
                  <p className="min-w-0 flex-1 basis-56 text-sm">
                    <span className="block font-medium">{what}</span>
                    <span className="text-soft">{describeRefusal(refused)}</span>
                  </p>
                  <div className="flex gap-2">
                    <Button
                      aria-label={`Try again: ${what}`}
                      onClick={() => tryAgain(refused.uid, what)}
                    >
                      Try again
                    </Button>
                    <Button
                      aria-label={`Dismiss: ${what}`}
                      look="quiet"
                      onClick={() => void dismiss(refused.uid)}
                    >
                      Dismiss
                    </Button>
                  </div>
                </li>
              );
            })}
          </ul>
        </section>
      )}
    </div>
  );
}
