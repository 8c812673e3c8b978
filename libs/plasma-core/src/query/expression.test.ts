import { describe, expect, it } from "vitest";
import { PlasmaDefinitionError, PlasmaError } from "../errors.ts";
import {
  bigint,
  blob,
  boolean,
  id,
  int,
  json,
  real,
  ref,
  text,
  timestamp,
} from "../schema/column.ts";
import type { AnyColumn } from "../schema/column.ts";
import { decodeTagged, encodeTagged } from "../protocol/tagged-json.ts";
import { alias, table } from "../schema/table.ts";
import { colRef } from "./aggregates.ts";
import type { Condition } from "./ast.ts";
import {
  and,
  asc,
  desc,
  eq,
  exists,
  inArray,
  isCondition,
  isNotNull,
  isNull,
  like,
  lt,
  ne,
  not,
  or,
} from "./expression.ts";
import { select } from "./select.ts";

const t = table("t", {
  id: id(),
  ref: ref((): AnyColumn => t.id).nullable(),
  text: text(),
  size: text({ enum: ["s", "m"] }),
  int: int(),
  bigint: bigint(),
  real: real(),
  boolean: boolean(),
  timestamp: timestamp(),
  blob: blob(),
  json: json(),
});

/** The same operators for what TypeScript would not let through. */
const loose = { eq, ne, lt, inArray, like, and, or, not, isNull, asc, desc } as unknown as Record<
  "eq" | "ne" | "lt" | "inArray" | "like" | "and" | "or" | "not" | "isNull" | "asc" | "desc",
  (...args: unknown[]) => Condition
>;

describe("an operator", () => {
  it("makes plain data", () => {
    const other = alias(t, "other");
    expect(and(eq(t.text, "x"), or(ne(t.id, other.id), undefined), isNotNull(t.ref))).toEqual({
      kind: "and",
      conditions: [
        {
          kind: "compare",
          op: "eq",
          left: { kind: "column", alias: "t", column: "text" },
          right: { kind: "value", value: "x" },
        },
        {
          kind: "or",
          conditions: [
            {
              kind: "compare",
              op: "ne",
              left: { kind: "column", alias: "t", column: "id" },
              right: { kind: "column", alias: "other", column: "id" },
            },
          ],
        },
        {
          kind: "not",
          condition: { kind: "isNull", operand: { kind: "column", alias: "t", column: "ref" } },
        },
      ],
    });
    expect(desc(t.int)).toEqual({
      operand: { kind: "column", alias: "t", column: "int" },
      direction: "desc",
    });
    expect(asc(t.int).direction).toBe("asc");
  });

  it("copies what could be changed in place", () => {
    const date = new Date(1);
    const bytes = new Uint8Array([1]);
    const list = ["a"];
    const conditions = [eq(t.timestamp, date), eq(t.blob, bytes), inArray(t.text, list)];
    const before = JSON.stringify(conditions);
    date.setTime(2);
    bytes[0] = 2;
    list.push("b");
    expect(JSON.stringify(conditions)).toBe(before);
  });

  const families: Record<string, [columns: AnyColumn[], value: unknown]> = {
    text: [[t.id, t.ref, t.text, t.size], "x"],
    "int and real": [[t.int, t.real], 1],
    boolean: [[t.boolean], true],
    date: [[t.timestamp], new Date(0)],
    bytes: [[t.blob], new Uint8Array(1)],
  };

  it("compares bigint with int and itself, but not with real: engines round that differently", () => {
    for (const other of [1, 1n, t.int, t.bigint]) {
      expect(isCondition(loose.eq(t.bigint, other))).toBe(true);
    }
    for (const other of [0.5, t.real, "1", t.boolean]) {
      expect(() => loose.eq(t.bigint, other)).toThrow(
        expect.objectContaining({ code: "type-mismatch" }),
      );
    }
    expect(() => loose.lt(t.real, 1n)).toThrow(expect.objectContaining({ code: "type-mismatch" }));
  });

  it.each(Object.keys(families))(
    "compares %s with its own family, and with nothing else",
    (family) => {
      const [columns] = families[family] as [AnyColumn[], unknown];
      for (const column of columns) {
        for (const [otherFamily, [otherColumns, value]] of Object.entries(families)) {
          const tries = [value, ...otherColumns].flatMap((other) => [
            () => loose.eq(column, other),
            () => loose.lt(column, other),
          ]);
          tries.push(() => loose.inArray(column, [value]));
          for (const attempt of tries) {
            if (family === otherFamily) expect(isCondition(attempt())).toBe(true);
            else expect(attempt).toThrow(expect.objectContaining({ code: "type-mismatch" }));
          }
        }
        expect(isCondition(loose.eq(column, null))).toBe(true);
      }
    },
  );

  it.each<[what: string, attempt: () => unknown, message: string]>([
    ["text with a number", () => loose.eq(t.text, 1), '"t.text" (text) cannot be compared with 1.'],
    [
      "a number with text",
      () => loose.eq(t.int, "1"),
      '"t.int" (int) cannot be compared with text of 1 character.',
    ],
    [
      "one column with another",
      () => loose.eq(t.text, t.boolean),
      '"t.text" (text) cannot be compared with "t.boolean" (boolean).',
    ],
    [
      "JSON",
      () => loose.eq(t.json, "x"),
      '"t.json" (json) cannot be compared or ordered: keep what queries look at in a column of its own.',
    ],
    ["JSON by order", () => loose.asc(t.json), '"t.json" (json) cannot be compared or ordered'],
    [
      "like on a number",
      () => loose.like(t.int, "1%"),
      '"t.int" (int) is not text: like() and ilike() look at text only.',
    ],
    [
      "like on no column",
      () => loose.like(1, "1%"),
      "1 is not text: like() and ilike() look at text only.",
    ],
  ])("refuses %s when the query is built", (_what, attempt, message) => {
    expect(attempt).toThrow(PlasmaError);
    expect(attempt).toThrow(message);
  });

  it.each<[what: string, value: unknown]>([
    ["undefined", undefined],
    ["NaN", Number.NaN],
    ["Infinity", Infinity],
    ["a bigint of 65 bits", 2n ** 63n],
    ["an invalid date", new Date(Number.NaN)],
    ["an object", { secret: 1 }],
    ["a function", () => 1],
    ["NUL", "\0"],
    ["half a surrogate pair", "\ud800"],
  ])("refuses %s as a value", (_what, value) => {
    expect(() => loose.eq(t.text, value)).toThrow(PlasmaDefinitionError);
    expect(() => loose.inArray(t.text, [value])).toThrow(PlasmaDefinitionError);
  });

  it("says what can be compared with", () => {
    expect(() => loose.eq(t.text, undefined)).toThrow(
      "A query cannot compare with undefined. Give a string, finite number, bigint of 64 bits, boolean, valid Date, Uint8Array, null or a column.",
    );
    expect(() => loose.like(t.text, "a\0")).toThrow(
      "Text in a query must not contain the NUL character.",
    );
  });

  it("refuses a column that belongs to no table", () => {
    expect(() => loose.eq(text(), "x")).toThrow(
      "This column belongs to no table. Use it as a property of one: todos.title.",
    );
    expect(() => loose.asc("title")).toThrow("This place takes a column of a table, but was given");
  });

  it.each([false, true, null, 0, "", {}, t.text, [eq(t.text, "x")], { kind: "select" }])(
    "and, or and not refuse %j as a condition",
    (candidate) => {
      for (const name of ["and", "or", "not"] as const) {
        expect(() => loose[name](candidate)).toThrow(`${name}() takes conditions, but was given`);
      }
    },
  );

  it("not refuses undefined, since there is nothing to turn round", () => {
    expect(() => loose.not(undefined)).toThrow(
      "not() needs a condition here, such as eq(todos.id, id), but was given undefined.",
    );
  });

  it("inArray wants an array, and takes an empty one", () => {
    expect(inArray(t.text, [])).toMatchObject({ kind: "in", values: [] });
    expect(() => loose.inArray(t.text, "abc")).toThrow(
      'inArray() takes its values as an array: inArray(todos.size, ["s", "m"]).',
    );
    expect(() => loose.inArray(t.text, new Array(2))).toThrow(
      "A query cannot compare with undefined.",
    );
  });

  it("like wants a string, and normalises a backslash at its end", () => {
    expect(() => loose.like(t.text, /a/)).toThrow(
      "like() takes its pattern as a string: like(todos.title",
    );
    expect(like(t.text, "a\\")).toMatchObject({ pattern: "a\\\\" });
  });

  it("exists takes the AST of a query", () => {
    const query = select().from(t);
    expect(exists(query)).toEqual({ kind: "exists", query: query.ast });
  });
});

