/** What the generators write into this very workspace; nothing is kept. */

import { readFileSync } from "node:fs";
import { logger } from "@nx/devkit";
import type { Tree } from "@nx/devkit";
import { FsTree } from "nx/src/generators/tree.js";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { isAsCloned, ROOT } from "./as-cloned.fixture.ts";
import plasmaColumn from "./column/generator.mjs";
import plasmaMutator from "./mutator/generator.mjs";
import plasmaQuery from "./query/generator.mjs";
import plasmaTable from "./table/generator.mjs";

const DOMAIN = "libs/todo-domain/src";

let tree: Tree;
beforeEach(() => {
  tree = new FsTree(ROOT, false);
});
afterEach(() => {
  vi.restoreAllMocks();
});
const text = (path: string) => tree.read(path, "utf8") ?? expect.fail(`There is no ${path}.`);
const changed = () =>
  tree
    .listChanges()
    .map(({ type, path }) => `${type} ${path}`)
    .sort();
const projects = ["name:text", "due:timestamp:nullable", "owner:ref:users"];

describe.runIf(isAsCloned)("plasma-table", () => {
  it("writes a table with its rules, mutators, query, tests and page, and adds them where they belong", async () => {
    await plasmaTable(tree, { name: "projects", columns: projects, page: true });
    expect(changed()).toEqual([
      "CREATE apps/todo/app/projects/page.tsx",
      "CREATE apps/todo/components/projects-view.tsx",
      `CREATE ${DOMAIN}/mutators/projects.ts`,
      `CREATE ${DOMAIN}/tables/projects.test.ts`,
      `CREATE ${DOMAIN}/tables/projects.ts`,
      "UPDATE apps/todo/lib/describe-mutation.ts",
      "UPDATE apps/todo/public/sw.js",
      `UPDATE ${DOMAIN}/index.ts`,
      `UPDATE ${DOMAIN}/mutators.ts`,
      `UPDATE ${DOMAIN}/queries.ts`,
      `UPDATE ${DOMAIN}/schema.ts`,
    ]);
    expect(text(`${DOMAIN}/tables/projects.ts`)).toMatchInlineSnapshot(`
      "/** Projects. Only the person it belongs to reads and writes it. */

      import { eq, id, ref, table, text, timestamp } from "@sh1n4ps/plasma-core";
      import type { Ctx } from "../context.ts";
      import { users } from "./membership.ts";

      export const projects = table(
        "projects",
        {
          id: id(),
          name: text(),
          due: timestamp().nullable(),
          owner: ref(() => users.id, { onDelete: "cascade" }),
        },
        {
          auth: {
            read: (ctx: Ctx, row) => eq(row.owner, ctx.userId),
            write: (ctx: Ctx, row) => eq(row.owner, ctx.userId),
          },
          indexes: [["owner"]],
        },
      );
      "
    `);
    expect(text(`${DOMAIN}/schema.ts`)).toMatch(/defineSchema\(\{[^}]* todos,[^}]*projects\s*\}/);
    expect(text("apps/todo/public/sw.js")).toContain('const PAGES = ["/", "/join", "/projects"];');
    expect(text(`${DOMAIN}/schema.ts`)).toContain("/** Bump it when the meaning of a table");
  });

  it("shows each field on the page, and lets people fill it in", async () => {
    const columns = [
      "name:text",
      "due:timestamp:nullable",
      "done:boolean",
      "size:int",
      "raw:json:nullable",
    ];
    await plasmaTable(tree, { name: "projects", columns, page: true });
    const view = text("apps/todo/components/projects-view.tsx");
    for (const input of ["due", "done", "size"]) expect(view).toContain(`name="${input}"`);
    expect(view).toContain('due: text("due") ? new Date(text("due")) : null');
    expect(view).toContain('{project.due === null ? "–" : project.due.toLocaleString()}');
    // Nobody writes a document by hand.
    expect(view).not.toContain('name="raw"');
    expect(view).toContain('{project.raw === null ? "–" : JSON.stringify(project.raw)}');
  });

  it("says how to reach the page", async () => {
    const told = vi.spyOn(logger, "info").mockReturnValue();
    const after = await plasmaTable(tree, { name: "projectTasks", page: true });
    after();
    expect(told).toHaveBeenCalledWith(
      expect.stringContaining("http://localhost:3000/project-tasks"),
    );
  });

  it("refuses changes of rows that are gone, and deletes those", async () => {
    await plasmaTable(tree, { name: "entries", columns: projects });
    const mutators = text(`${DOMAIN}/mutators/entries.ts`);
    expect(mutators.match(/MutationRefused\("gone", "This entry is gone\."\)/g)).toHaveLength(1);
    expect(text("apps/todo/lib/describe-mutation.ts")).toContain('() => "Delete an entry"');
  });

  it("gives a table that says nothing at all a title", async () => {
    await plasmaTable(tree, { name: "notes", page: true });
    expect(text(`${DOMAIN}/tables/notes.ts`)).toContain("title: text(),");
  });

  it("takes the options behind the name as columns, too", async () => {
    await plasmaTable(tree, { name: "notes", _: ["title:text", "pinned:boolean:index"] });
    expect(text(`${DOMAIN}/tables/notes.ts`)).toContain("pinned: boolean(),");
    expect(text(`${DOMAIN}/tables/notes.ts`)).toContain('indexes: [["pinned"], ["ownerId"]]');
  });

  it("gives a table that says nothing of whose a row is an owner", async () => {
    await plasmaTable(tree, { name: "categories", columns: ["label:text:unique"] });
    const table = text(`${DOMAIN}/tables/categories.ts`);
    expect(table).toContain('ownerId: ref(() => users.id, { onDelete: "cascade" })');
    expect(table).toContain("eq(row.ownerId, ctx.userId)");
    expect(text(`${DOMAIN}/mutators/categories.ts`)).toContain("addCategory: {");
  });

  it("lets a table refer to itself", async () => {
    await plasmaTable(tree, {
      name: "tasks",
      columns: ["title:text", "parent:ref:tasks:nullable"],
    });
    const table = text(`${DOMAIN}/tables/tasks.ts`);
    expect(table).toContain("parent: ref((): AnyColumn => tasks.id).nullable(),");
    expect(table).toContain('import type { AnyColumn } from "@sh1n4ps/plasma-core";');
    await plasmaColumn(tree, { table: "tasks", column: "next:ref:tasks:nullable" });
    expect(text(`${DOMAIN}/tables/tasks.ts`)).toContain("next: ref((): AnyColumn => tasks.id)");
  });

  it("takes the word for one row where the name has no plural", async () => {
    await plasmaTable(tree, { name: "fish", singular: "oneFish", columns: ["title:text"] });
    await plasmaMutator(tree, { name: "feedFish" });
    expect(text(`${DOMAIN}/mutators/fish.ts`)).toContain("feedFish: {");
  });

  it("lets the members of a list at what belongs to it", async () => {
    await plasmaTable(tree, { name: "comments", columns: ["listId:ref:lists", "body:text"] });
    const table = text(`${DOMAIN}/tables/comments.ts`);
    expect(table).toContain("read: (ctx: Ctx, row) => isMember(ctx, row.listId)");
    expect(table).toContain('import { isMember, lists } from "./membership.ts";');
  });

  it.each([
    ["a table that exists", { name: "todos" }, 'There is a table "todos" already.'],
    ["a name that is none", { name: "my things" }, '"my things" cannot be the name of a table.'],
    ["a name that is no plural", { name: "fish" }, '"fish" does not look like a plural.'],
    [
      "a type that is none",
      { name: "notes", columns: ["a:string"] },
      '"a:string": there is no type "string" (text is the one for that). A column is written name:type.',
    ],
    ["no type", { name: "notes", columns: ["a"] }, '"a": the type is missing. A column is written'],
    [
      "an option that there is not",
      { name: "notes", singularName: "note" },
      "plasma-table has no option --singular-name. Its options are: --name, --columns, --singular, --page;",
    ],
    [
      "a reference to nothing",
      { name: "notes", columns: ["a:ref"] },
      "does not say what it refers to",
    ],
    [
      "a reference to no table",
      { name: "notes", columns: ["a:ref:nope"] },
      'There is no table "nope"',
    ],
    [
      "an unknown modifier",
      { name: "notes", columns: ["a:text:big"] },
      '"big" cannot follow a type. What can: nullable, unique, index.',
    ],
    [
      "a column twice",
      { name: "notes", columns: ["a:text", "a:int"] },
      'The column "a" is there twice.',
    ],
    ["a second id", { name: "notes", columns: ["id:text"] }, "Every table has an id"],
    [
      "a unique document",
      { name: "notes", columns: ["a:json:unique"] },
      "documents cannot be compared",
    ],
    [
      "a page without words",
      { name: "notes", columns: ["a:int"], page: true },
      "A page needs a text column",
    ],
  ])("refuses %s, and writes nothing", async (_what, options, message) => {
    await expect(plasmaTable(tree, options)).rejects.toThrow(message);
    expect(changed()).toEqual([]);
  });
});

