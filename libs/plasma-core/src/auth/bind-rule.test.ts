import { describe, expect, it } from "vitest";
import { PlasmaDefinitionError, PlasmaError } from "../errors.ts";
import { RULE_ROW } from "../query/walk.ts";
import { and, eq, exists, gt, not } from "../query/expression.ts";
import { evaluateCondition } from "../query/evaluate.ts";
import { select } from "../query/select.ts";
import { id, int, ref, text } from "../schema/column.ts";
import type { Rule } from "../schema/rule.ts";
import { defineSchema } from "../schema/schema.ts";
import { alias, table, tableInfo } from "../schema/table.ts";
import type { Row, TableInfo } from "../schema/table.ts";
import { bindRule, tablesWithoutRule } from "./bind-rule.ts";
import type { AuthorizePolicy, BoundRule } from "./bind-rule.ts";

interface Ctx {
  readonly userId: string;
  readonly admin?: boolean;
}

const lists = table("lists", { id: id(), owner: text() });
const columns = { id: id(), listId: ref(() => lists.id), owner: text(), rank: int().nullable() };

function withRule(read: Rule<Ctx, typeof columns>): TableInfo {
  return tableInfo(table("todos", columns, { auth: { read } }));
}

const ada: Ctx = { userId: "ada" };
const row: Row = Object.freeze({ id: "1", listId: "l", owner: "ada", rank: 1 });
const deny: AuthorizePolicy = { default: "deny" };
const schema = defineSchema({ lists });
const source = {
  schema,
  rows: (name: string) => (name === "lists" ? [{ id: "l", owner: "ada" }] : []),
};

function allows(rule: BoundRule, about: Row = row): boolean {
  if (rule.kind === "predicate") return rule.allows(about);
  return evaluateCondition(rule.condition, source, new Map([[RULE_ROW, about]])) === true;
}

describe("a table without a rule", () => {
  const free = tableInfo(table("free", { id: id() }, { auth: { read: () => true } }));

  it.each([
    ["allow", true],
    ["deny", false],
  ] as const)("follows the app's policy: %s", (policy, value) => {
    expect(bindRule(free, "write", ada, { default: policy })).toEqual({
      kind: "expression",
      condition: { kind: "constant", value },
    });
  });

  it("is named, for the warning at start-up", () => {
    const infos = [free, tableInfo(lists)];
    expect(tablesWithoutRule(infos, "read")).toEqual(["lists"]);
    expect(tablesWithoutRule(infos, "write")).toEqual(["free", "lists"]);
  });
});

describe("a rule that gives a condition", () => {
  it("is an expression about the row, whose columns are those of RULE_ROW", () => {
    const rule = bindRule(
      withRule((ctx, r) => eq(r.owner, ctx.userId)),
      "read",
      ada,
      deny,
    );
    expect(rule).toEqual({
      kind: "expression",
      condition: {
        kind: "compare",
        op: "eq",
        left: { kind: "column", alias: RULE_ROW, column: "owner" },
        right: { kind: "value", value: "ada" },
      },
    });
    expect([allows(rule), allows(rule, { ...row, owner: "bob" })]).toEqual([true, false]);
  });

  it("may look into other tables", () => {
    const info = withRule((ctx, r) =>
      exists(
        select()
          .from(lists)
          .where(and(eq(lists.id, r.listId), eq(lists.owner, ctx.userId))),
      ),
    );
    expect(allows(bindRule(info, "read", ada, deny))).toBe(true);
    expect(allows(bindRule(info, "read", { userId: "bob" }, deny))).toBe(false);
    expect(allows(bindRule(info, "read", ada, deny), { ...row, listId: "other" })).toBe(false);
  });

  it("may meet its own table under an alias", () => {
    const others = alias(table("todos", columns), "others");
    const info = withRule((_ctx, r) => exists(select().from(others).where(eq(others.id, r.id))));
    expect(allows(bindRule(info, "read", ada, deny))).toBe(false);
  });

  it("counts unknown as no", () => {
    const info = withRule((_ctx, r) => gt(r.rank, 0));
    const negated = withRule((_ctx, r) => not(gt(r.rank, 0)));
    const unranked = { ...row, rank: null };
    expect(allows(bindRule(info, "read", ada, deny), unranked)).toBe(false);
    expect(allows(bindRule(negated, "read", ada, deny), unranked)).toBe(false);
  });

  it("that names the table instead of the row is refused: it would ask about any of its rows", () => {
    const todos = table("todos", columns, {
      auth: { read: (ctx: Ctx) => eq(todos.owner, ctx.userId), write: () => true },
    }) as ReturnType<typeof table<"todos", typeof columns>>;
    expect(() => bindRule(tableInfo(todos), "read", ada, deny)).toThrow(
      expect.objectContaining({
        code: "invalid-rule",
        message:
          'The read rule of table "todos" uses a column that is not in sight. Write row.column for the row itself, and reach other tables through exists().',
      }),
    );
  });

  it("with something wrong in it is an error, and not taken for a predicate", () => {
    const info = withRule((ctx, r) => eq(r.owner, ctx.userId));
    expect(() => bindRule(info, "read", {}, deny)).toThrow(PlasmaDefinitionError);
    expect(() => bindRule(info, "read", {}, deny)).toThrow(
      "A query cannot compare with undefined.",
    );
  });
});

