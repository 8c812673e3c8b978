import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bigint, blob, boolean, id, int, real, ref, text, timestamp } from "../schema/column.ts";
import type { AnyColumn } from "../schema/column.ts";
import { defineSchema } from "../schema/schema.ts";
import { alias, table } from "../schema/table.ts";
import type { Row } from "../schema/table.ts";
import type { Condition, SelectAst, Value } from "./ast.ts";
import { compareRows, evaluateCondition, evaluateSelect, hasRow, rowMatches } from "./evaluate.ts";
import type { RowSource, Truth } from "./evaluate.ts";
import {
  and,
  asc,
  desc,
  eq,
  exists,
  gt,
  gte,
  inArray,
  isNotNull,
  isNull,
  like,
  lt,
  lte,
  ne,
  not,
  or,
  conditionFromAst,
} from "./expression.ts";
import { analyzeSelect } from "./analyze.ts";
import { select } from "./select.ts";
import { tablesOfCondition, tablesOfSelect } from "./walk.ts";

const lists = table("lists", { id: id(), name: text(), ownerId: text() });
const todos = table("todos", {
  id: id(),
  listId: ref(() => lists.id),
  parentId: ref((): AnyColumn => todos.id).nullable(),
  title: text(),
  rank: int().nullable(),
});
const values = table("values", {
  id: id(),
  text: text().nullable(),
  int: int().nullable(),
  bigint: bigint().nullable(),
  real: real().nullable(),
  boolean: boolean().nullable(),
  timestamp: timestamp().nullable(),
  blob: blob().nullable(),
});

const schema = defineSchema({ lists, todos, values });

function sourceOf(rows: Record<string, readonly Row[]>): RowSource {
  return { schema, rows: (name) => rows[name] ?? [] };
}

const NOTHING = sourceOf({});
const TRUE = and();
const FALSE = or();
const UNKNOWN = eq(values.text, null as never);

/** The truth of a condition about one row of `values`. */
function truth(condition: Condition, row: Row = {}): Truth {
  return evaluateCondition(condition, NOTHING, new Map([["values", { id: "1", ...row }]]));
}

describe("three-valued logic", () => {
  const parts: [Truth, Condition][] = [
    [true, TRUE],
    [false, FALSE],
    [null, UNKNOWN],
  ];
  // false < unknown < true: `and` is the least, `or` the greatest, `not` turns round.
  const rank = (value: Truth) => (value === null ? 1 : value ? 2 : 0);
  const pairs = parts.flatMap((left) => parts.map((right) => [...left, ...right] as const));

  it.each(pairs)("%s and/or … (%#)", (leftTruth, left, rightTruth, right) => {
    const least = rank(leftTruth) < rank(rightTruth) ? leftTruth : rightTruth;
    const greatest = rank(leftTruth) > rank(rightTruth) ? leftTruth : rightTruth;
    expect(truth(and(left, right))).toBe(least);
    expect(truth(or(left, right))).toBe(greatest);
  });

  it("not of unknown is unknown", () => {
    expect(truth(not(TRUE))).toBe(false);
    expect(truth(not(FALSE))).toBe(true);
    expect(truth(not(UNKNOWN))).toBeNull();
  });

  it("without parts, `and` is true and `or` is false, also when all parts were left out", () => {
    expect(truth(and())).toBe(true);
    expect(truth(or())).toBe(false);
    expect(truth(and(undefined, undefined))).toBe(true);
    expect(truth(or(undefined, undefined))).toBe(false);
  });

  it("keeps a row only when its condition is true", () => {
    const source = sourceOf({ values: [{ id: "1", text: null }] });
    expect(evaluateSelect(select().from(values).where(eq(values.text, "a")).ast, source)).toEqual(
      [],
    );
    expect(
      evaluateSelect(
        select()
          .from(values)
          .where(not(eq(values.text, "a"))).ast,
        source,
      ),
    ).toEqual([]);
    expect(
      evaluateSelect(select().from(values).where(isNull(values.text)).ast, source),
    ).toHaveLength(1);
  });

  it("follows De Morgan, whatever the parts", () => {
    const part = fc.constantFrom(TRUE, FALSE, UNKNOWN);
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (conditions) => {
        const negated = conditions.map((condition) => not(condition));
        expect(truth(not(and(...conditions)))).toBe(truth(or(...negated)));
        expect(truth(not(or(...conditions)))).toBe(truth(and(...negated)));
      }),
    );
  });
});