describe.runIf(isAsCloned)("the README", () => {
  /** The generators of the starter's block, each with what one types behind its name. */
  const lines = [
    ...readFileSync(new URL("../README.md", import.meta.url), "utf8").matchAll(
      /^npx nx g (plasma-(?!nx)[\w-]+) (.+)$/gm,
    ),
  ];

  it("begins with the table of the main README", () => {
    const main = readFileSync(`${ROOT}/README.md`, "utf8");
    expect(main).toContain(lines[0]?.[0] ?? expect.fail("It has no line."));
  });

  it("has lines that go on from each other", async () => {
    for (const [, generator, typed = ""] of lines) {
      const [name = "", ...words] = typed.replace("--page", "").trim().split(" ");
      if (generator === "plasma-table")
        await plasmaTable(tree, { name, _: words, page: typed.includes("--page") });
      else if (generator === "plasma-mutator") await plasmaMutator(tree, { name });
      else if (generator === "plasma-column")
        await plasmaColumn(tree, { table: name, column: words[0] });
      else if (generator === "plasma-query") await plasmaQuery(tree, { name, by: words[1] });
      else expect.fail(`Nobody knows ${generator}.`);
    }
    expect(lines.map(([, generator]) => generator)).toContain("plasma-query");
    expect(text(`${DOMAIN}/queries.ts`)).toContain("projectsOfOwner");
    expect(text(`${DOMAIN}/tables/tasks.ts`)).toContain("project: ref(() => projects.id)");
  });
});

