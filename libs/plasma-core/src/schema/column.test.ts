import { describe, expect, it } from "vitest";
import type { AnyColumn } from "./column.ts";
import {
  bigint,
  blob,
  boolean,
  id,
  int,
  isColumn,
  json,
  real,
  ref,
  text,
  timestamp,
} from "./column.ts";

const FLAGS = [
  "kind",
  "isNullable",
  "isUnique",
  "isEncrypted",
  "hasDefault",
  "defaultValue",
  "enumValues",
  "document",
] as const;

function flags(column: AnyColumn): Record<string, unknown> {
  return Object.fromEntries(FLAGS.map((flag) => [flag, column[flag]]));
}

const KINDS: Record<string, () => AnyColumn> = {
  text,
  int,
  bigint,
  real,
  boolean,
  timestamp,
  blob,
  json,
  ref: () => ref(() => text()),
};

describe("a column declaration", () => {
  it.each(Object.entries({ ...KINDS, id }))(
    "%s() is a column of its kind, not null",
    (kind, make) => {
      const column = make();
      expect(isColumn(column)).toBe(true);
      expect(flags(column)).toEqual({
        kind,
        isNullable: false,
        isUnique: false,
        isEncrypted: false,
        hasDefault: false,
        defaultValue: undefined,
        enumValues: undefined,
        document: undefined,
      });
    },
  );

  it.each(Object.entries(KINDS))(
    "%s(): modifiers leave the column they are called on as it was",
    (_kind, make) => {
      const column = make();
      const before = flags(column);
      column.nullable();
      column.unique();
      column.encrypted();
      column.default("anything");
      expect(flags(column)).toEqual(before);
      expect(Object.isFrozen(column)).toBe(true);
    },
  );

  it("modifiers add up, in any order", () => {
    const one = text().nullable().unique().default("x");
    const other = text().default("x").unique().nullable();
    expect(flags(one)).toEqual(flags(other));
    expect(flags(one)).toMatchObject({ isNullable: true, isUnique: true, hasDefault: true });
  });

  it.each(["nullable", "default", "encrypted"] as const)("id() refuses .%s()", (modifier) => {
    expect(() => (id()[modifier] as (value?: string) => unknown)("x")).toThrow(
      `id() is never ${modifier}: it is the primary key. Remove .${modifier}() from it.`,
    );
  });

  it("an enum keeps a copy of its values", () => {
    const values: [string, ...string[]] = ["a", "b"];
    const column = text({ enum: values });
    values.push("c");
    expect(column.enumValues).toEqual(["a", "b"]);
    expect(Object.isFrozen(column.enumValues)).toBe(true);
  });

  it.each([
    [[], "text({ enum: [] }) must list at least one value, and each value once."],
    [["a", "a"], "text({ enum: [a, a] }) must list at least one value, and each value once."],
  ])("an enum of %j is refused", (values, message) => {
    expect(() => text({ enum: values as unknown as ["a"] })).toThrow(message);
  });

  it("a reference restricts unless it says otherwise, and does not look at its target yet", () => {
    const column = ref(() => {
      throw new Error("not now");
    });
    expect(column.reference?.onDelete).toBe("restrict");
    expect(ref(() => text(), { onDelete: "setNull" }).reference?.onDelete).toBe("setNull");
  });

  it("a reference refuses an onDelete that it does not know", () => {
    expect(() => ref(() => text(), { onDelete: "casacde" as "cascade" })).toThrow(
      'ref() does not know onDelete: "casacde". Use one of: cascade, restrict, setNull, noAction.',
    );
  });

  it.each([null, undefined, 1, "text", {}, { kind: "text" }, []])("%j is not a column", (value) => {
    expect(isColumn(value)).toBe(false);
  });
});