describe("comparisons", () => {
  const operators = { eq, ne, gt, gte, lt, lte };
  const expected = {
    eq: [false, true, false],
    ne: [true, false, true],
    gt: [false, false, true],
    gte: [false, true, true],
    lt: [true, false, false],
    lte: [true, true, false],
  };
  const orders: [kind: keyof typeof values & string, below: Value, same: Value, above: Value][] = [
    ["text", "a", "b", "c"],
    ["int", -1, 0, 1],
    ["bigint", 2n ** 53n, 2n ** 53n + 1n, 2n ** 53n + 2n],
    ["real", -0.5, 0, 5e-324],
    ["timestamp", new Date(0), new Date(1), new Date(2)],
    ["blob", new Uint8Array([0]), new Uint8Array([1]), new Uint8Array([1, 0])],
  ];

  it.each(orders)("of %s have one order", (kind, ...row) => {
    const column = values[kind] as AnyColumn;
    for (const [name, operator] of Object.entries(operators)) {
      const truths = row.map((value) =>
        truth(operator(column, row[1] as never), { [kind]: value }),
      );
      expect(truths, name).toEqual(expected[name as keyof typeof expected]);
    }
  });

  it.each(Object.entries(operators))(
    "%s with null is unknown, on either side",
    (_name, operator) => {
      expect(truth(operator(values.int, 1), { int: null })).toBeNull();
      expect(truth(operator(values.int, null as never), { int: 1 })).toBeNull();
      expect(truth(operator(values.int, values.real), { int: 1, real: null })).toBeNull();
      expect(truth(operator(values.int, values.int), { int: null })).toBeNull();
    },
  );

  it("of two columns look at both", () => {
    expect(truth(lt(values.int, values.real), { int: 1, real: 1.5 })).toBe(true);
    expect(truth(eq(values.int, values.bigint as never), { int: 1, bigint: 1n })).toBe(true);
  });

  it("take a value that is not there for null", () => {
    expect(truth(isNull(values.text), {})).toBe(true);
    expect(truth(eq(values.text, "a"), {})).toBeNull();
  });

  it("isNull and isNotNull are never unknown", () => {
    expect(truth(isNull(values.text), { text: "" })).toBe(false);
    expect(truth(isNotNull(values.text), { text: null })).toBe(false);
    expect(truth(isNotNull(values.text), { text: "" })).toBe(true);
  });

  it("of different kinds are a typed error, should an AST ask for them", () => {
    const condition: Condition = {
      kind: "compare",
      op: "eq",
      left: { kind: "column", alias: "values", column: "text" },
      right: { kind: "value", value: 1 },
    };
    expect(() => truth(condition, { text: "1" })).toThrow(
      expect.objectContaining({
        code: "type-mismatch",
        message: "A string cannot be compared with a number.",
      }),
    );
  });

  it("like is unknown for null, and a typed error for what is not text", () => {
    expect(truth(like(values.text, "a%"), { text: "ab" })).toBe(true);
    expect(truth(like(values.text, "a%"), { text: null })).toBeNull();
    const condition: Condition = {
      kind: "like",
      operand: { kind: "column", alias: "values", column: "int" },
      pattern: "%",
      foldCase: false,
    };
    expect(() => truth(condition, { int: 1 })).toThrow("like() needs a text column.");
  });
});

