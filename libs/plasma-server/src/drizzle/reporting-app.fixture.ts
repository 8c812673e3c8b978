/** A schema with every kind of column, reference and index, and rows for it. */

import {
  bigint,
  blob,
  boolean,
  defineSchema,
  id,
  int,
  json,
  real,
  ref,
  table,
  text,
  timestamp,
} from "@sh1n4ps/plasma-core";
import type { AnyColumn, InferRow } from "@sh1n4ps/plasma-core";

export const people = table("people", { id: id(), name: text(), email: text().unique() });

export const lists = table("lists", {
  id: id(),
  name: text(),
  ownerId: ref(() => people.id, { onDelete: "cascade" }),
});

export const todos = table(
  "todos",
  {
    id: id(),
    listId: ref(() => lists.id, { onDelete: "cascade" }),
    creator: ref(() => people.id),
    assigneeId: ref(() => people.id, { onDelete: "setNull" }).nullable(),
    parentId: ref((): AnyColumn & { readonly alias: "todos" } => todos.id).nullable(),
    title: text(),
    state: text({ enum: ["open", "done"] }).default("open"),
    position: int().default(0),
  },
  { indexes: [["listId", "position"], ["state"]] },
);

export const samples = table("samples", {
  id: id(),
  words: text().default("it's"),
  whole: int().nullable(),
  big: bigint().default(-5n),
  fraction: real().default(0.5),
  flag: boolean().default(true),
  moment: timestamp().nullable(),
  bytes: blob().nullable(),
  document: json<{ readonly tags: readonly string[] }>().nullable(),
});

export const schema = defineSchema({ people, lists, todos, samples });

export const rows = {
  people: [
    { id: "ada", name: "Ada", email: "ada@example.org" },
    { id: "bob", name: "Bob", email: "bob@example.org" },
    { id: "cy", name: "Cy", email: "cy@example.org" },
  ],
  lists: [
    { id: "l1", name: "Home", ownerId: "ada" },
    { id: "l2", name: "Work", ownerId: "bob" },
    { id: "l3", name: "Empty", ownerId: "ada" },
  ],
  todos: [
    todo({ id: "t1", listId: "l1", position: 3 }),
    todo({ id: "t2", listId: "l1", position: 1, state: "done", assigneeId: "bob" }),
    todo({ id: "t3", listId: "l1", position: 2, parentId: "t1" }),
    todo({ id: "t4", listId: "l2", position: 7, creator: "bob", assigneeId: "ada" }),
    todo({ id: "t5", listId: "l2", position: 7, creator: "bob", state: "done" }),
  ],
  samples: [
    {
      id: "s1",
      words: "plain",
      whole: 2 ** 53 - 1,
      big: 2n ** 63n - 1n,
      fraction: 0.1,
      flag: false,
      moment: new Date(-1),
      bytes: new Uint8Array([0, 127, 255]),
      document: { tags: ["a", "ü"] },
    },
    {
      id: "s2",
      words: "",
      whole: null,
      big: -(2n ** 63n),
      fraction: -2.5,
      flag: true,
      moment: null,
      bytes: null,
      document: null,
    },
    {
      id: "s3",
      words: "it's",
      whole: -7,
      big: 2n ** 53n + 1n,
      fraction: 1e300,
      flag: true,
      moment: new Date("2024-02-29T12:00:00.123Z"),
      bytes: new Uint8Array([]),
      document: { tags: [] },
    },
  ],
} satisfies {
  people: InferRow<typeof people>[];
  lists: InferRow<typeof lists>[];
  todos: InferRow<typeof todos>[];
  samples: InferRow<typeof samples>[];
};

function todo(
  values: Partial<InferRow<typeof todos>> & { id: string; listId: string },
): InferRow<typeof todos> {
  return {
    creator: "ada",
    assigneeId: null,
    parentId: null,
    title: `Do ${values.id}`,
    state: "open",
    position: 0,
    ...values,
  };
}