describe("a rule that gives true or false", () => {
  it("is a predicate, asked about real rows", () => {
    const rule = bindRule(
      withRule((ctx, r) => r.owner === ctx.userId),
      "read",
      ada,
      deny,
    );
    expect(rule.kind).toBe("predicate");
    expect([allows(rule), allows(rule, { ...row, owner: "bob" })]).toEqual([true, false]);
  });

  it("may fail on columns: it is then asked about rows only", () => {
    const rule = bindRule(
      withRule((_ctx, r) => r.owner.toUpperCase() === "ADA"),
      "read",
      ada,
      deny,
    );
    expect(rule.kind).toBe("predicate");
    expect([allows(rule), allows(rule, { ...row, owner: "bob" })]).toEqual([true, false]);
  });

  it("that says yes to columns says nothing yet about rows", () => {
    const rule = bindRule(
      withRule((_ctx, r) => r.owner !== "ada"),
      "read",
      ada,
      deny,
    );
    expect(allows(rule)).toBe(false);
  });

  it("lets its own errors through, so that nobody is let in by one", () => {
    const rule = bindRule(
      withRule((_ctx, r) => {
        if (r.owner === "ada") throw new TypeError("oops");
        return true;
      }),
      "read",
      ada,
      deny,
    );
    expect(() => allows(rule)).toThrow(TypeError);
  });
});

describe("a rule may be an expression for one person and a predicate for another", () => {
  const info = withRule((ctx, r) => (ctx.admin ? true : eq(r.owner, ctx.userId)));

  it.each<[Ctx, BoundRule["kind"], boolean]>([
    [{ userId: "ada" }, "expression", true],
    [{ userId: "bob" }, "expression", false],
    [{ userId: "bob", admin: true }, "predicate", true],
  ])("%j", (ctx, kind, allowed) => {
    const rule = bindRule(info, "read", ctx, deny);
    expect(rule.kind).toBe(kind);
    expect(allows(rule)).toBe(allowed);
  });
});

describe("an answer that is neither", () => {
  it.each<[what: string, answer: unknown]>([
    ["undefined", undefined],
    ["null", null],
    ["1, which is truthy", 1],
    ["a promise, which is truthy too", Promise.resolve(false)],
    ["text", "yes"],
    ["an object", {}],
    ["the row", "row"],
  ])("%s lets nobody in: it is an error", (what, answer) => {
    const info = withRule((_ctx, r) => (what === "the row" ? r : answer) as boolean);
    const rule = bindRule(info, "read", ada, deny);
    expect(() => allows(rule)).toThrow(PlasmaError);
    expect(() => allows(rule)).toThrow(
      'The read rule of table "todos" gave neither a condition nor true or false.',
    );
  });

  it("a condition for the row and a column for the columns is an error as well", () => {
    const info = withRule((ctx, r) => (r.rank || eq(r.owner, ctx.userId)) as never);
    const rule = bindRule(info, "read", ada, deny);
    expect(() => allows(rule, { ...row, rank: 0 })).toThrow(
      "gave neither a condition nor true or false",
    );
  });
});
