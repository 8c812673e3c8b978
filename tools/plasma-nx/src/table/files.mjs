/** The files of a new table. What the formatter does is left to it. */

import {
  argumentOf,
  capitalized,
  declarationOf,
  inWords,
  sampleOf,
  withArticle,
} from "../columns.mjs";
import { ruleOf } from "./access.mjs";

/** `libs/…/src/tables/projects.ts` */
export function tableFile({ name, columns, access, imports }) {
  const kinds = new Set(["id", "table", ...columns.map(({ type }) => type)]);
  if (access.kind === "owner") kinds.add("eq");
  const indexed = columns.filter(({ name: column, index }) => index || column === access.column);
  const declared = columns.map((column) => {
    const cascades = column.name === access.column;
    return `${column.name}: ${declarationOf(column, { table: name, cascades })},`;
  });
  const who =
    access.kind === "members"
      ? "The members of its list read and write it."
      : "Only the person it belongs to reads and writes it.";
  const types = columns.some(({ target }) => target === name)
    ? 'import type { AnyColumn } from "@sh1n4ps/plasma-core";\n'
    : "";
  return `/** ${capitalized(inWords(name))}. ${who} */

import { ${[...kinds].sort().join(", ")} } from "@sh1n4ps/plasma-core";
${types}import type { Ctx } from "../context.ts";
${imports}

export const ${name} = table(
  "${name}",
  {
    id: id(),
    ${declared.join("\n    ")}
  },
  {
    auth: {
      read: ${ruleOf(access)},
      write: ${ruleOf(access)},
    },
    indexes: [${indexed.map(({ name: column }) => `["${column}"]`).join(", ")}],
  },
);
`;
}

/** `libs/…/src/mutators/projects.ts` */
export function mutatorsFile({ name, singular, columns, access }) {
  const One = capitalized(singular);
  const isOwner = access.kind === "owner";
  const given = columns.filter(({ name: column }) => !(isOwner && column === access.column));
  const edited = editedOf({ columns, access });
  const list = (some) => some.map((column) => `${column.name}: ${argumentOf(column)}`).join(", ");
  const shared = ["rowId", ...(given.some(({ type }) => type === "timestamp") ? ["moment"] : [])];
  const values = isOwner ? `{ ...args, ${access.column}: ctx.userId }` : "args";
  const edit =
    edited.length === 0
      ? ""
      : `
  edit${One}: {
    args: z.object({ id: rowId, ${list(edited)} }),
    run: async ({ db, args: { id, ...values } }) => {
      const { rowCount } = await db.update(${name}).set(values).where(eq(${name}.id, id));
      if (rowCount === 0) throw new MutationRefused("gone", "This ${inWords(singular)} is gone.");
    },
  },
`;
  return `/** Adding, editing and deleting ${inWords(name)}. */

import { defineMutators, eq${edited.length === 0 ? "" : ", MutationRefused"} } from "@sh1n4ps/plasma-core";
import * as z from "zod";
import type { Ctx } from "../context.ts";
import type { schema } from "../schema.ts";
import { ${name} } from "../tables/${name}.ts";
import { ${shared.sort().join(", ")} } from "./args.ts";

export const ${singular}Mutators = defineMutators<typeof schema, Ctx>()({
  add${One}: {
    args: z.object({ id: rowId${given.length > 0 ? ", " : ""}${list(given)} }),
    run: async ({ db, args${isOwner ? ", ctx" : ""} }) => {
      await db.insert(${name}).values(${values});
    },
  },
${edit}
  delete${One}: {
    args: z.object({ id: rowId }),
    run: async ({ db, args }) => {
      await db.delete(${name}).where(eq(${name}.id, args.id));
    },
  },
});
`;
}

/** What a mutator may change about a row: not whose it is. */
function editedOf({ columns, access }) {
  return columns.filter(({ name }) => name !== access.column);
}