describe("isCondition()", () => {
  it("knows every kind, and no column, order or query", () => {
    const conditions = [
      eq(t.id, "1"),
      inArray(t.id, []),
      isNull(t.id),
      like(t.id, ""),
      and(),
      or(),
      not(or()),
      exists(select().from(t)),
    ];
    expect(conditions.every(isCondition)).toBe(true);
    for (const other of [
      t.id,
      t.json,
      asc(t.id),
      select().from(t).ast,
      true,
      null,
      undefined,
      "and",
      {},
    ]) {
      expect(isCondition(other)).toBe(false);
    }
  });
});

describe("what comes from outside", () => {
  const notes = table("notes", { id: id(), title: text() });

  it("is never a column or an aggregate, whatever it looks like", () => {
    for (const forged of [
      { reference: { kind: "column", alias: "notes", column: "id" } },
      { aggregate: { kind: "aggregate", fn: "count", distinct: false, operand: null } },
      { kind: "column", alias: "notes", column: "id" },
      { ...colRef("notes", "id") },
    ]) {
      const value = forged as never;
      expect(() => eq(notes.id, value)).toThrow(PlasmaDefinitionError);
      expect(() => inArray(notes.id, [value])).toThrow(PlasmaDefinitionError);
      expect(() => asc(value)).toThrow(PlasmaDefinitionError);
      expect(() => select({ value }).from(notes)).toThrow(PlasmaDefinitionError);
    }
    expect(eq(notes.id, colRef("notes", "id"))).toMatchObject({ right: { kind: "column" } });
  });

  it("is never a condition, an order or a query, whatever it looks like", () => {
    const forged = {
      condition: decodeTagged(encodeTagged({ kind: "constant", value: true })),
      and: { kind: "and", conditions: [] },
      copied: { ...eq(notes.id, "1") },
      order: { ...asc(notes.id) },
      query: { ast: select().from(notes).ast },
    };
    const loose = { and, or, not, exists } as unknown as Record<string, (part: unknown) => unknown>;
    const query = select().from(notes) as unknown as Record<string, (part: unknown) => unknown>;
    for (const part of Object.values(forged)) {
      for (const method of ["and", "or", "not", "exists"]) {
        expect(() => loose[method]!(part), method).toThrow(PlasmaDefinitionError);
      }
      for (const method of ["where", "having", "orderBy"]) {
        expect(() => query[method]!(part), method).toThrow(PlasmaDefinitionError);
      }
      expect(isCondition(part)).toBe(false);
    }
  });

  it("names no output that an object cannot hold", () => {
    expect(() => select({ ["__proto__"]: notes.title }).from(notes)).toThrow(PlasmaDefinitionError);
  });
});
