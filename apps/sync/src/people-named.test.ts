import { expect, it } from "vitest";
import { peopleNamedBy } from "./people-named.ts";

const columns = [{ table: "notes", column: "ownerId" }];
const row = { id: "x", ownerId: "ada", title: "grace" };
const named = (table: string, before: object | null, after: object | null) => [
  ...peopleNamedBy([{ table, id: "x", before: { ...before }, after: { ...after } }], columns),
];

it("names whoever a changed row refers to, before and after, and nobody by a column that is no reference", () => {
  expect(named("notes", row, { ...row, ownerId: "linus" })).toEqual(["ada", "linus"]);
  expect(named("notes", null, row)).toEqual(["ada"]);
  expect(named("notes", row, null)).toEqual(["ada"]);
  expect(named("others", row, row)).toEqual([]);
  expect(named("notes", null, { id: "x", ownerId: null })).toEqual([]);
});
