import { describe, expect, it } from "vitest";
import { int, id, text } from "../schema/column.ts";
import { table } from "../schema/table.ts";
import type { Condition } from "./ast.ts";
import { analyzeSelect } from "./analyze.ts";
import { defineSchema } from "../schema/schema.ts";
import { checkDepth, checkSize, MAX_CONDITIONS, MAX_DEPTH, MAX_SUBQUERIES } from "./complexity.ts";
import { and, eq, exists, like, not, or } from "./expression.ts";
import { select } from "./select.ts";

const t = table("t", { id: id(), n: int(), s: text() });
const leaf = eq(t.n, 1);
const tooComplex = expect.objectContaining({ code: "query-too-complex" });

function nested(
  levels: number,
  wrap: (inner: Condition) => Condition,
  innermost = leaf,
): Condition {
  let condition = innermost;
  for (let level = 0; level < levels; level++) condition = wrap(condition);
  return condition;
}

describe("the depth of a condition", () => {
  it("may be that of everything a person writes", () => {
    expect(() => checkDepth(nested(MAX_DEPTH - 3, not))).not.toThrow();
    expect(() =>
      checkDepth(nested(4, (inner) => exists(select().from(t).where(and(leaf, inner))))),
    ).not.toThrow();
    expect(() => checkDepth(or(...Array.from({ length: 400 }, () => leaf)))).not.toThrow();
    expect(() => checkDepth(nested(40, not, like(t.s, "x".repeat(60))))).not.toThrow();
  });

  it("ends with a typed error", () => {
    expect(() => checkDepth(nested(MAX_DEPTH - 2, not))).toThrow(tooComplex);
    expect(() =>
      checkDepth(nested(8, (inner) => exists(select().from(t).where(and(leaf, inner))))),
    ).toThrow(tooComplex);
    expect(() => checkDepth(nested(41, not, like(t.s, "x".repeat(60))))).toThrow(tooComplex);
  });

  it("ends with it also where a walk to the ground would exhaust the stack", () => {
    expect(() => checkDepth(nested(200_000, not))).toThrow(tooComplex);
    expect(() => checkDepth(nested(200_000, (inner) => and(inner)))).toThrow(tooComplex);
  });
});

describe("the size of a query", () => {
  it("counts conditions, those of subqueries included", () => {
    const many = (count: number) => Array.from({ length: count }, () => leaf);
    const outer = (count: number) =>
      select()
        .from(t)
        .where(
          and(
            exists(
              select()
                .from(t)
                .where(or(...many(200))),
            ),
            ...many(count),
          ),
        );
    // and, exists and or are conditions as well.
    expect(() => checkSize(outer(MAX_CONDITIONS - 203).ast)).not.toThrow();
    expect(() => checkSize(outer(MAX_CONDITIONS - 202).ast)).toThrow(tooComplex);
  });
});

describe("what is written in many calls", () => {
  const schema = defineSchema({ t });

  it("lies side by side: a hundred where() are no deeper than one", () => {
    let query = select().from(t);
    for (let at = 0; at < 100; at++) query = query.where(eq(t.n, at));
    expect(() => analyzeSelect(schema, query.ast)).not.toThrow();
  });

  it("ends with a typed error where it lies in each other", async () => {
    let query = select().from(t);
    for (let at = 0; at < 20_000; at++) query = select().fromSubquery(query, "s") as never;
    expect(() => analyzeSelect(schema, query.ast)).toThrow(tooComplex);
    const deep = nested(20_000, not);
    await expect(Promise.resolve(select().from(t).where(deep))).rejects.toEqual(tooComplex);
    const inside = nested(20_000, (inner) => exists(select().from(t).where(inner)));
    await expect(Promise.resolve(select().from(t).where(inside))).rejects.toEqual(tooComplex);
  });

  it(`may start from ${MAX_SUBQUERIES} subqueries in each other`, () => {
    let query = select().from(t);
    for (let at = 0; at < MAX_SUBQUERIES; at++) query = select().fromSubquery(query, "s") as never;
    expect(analyzeSelect(schema, query.ast).outputs).toHaveLength(3);
  });
});