describe("in", () => {
  const withNull = (...list: Value[]): Condition =>
    conditionFromAst({
      kind: "in",
      operand: { kind: "column", alias: "values", column: "int" },
      values: list,
    });

  it.each<[what: string, condition: Condition, value: number | null, expected: Truth]>([
    ["found", withNull(1, 2), 2, true],
    ["not found", withNull(1, 2), 3, false],
    ["null in a list", withNull(1, 2), null, null],
    ["an empty list", withNull(), 1, false],
    ["null in an empty list", withNull(), null, false],
    ["found beside null", withNull(null, 1), 1, true],
    ["not found beside null", withNull(1, null), 2, null],
    ["a list of null", withNull(null), 1, null],
    ["not in: not found", not(withNull(1, 2)), 3, true],
    ["not in: found", not(withNull(1, 2)), 1, false],
    [
      "not in: beside null, which is why NOT IN with null finds nothing",
      not(withNull(1, null)),
      2,
      null,
    ],
    ["not in: an empty list", not(withNull()), 1, true],
  ])("%s", (_what, condition, value, expected) => {
    expect(truth(condition, { int: value })).toBe(expected);
  });

  it("takes more than 10,000 values", () => {
    const many = Array.from({ length: 20_000 }, (_, at) => at * 2);
    expect(truth(inArray(values.int, many), { int: 39_998 })).toBe(true);
    expect(truth(inArray(values.int, many), { int: 39_997 })).toBe(false);
    expect(truth(inArray(values.int, many), { int: null })).toBeNull();
  });

  it("compares dates and bytes by value, and numbers with bigints", () => {
    expect(truth(inArray(values.timestamp, [new Date(1)]), { timestamp: new Date(1) })).toBe(true);
    expect(truth(inArray(values.blob, [new Uint8Array([1])]), { blob: new Uint8Array([1]) })).toBe(
      true,
    );
    expect(truth(withNull(1n, 2n), { int: 2 })).toBe(true);
    expect(truth(withNull(0), { int: -0 })).toBe(true);
  });

  it("says the same as a chain of or", () => {
    const cell = fc.option(fc.integer({ min: 0, max: 5 }));
    fc.assert(
      fc.property(cell, fc.array(cell), (value, list) => {
        const chain = or(...list.map((item) => eq(values.int, item as number)));
        expect(truth(withNull(...list), { int: value })).toBe(truth(chain, { int: value }));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("exists", () => {
  const source = sourceOf({
    lists: [
      { id: "l1", name: "one", ownerId: "ada" },
      { id: "l2", name: "two", ownerId: "grace" },
      { id: "l3", name: "three", ownerId: "ada" },
    ],
    todos: [
      { id: "t1", listId: "l1", parentId: null, title: "a", rank: 1 },
      { id: "t2", listId: "l1", parentId: "t1", title: "b", rank: 2 },
      { id: "t3", listId: "l2", parentId: "t2", title: "c", rank: null },
    ],
  });
  const ids = (query: { ast: SelectAst }) =>
    evaluateSelect(query.ast, source).map((row) => row["id"]);

  it("sees the row of the query around it", () => {
    const withTodos = exists(select().from(todos).where(eq(todos.listId, lists.id)));
    expect(ids(select().from(lists).where(withTodos))).toEqual(["l1", "l2"]);
    expect(ids(select().from(lists).where(not(withTodos)))).toEqual(["l3"]);
  });

  it("meets its own table a second time under an alias", () => {
    const children = alias(todos, "children");
    const hasChild = exists(select().from(children).where(eq(children.parentId, todos.id)));
    expect(ids(select().from(todos).where(hasChild))).toEqual(["t1", "t2"]);
  });

  it("without an alias means the inner row, as in SQL", () => {
    const ofItself = exists(select().from(todos).where(eq(todos.parentId, todos.id)));
    expect(ids(select().from(todos).where(ofItself))).toEqual([]);
  });

  it("reaches over several levels", () => {
    const children = alias(todos, "children");
    const sameListGrandchild = exists(
      select()
        .from(todos)
        .where(
          and(
            eq(todos.listId, lists.id),
            exists(
              select()
                .from(children)
                .where(and(eq(children.parentId, todos.id), ne(children.listId, lists.id))),
            ),
          ),
        ),
    );
    expect(ids(select().from(lists).where(sameListGrandchild))).toEqual(["l1"]);
  });

  it("is true or false, never unknown", () => {
    const none = exists(
      select()
        .from(todos)
        .where(eq(todos.rank, null as never)),
    );
    expect(evaluateCondition(none, source, new Map())).toBe(false);
    expect(evaluateCondition(not(none), source, new Map())).toBe(true);
  });

  it.each([
    [0, 0, false],
    [1, 0, true],
    [1, 2, true],
    [1, 3, false],
    [null, 2, true],
    [null, 3, false],
  ])("respects limit %s and offset %i", (limit, offset, found) => {
    const query = { ...select().from(todos).ast, limit, offset };
    expect(hasRow(query, source, new Map())).toBe(found);
    expect(evaluateSelect(query, source).length > 0).toBe(found);
  });

  it("may be answered by someone who knows more, at every depth of the condition", () => {
    const condition = not(and(exists(select().from(lists)), exists(select().from(todos))));
    const asked: string[] = [];
    const answer = (query: SelectAst): Truth => {
      asked.push(query.from.alias);
      return null;
    };
    expect(evaluateCondition(condition, NOTHING, new Map(), { exists: answer })).toBeNull();
    expect(asked).toEqual(["lists", "todos"]);
  });
});

describe("a select", () => {
  const rows = [
    { id: "c", text: "x", int: 2 },
    { id: "a", text: "y", int: null },
    { id: "d", text: "x", int: 1 },
    { id: "b", text: null, int: 2 },
  ];
  const source = sourceOf({ values: rows });
  const base = select().from(values);
  const ids = (query: { ast: SelectAst }) =>
    evaluateSelect(query.ast, source)
      .map((row) => row["id"])
      .join("");

  it.each<[string, { ast: SelectAst }]>([
    ["abcd", base],
    ["dcba", base.orderBy(desc(values.id))],
    ["adbc", base.orderBy(asc(values.int))],
    ["adbc", base.orderBy(values.int)],
    ["bcda", base.orderBy(desc(values.int))],
    ["bcda", base.orderBy(values.text)],
    ["acdb", base.orderBy(desc(values.text))],
    ["bdca", base.orderBy(values.text, asc(values.int))],
    ["bdca", base.orderBy(desc(values.id)).orderBy(values.text, values.int)],
    ["bc", base.where(eq(values.int, 2))],
    ["ab", base.limit(2)],
    ["", base.limit(0)],
    ["bc", base.offset(1).limit(2)],
    ["cd", base.offset(2)],
    ["", base.offset(9)],
    ["abcd", base.limit(Number.MAX_SAFE_INTEGER).offset(0)],
    ["cd", base.where(eq(values.text, "x"))],
    ["c", base.where(eq(values.text, "x")).where(eq(values.int, 2))],
  ])("gives %j (%#)", (expected, query) => {
    expect(ids(query)).toBe(expected);
  });

  it("leaves its source as it was and gives the very rows of it", () => {
    const result = evaluateSelect(base.orderBy(values.int).ast, source);
    expect(rows.map((row) => row.id).join("")).toBe("cadb");
    expect(result.every((row) => rows.includes(row as (typeof rows)[number]))).toBe(true);
    result.length = 0;
    expect(evaluateSelect(base.ast, source)).toHaveLength(4);
  });

  it("has the same order however its rows come in", () => {
    const row = fc.record({
      int: fc.option(fc.integer({ min: 0, max: 2 })),
      text: fc.option(fc.constantFrom("x", "y")),
    });
    fc.assert(
      fc.property(fc.array(row), fc.nat(), (given, by) => {
        const numbered = given.map((cells, at) => ({ id: String(at), ...cells }));
        const rotated = [
          ...numbered.slice(by % (given.length || 1)),
          ...numbered.slice(0, by % (given.length || 1)),
        ];
        const { ast } = base.orderBy(desc(values.int), values.text).limit(5);
        const analyzed = analyzeSelect(schema, ast);
        expect(evaluateSelect(ast, sourceOf({ values: rotated }))).toEqual(
          evaluateSelect(ast, sourceOf({ values: numbered })),
        );
        for (const [at, one] of numbered.entries()) {
          for (const other of numbered.slice(at + 1)) {
            expect(compareRows(analyzed, one, other)).toBe(-compareRows(analyzed, other, one));
            expect(compareRows(analyzed, one, other)).not.toBe(0);
          }
        }
      }),
    );
  });

  it("matches a row exactly when it finds it", () => {
    const { ast } = base.where(or(eq(values.int, 2), isNull(values.text)));
    for (const row of rows) {
      expect(rowMatches(ast, row, source)).toBe(evaluateSelect(ast, source).includes(row));
    }
    expect(rowMatches(base.ast, rows[0] as Row, source)).toBe(true);
  });

  it("with a column of a table out of sight is a typed error", () => {
    const { ast } = base.where(eq(lists.name, "one"));
    expect(() => evaluateSelect(ast, source)).toThrow(
      expect.objectContaining({
        code: "unknown-table",
        message:
          'This query uses a column of "lists", which is neither one of its tables nor one of a query around it. Add the table with from(), innerJoin() or leftJoin().',
      }),
    );
  });
});

describe("the tables of a query", () => {
  it("are its own and those of its subqueries, at any depth, each once", () => {
    const inner = exists(
      select()
        .from(alias(todos, "x"))
        .where(exists(select().from(values))),
    );
    const query = select()
      .from(lists)
      .where(or(not(and(inner, eq(lists.id, "1"))), inner));
    expect([...tablesOfSelect(query.ast)]).toEqual(["lists", "todos", "values"]);
    expect([...tablesOfCondition(null)]).toEqual([]);
    expect([
      ...tablesOfCondition(and(like(lists.name, "%"), inArray(lists.id, ["1"]), isNull(lists.id))),
    ]).toEqual([]);
  });
});
