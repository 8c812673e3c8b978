import { describe, expect, it } from "vitest";
import { id, int, text } from "../schema/column.ts";
import { defineSchema } from "../schema/schema.ts";
import { alias, table } from "../schema/table.ts";
import { colRef } from "./aggregates.ts";
import { analyzeSelect } from "./analyze.ts";
import { eq, exists } from "./expression.ts";
import { select } from "./select.ts";

const words = table("words", { id: id(), value: text() });
const numbers = table("numbers", { id: id(), value: int() });
const names = table("names", { id: id(), name: text() });
const schema = defineSchema({ words, numbers, names });

describe("a condition that stands in several queries", () => {
  it("is checked against the columns of each of them", () => {
    const named = exists(
      select()
        .from(names)
        .where(eq(names.name, colRef("outer", "value"))),
    );
    const ofWords = select().from(alias(words, "outer")).where(named).ast;
    const ofNumbers = select().from(alias(numbers, "outer")).where(named).ast;
    expect(analyzeSelect(schema, ofWords).outputs).toHaveLength(2);
    expect(() => analyzeSelect(schema, ofNumbers)).toThrow("eq() cannot compare text with int");
    expect(analyzeSelect(schema, ofWords).outputs).toHaveLength(2);
  });

  it("is checked again where a query between them gives the name another meaning", () => {
    const named = exists(
      select()
        .from(names)
        .where(eq(names.name, colRef("inner", "value"))),
    );
    const within = (source: typeof words | typeof numbers) =>
      select()
        .from(names)
        .where(exists(select().from(alias(source, "inner")).where(named))).ast;
    expect(() => analyzeSelect(schema, within(words))).not.toThrow();
    expect(() => analyzeSelect(schema, within(numbers))).toThrow("eq() cannot compare");
  });
});
