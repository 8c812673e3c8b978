/** The lists that a fresh local database starts with. */

import type { DemoPersonId } from "./demo.ts";

interface DemoList {
  readonly id: string;
  readonly name: string;
  readonly owner: DemoPersonId;
  readonly editors: readonly DemoPersonId[];
  readonly todos: readonly { readonly title: string; readonly done?: boolean }[];
}

/** One list that two people share, and one that is private. */
export const demoLists: readonly DemoList[] = [
  {
    id: "demo-trip",
    name: "Trip to the coast",
    owner: "ada",
    editors: ["grace"],
    todos: [
      { title: "Book the train", done: true },
      { title: "Find a place near the lighthouse" },
      { title: "Pack the good camera" },
      { title: "Ask about the ferry" },
    ],
  },
  {
    id: "demo-secret",
    name: "Surprise party",
    owner: "linus",
    editors: [],
    todos: [{ title: "Order the cake" }, { title: "Hide the presents" }],
  },
];
