import { defineSchema, evaluateSelect, id, like, select, table, text } from "@sh1n4ps/plasma-core";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { createRandom } from "../differential/random.ts";
import { bind } from "./fragment.ts";
import { sqliteLike } from "./sqlite-like.ts";

const database = new Database(":memory:");

function ask(value: string | null, pattern: string): unknown {
  const condition = sqliteLike(bind(value), { pattern, foldCase: false });
  return database.prepare(`SELECT ${condition.text}`).pluck().get(condition.params);
}

const texts = table("texts", { id: id(), text: text() });
const schema = defineSchema({ texts });

function core(value: string, pattern: string): boolean {
  const query = select().from(texts).where(like(texts.text, pattern));
  return evaluateSelect(query.ast, { schema, rows: () => [{ id: "1", text: value }] }).length === 1;
}

/** U+FFFE cannot go into a GLOB, so that a pattern with it takes the long way however short it is. */
const LONG_WAY = "\ufffe";

describe("a pattern that GLOB does not take", () => {
  it("matches what core's evaluator matches", () => {
    const random = createRandom(20);
    const textOf = (alphabet: readonly string[], most: number) =>
      Array.from({ length: random.below(most) }, () => random.pick(alphabet)).join("");
    let matches = 0;
    for (let count = 0; count < 4000; count++) {
      const value = textOf(["a", "b", LONG_WAY, "😀"], 9);
      const pattern =
        textOf(["a", "b", "%", "_", "%", "😀"], 7) +
        random.pick([LONG_WAY, `%${LONG_WAY}`, `${LONG_WAY}%`, `%${LONG_WAY}%`, `_${LONG_WAY}_%`]);
      const expected = core(value, pattern);
      if (expected) matches++;
      expect(ask(value, pattern), JSON.stringify({ value, pattern })).toBe(expected ? 1 : 0);
    }
    expect(matches).toBeGreaterThan(100);
  });

  it("is unknown for null", () => {
    expect(ask(null, `%${LONG_WAY}`)).toBeNull();
  });

  it("is answered for long texts and many wildcards, also when nothing matches", () => {
    const long = "ab".repeat(50_000);
    expect(ask(long, `%${"ab%".repeat(200)}`)).toBe(1);
    expect(ask(long, `%${"ab%".repeat(200)}${LONG_WAY}`)).toBe(0);
    expect(ask("a".repeat(5000), `%${"a_________b%".repeat(20)}`)).toBe(0);
  });
});
