/** What the mutators say about rows that are not there, or that the person does not see. */

import { evaluateSelect, executeWrite, filterRowsWith } from "@sh1n4ps/plasma-core";
import { invokeMutator, mutatorDb } from "@sh1n4ps/plasma-core";
import type { Row, WriteStore } from "@sh1n4ps/plasma-core";
import { expect, it } from "vitest";
import { mutators } from "./mutators.ts";
import { schema } from "./schema.ts";

const changes = [
  ["editTodo", { title: "Water the tomatoes" }],
  ["setTodoDone", { done: true }],
  ["moveTodo", { position: "a5" }],
  ["renameList", { name: "Garden" }],
] as const;

it.each(changes)("%s is refused for what is gone, and for nothing else", async (name, what) => {
  const { run, rows } = appWith({
    lists: [{ id: "there", name: "House", ownerId: "ada", createdAt: new Date(0) }],
    todos: [{ id: "there", listId: "there", title: "Sweep", done: false, position: "a0" }],
  });
  await expect(run(name, { id: "gone", ...what })).rejects.toMatchObject({
    name: "MutationRefused",
    code: "gone",
    message: expect.stringMatching(/^This (todo|list) is gone: it was deleted, or /),
  });
  await run(name, { id: "there", ...what });
  expect([...rows("lists"), ...rows("todos")]).toContainEqual(expect.objectContaining(what));
});

it.each(["deleteTodo", "deleteList", "revokeInvite"])(
  "%s of what is gone is what was wanted",
  async (name) => {
    await expect(appWith({}).run(name, { id: "gone" })).resolves.toBeUndefined();
  },
);

/** Tables in memory, which one person sees and may write. */
function appWith(content: Record<string, Row[]>) {
  const tables = new Map(
    Object.entries(content).map(([table, rows]) => [
      table,
      new Map(rows.map((row) => [String(row["id"]), row])),
    ]),
  );
  const rows = (table: string) => [...(tables.get(table)?.values() ?? [])];
  const store: WriteStore = {
    select: async (query) => evaluateSelect(query, { schema, rows }),
    rowsWith: async (table, column, values) => filterRowsWith(rows(table), column, values),
    authorize: async () => {},
    apply: ({ table, id, after }) => {
      if (after) tables.get(table)?.set(id, after);
      else tables.get(table)?.delete(id);
    },
  };
  const db = mutatorDb(schema, {
    select: (query) => store.select(query),
    write: (write) => executeWrite(schema, store, write),
  });
  const ctx = { userId: "ada" };
  return {
    rows,
    run: (name: string, args: unknown) => invokeMutator(mutators, name, { db, ctx, args }),
  };
}