/** `libs/…/src/tables/projects.test.ts` */
export function testFile({ name, singular, columns, access }) {
  const One = capitalized(singular);
  const row =
    access.kind === "members"
      ? `{ id: "1", ${access.column}: "l1" }`
      : `{ id: "1", ${access.column}: "ada" }`;
  const members =
    access.kind === "members"
      ? `\nconst rows: Record<string, Record<string, unknown>[]> = {
  members: [{ id: "m1", listId: "l1", userId: "ada", role: "owner" }],
};\n`
      : "";
  const source = access.kind === "members" ? "(table: string) => rows[table] ?? []" : "() => []";
  const edited = editedOf({ columns, access });
  const hasEdit = edited.length > 0;
  const values = edited.map((column) => `${column.name}: ${sampleOf(column)}`).join(", ");
  const edit = hasEdit
    ? `

  it("are not changed when they are gone, which is told", async () => {
    // A database in which no row is met.
    const db = mutatorDb(schema, {
      select: () => Promise.resolve([]),
      write: () => Promise.resolve({ rowCount: 0, rows: [] }),
    });
    const args = { id: "1", ${values} };
    const edited = invokeMutator(mutators, "edit${One}", { db, args, ctx: { userId: "ada" } });
    await expect(edited).rejects.toMatchObject({ name: "MutationRefused", code: "gone" });
  });`
    : "";
  const imports = [
    "bindRule",
    "evaluateCondition",
    ...(hasEdit ? ["invokeMutator", "mutatorDb"] : []),
  ];
  return `import { ${imports.join(", ")}, requireMutator, requireTable, validateArgs } from "@sh1n4ps/plasma-core";
import type { RuleKind } from "@sh1n4ps/plasma-core";
import { describe, expect, it } from "vitest";
import { mutators } from "../mutators.ts";
import { schema } from "../schema.ts";
${members}
const source = { schema, rows: ${source} };
const ${singular} = ${row};

function allows(kind: RuleKind, userId: string): boolean {
  const table = requireTable(schema, "${name}");
  const rule = bindRule(table, kind, { userId }, { default: "deny" });
  if (rule.kind === "predicate") return rule.allows(${singular});
  return evaluateCondition(rule.condition, source, new Map([["$row", ${singular}]])) === true;
}

describe("${inWords(name)}", () => {
  it.each<RuleKind>(["read", "write"])("are for ${access.kind === "members" ? "the members of their list" : "the person they belong to"} alone: %s", (kind) => {
    expect(allows(kind, "ada")).toBe(true);
    expect(allows(kind, "grace")).toBe(false);
  });

  it("are deleted by their id, and by nothing else", async () => {
    const mutator = requireMutator(mutators, "delete${One}");
    const check = (args: unknown) => validateArgs("delete${One}", mutator, args);
    const args = { id: "1" };
    await expect(check(args)).resolves.toEqual(args);
    await expect(check({})).rejects.toThrow();
  });${edit}
});
`;
}

/** What is added to `queries.ts`. */
export function queryOf({ name, columns }) {
  const by = columns.find(({ type }) => type === "text")?.name ?? "id";
  return `
/** The ${inWords(name)} in sight. */
export const all${capitalized(name)} = (db: ReadDb) =>
  db.select().from(${name}).orderBy(asc(${name}.${by}));
`;
}

/** What a person is told about a mutation that was refused. */
export function descriptionsOf({ singular, columns, access }) {
  const One = capitalized(singular);
  const words = inWords(singular);
  const title = columns.find(({ type }) => type === "text")?.name;
  const hasEdit = editedOf({ columns, access }).length > 0;
  return [
    title
      ? `add${One}: (args) => \`Add the ${words} \${quoted(args, "${title}")}\``
      : `add${One}: () => "Add ${withArticle(words)}"`,
    ...(hasEdit ? [`edit${One}: () => "Change ${withArticle(words)}"`] : []),
    `delete${One}: () => "Delete ${withArticle(words)}"`,
  ];
}
