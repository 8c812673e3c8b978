/** What the compiler says to typical mistakes: it names the column, or the value that does not fit. */

import { describe, expect, it } from "vitest";
import { compile } from "./compile.fixture.ts";

const HEAD = `import { and, boolean, count, defineMutators, defineSchema, eq, id, int, ref, select, sum, table, text, timestamp } from "../index.ts";
import type { MutatorDb, ReadDb } from "../index.ts";
const lists = table("lists", { id: id(), name: text().unique() });
const todos = table("todos", {
  id: id(), listId: ref(() => lists.id), title: text(), votes: int(),
  size: text({ enum: ["s", "m"] }).default("s"), done: boolean().default(false), due: timestamp().nullable(),
});
const schema = defineSchema({ lists, todos });
declare const db: ReadDb<typeof schema> & MutatorDb<typeof schema>;
export const used = [and, count, defineMutators, eq, select, sum, db, schema];
`;

/** What is written, and what of the message has to be there. */
const MISTAKES: Readonly<Record<string, readonly [code: string, says: readonly RegExp[]]>> = {
  "a column that the table does not have": [
    "export const x = todos.titel;",
    [/Property 'titel' does not exist/, /Did you mean 'title'/],
  ],
  "a column that an insert does not know": [
    'export const x = db.insert(todos).values({ id: "1", listId: "l", title: "x", votes: 1, titel: "y" });',
    [/'titel' does not exist in type/],
  ],
  "a column that an insert leaves out": [
    'export const x = db.insert(lists).values({ id: "1" });',
    [/Property 'name' is missing/],
  ],
  "a value of the wrong type in an insert": [
    'export const x = db.insert(lists).values({ id: "1", name: 5 });',
    [/Type 'number' is not assignable to type 'string'/],
  ],
  "a value outside an enum in an update": [
    'export const x = db.update(todos).set({ size: "xl" });',
    [/'"xl"' is not assignable to type '"s" \| "m"/],
  ],
  "a column that an update does not know": [
    "export const x = db.update(todos).set({ titel: 1 });",
    [/'titel' does not exist in type/],
  ],
  "text for a date": [
    'export const x = eq(todos.due, "2026-01-01");',
    [/'string' is not assignable to parameter of type 'Comparable<Date \| null>'/],
  ],
  "a sum of text": ["export const x = sum(todos.title);", [/Type 'string' is not assignable/]],
  "an increment of text": [
    "export const x = db.increment(todos.title, 1);",
    [/'Column<string, false, null>|Type 'string' is not assignable/],
  ],
  "a relation that does not exist": [
    "export const x = db.query.todos.findMany({ with: { lsit: true } });",
    [/NoSuchRelation<"lsit">/],
  ],
  "a field that a projection does not give": [
    "export const x = async () => (await db.select({ title: todos.title }).from(todos))[0]?.votes;",
    [/Property 'votes' does not exist on type '{ title: string; }'/],
  ],
  "a row of a left join taken for granted": [
    `export const x = async () => {
      const [row] = await db.select().from(todos).leftJoin(lists, eq(lists.id, todos.listId));
      return row?.lists.name;
    };`,
    [/'row.lists' is possibly 'null'/],
  ],
  "a default outside the enum": [
    'export const x = text({ enum: ["s", "m"] }).default("xl");',
    [/'"xl"' is not assignable to parameter of type 'NonNullable<"s" \| "m">'/],
  ],
  "an index over no column": [
    'export const x = table("x", { id: id(), name: text() }, { indexes: [["nmae"]] });',
    [/'"nmae"' is not assignable to type '"id" \| "name"'/],
  ],
};

describe("the compiler's message about", { timeout: 120_000 }, () => {
  const names = Object.keys(MISTAKES);
  const fileOf = (name: string) => `mistake-${names.indexOf(name)}.ts`;
  const { errors } = compile(
    Object.fromEntries(
      Object.entries(MISTAKES).map(([name, [code]]) => [fileOf(name), `${HEAD}${code}\n`]),
    ),
  );

  it.each(names)("%s", (name) => {
    const messages = errors.get(fileOf(name)) ?? [];
    expect(messages, messages.join("\n")).toHaveLength(1);
    for (const expected of MISTAKES[name]?.[1] ?? []) expect(messages[0]).toMatch(expected);
  });
});
