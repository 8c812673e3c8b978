import { describe, expect, it } from "vitest";
import { id, int, text } from "../schema/column.ts";
import { alias, table } from "../schema/table.ts";
import type { Condition } from "./ast.ts";
import { and, eq, exists, gt, inArray, isNull, like, not, or } from "./expression.ts";
import { requireScope, requireSelectScope } from "./scope.ts";
import { select } from "./select.ts";
import { RULE_ROW } from "./walk.ts";

const a = table("a", { id: id(), name: text(), rank: int() });
const b = table("b", { id: id(), name: text() });

const inA = new Set(["a"]);
const of =
  (condition: Condition, aliases = inA) =>
  () =>
    requireScope(condition, aliases);

describe("a column is in scope", () => {
  it.each<[what: string, condition: Condition]>([
    [
      "of its own table",
      and(eq(a.id, "1"), like(a.name, "%"), isNull(a.rank), inArray(a.id, ["1"])),
    ],
    ["against another column of it", gt(a.rank, a.rank)],
    ["of a subquery's table, inside", exists(select().from(b).where(eq(b.id, "1")))],
    ["of the query around, inside", exists(select().from(b).where(eq(b.id, a.id)))],
    [
      "of the query two levels up",
      exists(
        select()
          .from(b)
          .where(not(exists(select().from(alias(b, "c")).where(eq(a.id, b.id))))),
      ),
    ],
    ["where there is none", or()],
    ["in a constant", { kind: "constant", value: true }],
  ])("%s", (_what, condition) => {
    expect(of(condition)).not.toThrow();
  });

  it("when nothing is asked", () => {
    expect(() => requireScope(null, new Set())).not.toThrow();
    expect(() => requireSelectScope(select().from(a).ast)).not.toThrow();
  });

  it("of the row that a rule is asked about", () => {
    const condition: Condition = {
      kind: "isNull",
      operand: { kind: "column", alias: RULE_ROW, column: "name" },
    };
    expect(of(condition, new Set([RULE_ROW]))).not.toThrow();
    expect(of(condition)).toThrow('a column of "$row"');
  });
});

describe("a column is out of scope", () => {
  it.each<[what: string, condition: Condition]>([
    ["on the left", eq(b.id, "1")],
    ["on the right", eq(a.id, b.id)],
    ["in a list", inArray(b.id, ["1"])],
    ["in an empty list", inArray(b.id, [])],
    ["asked for null", isNull(b.id)],
    ["matched", like(b.name, "%")],
    ["behind and, or, not", and(or(not(and(eq(b.id, "1")))))],
    [
      "after a subquery that has it: its names end with it",
      and(exists(select().from(b)), eq(b.id, "1")),
    ],
    ["beside a subquery", exists(select().from(alias(a, "c")).where(eq(b.id, a.id)))],
    ["under the table's name, when the query has an alias", eq(alias(a, "c").id, "1")],
  ])("%s", (_what, condition) => {
    expect(of(condition)).toThrow(expect.objectContaining({ code: "unknown-table" }));
  });
});
