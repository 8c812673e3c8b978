/** What happens in a simulated run, one step after the other, and how a story tells it. */

import { wordsOf } from "./words.ts";

export type Fate =
  | "goes offline"
  | "is online again"
  | "opens another tab"
  | "loses all tabs in a crash, and opens one"
  | "clears the browser's storage";

export type Weather =
  | "The server crashes."
  | "The server is up again."
  | "The network begins to lose answers and to repeat requests."
  | "The network works again.";

export type Step = { readonly waitMs: number } & (
  | {
      readonly kind: "mutate";
      readonly person: string;
      readonly name: string;
      /** Its args are drawn when it happens, because they may depend on what the person sees then. */
      readonly seed: number;
    }
  | { readonly kind: "fate"; readonly person: string; readonly what: Fate }
  | { readonly kind: "weather"; readonly what: Weather }
);

const NOTICEABLE_MS = 1_000;

/** What a mutation was when it happened. */
export interface Made {
  /** " in the second tab", if there is more than one. */
  readonly where: string;
  readonly args: unknown;
}

/** One line of a story. */
export function tellStep(step: Step, made?: Made): string {
  const later = step.waitMs >= NOTICEABLE_MS ? `${Math.round(step.waitMs / 1_000)} s later. ` : "";
  switch (step.kind) {
    case "mutate": {
      const { where, args } = made ?? { where: "", args: undefined };
      return `${later}${nameOf(step.person)}${where}: ${step.name} ${wordsOf(args)}`;
    }
    case "fate":
      return `${later}${nameOf(step.person)} ${step.what}.`;
    case "weather":
      return `${later}${step.what}`;
  }
}

function nameOf(person: string): string {
  return person.slice(0, 1).toUpperCase() + person.slice(1);
}