describe.runIf(isAsCloned)("plasma-mutator", () => {
  it("adds a mutator to those of the table that its name is about", async () => {
    await plasmaTable(tree, { name: "projects", columns: projects });
    const after = await plasmaMutator(tree, { name: "archiveProject" });
    const mutators = text(`${DOMAIN}/mutators/projects.ts`);
    expect(mutators).toContain("archiveProject: {");
    expect(mutators).toContain("import { defineMutators, eq, MutationRefused }");
    expect(text("apps/todo/lib/describe-mutation.ts")).toContain(
      'archiveProject: () => "Archive a project"',
    );
    expect(mutators).toContain('throw new MutationRefused("gone", "This project is gone.");');
    const told = vi.spyOn(logger, "info").mockReturnValue();
    after();
    expect(told).toHaveBeenCalledWith(
      expect.stringContaining(`archiveProject is in ${DOMAIN}/mutators/projects.ts`),
    );
  });

  it.each([
    ["one that exists", { name: "addTodo" }, 'There is a mutator "addTodo" already'],
    ["one about nothing", { name: "doIt" }, '"doIt" does not say which table it is about.'],
    [
      "a table without mutators",
      { name: "doIt", table: "nope" },
      'There are no mutators of "nope".',
    ],
    ["a name that is none", { name: "do it" }, "cannot be the name of a mutator"],
    ["a word too many", { name: "openTodo", _: ["now"] }, '"now" is one word too many'],
    [
      "an option of others",
      { name: "openTodo", page: true },
      "plasma-mutator has no option --page",
    ],
  ])("refuses %s, and writes nothing", async (_what, options, message) => {
    await expect(plasmaMutator(tree, options)).rejects.toThrow(message);
    expect(changed()).toEqual([]);
  });
});

describe.runIf(isAsCloned)("plasma-column", () => {
  it("adds a column, what it needs, and its index", async () => {
    await plasmaColumn(tree, { table: "todos", column: "helper:ref:users:nullable:index" });
    await plasmaColumn(tree, { table: "todos", column: "weight:real:nullable" });
    const todos = text(`${DOMAIN}/tables/todos.ts`);
    expect(todos).toContain("helper: ref(() => users.id).nullable(),");
    expect(todos).toContain("weight: real().nullable(),");
    expect(todos).toContain('indexes: [["listId", "position"], ["helper"]]');
    expect(todos).toContain("/** A fractional index: text that sorts where the todo stands");
    expect(todos).toContain("import { boolean, id, real, ref, table, text, timestamp }");
  });

  it.each([
    [
      "a table that is not there",
      { table: "nope", column: "a:int:nullable" },
      'There is no table "nope".',
    ],
    [
      "one that is there",
      { table: "todos", column: "title:text:nullable" },
      'has a column "title" already',
    ],
    ["one that rows would lack", { table: "todos", column: "a:int" }, "Make it a:int:nullable"],
    [
      "an option that there is not",
      { table: "todos", column: "a:int:nullable", index: true },
      "plasma-column has no option --index",
    ],
  ])("refuses %s, and writes nothing", async (_what, options, message) => {
    await expect(plasmaColumn(tree, options)).rejects.toThrow(message);
    expect(changed()).toEqual([]);
  });
});

describe.runIf(isAsCloned)("plasma-query", () => {
  it("adds a query, with a column to ask by, and exports it", async () => {
    await plasmaQuery(tree, { name: "todosOfHelper", by: "createdBy" });
    await plasmaQuery(tree, { name: "everyInvite", table: "invites" });
    const queries = text(`${DOMAIN}/queries.ts`);
    expect(queries).toContain('createdBy: InferRow<typeof todos>["createdBy"] & {}');
    expect(queries).toContain("import type { InferRow, ReadDb }");
    expect(queries).toContain("export const everyInvite = (db: ReadDb) =>");
    expect(text(`${DOMAIN}/index.ts`)).toContain("todosOfHelper");
  });

  it.each([
    ["one that exists", { name: "myLists" }, 'There is a query "myLists" already'],
    ["one about nothing", { name: "doIt" }, "does not say which table it is about"],
    ["an option that there is not", { name: "allTodos", where: "x" }, "no option --where"],
    ["an unknown column", { name: "todosByMood", by: "mood" }, '"todos" has no column "mood".'],
  ])("refuses %s, and writes nothing", async (_what, options, message) => {
    await expect(plasmaQuery(tree, options)).rejects.toThrow(message);
    expect(changed()).toEqual([]);
  });
});
