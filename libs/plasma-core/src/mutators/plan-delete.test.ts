import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eq, inArray } from "../query/expression.ts";
import { id, ref, text } from "../schema/column.ts";
import type { AnyColumn, OnDelete } from "../schema/column.ts";
import { defineSchema } from "../schema/schema.ts";
import { table } from "../schema/table.ts";
import type { InferInsertRow } from "../schema/table.ts";
import { memoryWorld } from "./memory-write-store.fixture.ts";
import { planDelete } from "./plan-delete.ts";
import type { WriteStore } from "./write-store.ts";

const toNode = (onDelete: OnDelete) => ref((): AnyColumn => nodes.id, { onDelete }).nullable();

/** Nodes that refer to each other in every way that there is. */
const nodes = table("nodes", {
  id: id(),
  cascade: toNode("cascade"),
  second: toNode("cascade"),
  restrict: toNode("restrict"),
  setNull: toNode("setNull"),
  other: toNode("setNull"),
  noAction: toNode("noAction"),
});
const leaves = table("leaves", {
  id: id(),
  nodeId: ref(() => nodes.id, { onDelete: "cascade" }),
  note: text().default(""),
});
const schema = defineSchema({ nodes, leaves });

type Node = InferInsertRow<typeof nodes>;

const world = (given: Node[], leafOf: string[] = []) =>
  memoryWorld(schema, {
    nodes: given,
    leaves: leafOf.map((nodeId, at) => ({ id: `leaf${at}`, nodeId })),
  });

describe("a delete", () => {
  it("takes along what cascades, over all levels and tables", async () => {
    const w = world(
      [{ id: "a" }, { id: "b", cascade: "a" }, { id: "c", cascade: "b" }, { id: "x" }],
      ["c", "x"],
    );
    await expect(w.db.delete(nodes).where(eq(nodes.id, "a"))).resolves.toEqual({ rowCount: 1 });
    expect(Object.keys(w.rows("nodes"))).toEqual(["x"]);
    expect(Object.keys(w.rows("leaves"))).toEqual(["leaf1"]);
  });

  it("removes rows before the rows they refer to", async () => {
    const w = world(
      [{ id: "a" }, { id: "b", cascade: "a" }, { id: "c", cascade: "b", second: "a" }],
      ["c", "a"],
    );
    await w.db.delete(nodes).where(eq(nodes.id, "a"));
    expect(w.applied).toEqual([
      "- leaves:leaf0",
      "- nodes:c",
      "- nodes:b",
      "- leaves:leaf1",
      "- nodes:a",
    ]);
  });

  it("asks once for each reference of a level, however many rows there are", async () => {
    const many = Array.from({ length: 2_000 }, (_, at) => `n${at}`);
    const w = world([{ id: "a" }, ...many.map((id) => ({ id, cascade: "a" }))], many);
    let asked = 0;
    const counting: WriteStore = {
      ...w.store,
      rowsWith: (...question) => {
        asked++;
        return w.store.rowsWith(...question);
      },
    };
    const [a] = await w.store.rowsWith("nodes", "id", ["a"]);
    const planned = await planDelete(schema, counting, [
      { table: "nodes", id: "a", before: a!, after: null },
    ]);
    expect(planned).toHaveLength(4_001);
    // Five references to nodes are followed, on the levels of a and of the many; none leads to leaves.
    expect(asked).toBe(2 * 6);
  });

  it("deletes a row once to which two ways lead", async () => {
    const w = world([
      { id: "a" },
      { id: "b", cascade: "a" },
      { id: "c", cascade: "a" },
      { id: "d", cascade: "b", second: "c" },
    ]);
    await w.db.delete(nodes).where(eq(nodes.id, "a"));
    expect(w.applied.filter((change) => change === "- nodes:d")).toHaveLength(1);
    expect(w.applied).toHaveLength(4);
  });

  it("deletes a row once that was asked for and hangs on another", async () => {
    const w = world([{ id: "a" }, { id: "b", cascade: "a" }]);
    await expect(w.db.delete(nodes).where(inArray(nodes.id, ["a", "b"]))).resolves.toEqual({
      rowCount: 2,
    });
    expect(w.applied).toEqual(["- nodes:b", "- nodes:a"]);
  });

  it("ends where rows refer to each other or to themselves", async () => {
    const circle = world([
      { id: "a", cascade: "c" },
      { id: "b", cascade: "a" },
      { id: "c", cascade: "b" },
    ]);
    await circle.db.delete(nodes).where(eq(nodes.id, "b"));
    expect(circle.applied.sort()).toEqual(["- nodes:a", "- nodes:b", "- nodes:c"]);
    const itself = world([{ id: "a", cascade: "a", restrict: "a", setNull: "a" }]);
    await itself.db.delete(nodes).where(eq(nodes.id, "a"));
    expect(itself.applied).toEqual(["- nodes:a"]);
  });

  it("sets null where it should, before the target goes", async () => {
    const w = world([{ id: "a" }, { id: "b", setNull: "a", cascade: "x" }, { id: "x" }]);
    await w.db.delete(nodes).where(eq(nodes.id, "a"));
    expect(w.applied).toEqual(["~ nodes:b", "- nodes:a"]);
    expect(w.rows("nodes")["b"]).toMatchObject({ setNull: null, cascade: "x" });
  });

  it("sets two references of one row to null in one change", async () => {
    const w = world([{ id: "a" }, { id: "b" }, { id: "c", setNull: "a", other: "b" }]);
    await w.db.delete(nodes).where(inArray(nodes.id, ["a", "b"]));
    expect(w.applied).toEqual(["~ nodes:c", "- nodes:a", "- nodes:b"]);
    expect(w.rows("nodes")["c"]).toMatchObject({ setNull: null, other: null });
    expect(Object.isFrozen(w.rows("nodes")["c"])).toBe(true);
  });

  it("deletes rather than sets null, whichever it meets first", async () => {
    for (const ways of [
      { setNull: "a", cascade: "b" },
      { setNull: "b", cascade: "a" },
    ]) {
      const w = world([{ id: "a" }, { id: "b", cascade: "a" }, { id: "c", ...ways }]);
      await w.db.delete(nodes).where(eq(nodes.id, "a"));
      expect(w.applied).not.toContain("~ nodes:c");
      expect(w.rows("nodes")).toEqual({});
    }
  });

  it("is refused while something refers to its row, and has then changed nothing", async () => {
    const w = world(
      [
        { id: "a" },
        { id: "b", cascade: "a" },
        { id: "c", setNull: "a" },
        { id: "d", restrict: "b" },
      ],
      ["a"],
    );
    await expect(w.db.delete(nodes).where(eq(nodes.id, "a"))).rejects.toMatchObject({
      code: "restricted",
      message:
        'This row of "nodes" is still referred to by "nodes.restrict", so it cannot be deleted. Delete or change the row that refers to it first.',
    });
    expect(w.applied).toEqual([]);
    await expect(w.db.delete(nodes).where(eq(nodes.id, "d"))).resolves.toEqual({ rowCount: 1 });
    await expect(w.db.delete(nodes).where(eq(nodes.id, "a"))).resolves.toEqual({ rowCount: 1 });
  });

  it("is not held back by rows that go with it", async () => {
    const cascaded = world([
      { id: "a" },
      { id: "b", cascade: "a", restrict: "a" },
      { id: "c", cascade: "a", restrict: "b" },
    ]);
    await expect(cascaded.db.delete(nodes).where(eq(nodes.id, "a"))).resolves.toEqual({
      rowCount: 1,
    });
    const asked = world([{ id: "a" }, { id: "b", restrict: "a" }]);
    await expect(asked.db.delete(nodes).where(inArray(nodes.id, ["a", "b"]))).resolves.toEqual({
      rowCount: 2,
    });
    expect(asked.rows("nodes")).toEqual({});
  });

  it("leaves a noAction reference to the mutator, which may point it elsewhere", async () => {
    const w = world([{ id: "a" }, { id: "b", noAction: "a" }]);
    await w.db.delete(nodes).where(eq(nodes.id, "a"));
    expect(w.rows("nodes")["b"]).toMatchObject({ noAction: "a" });
  });

  it("asks the rules about the rows it was asked for, not about those that hang on them", async () => {
    const w = world([{ id: "a" }, { id: "b", cascade: "a" }, { id: "c", setNull: "a" }]);
    await w.db.delete(nodes).where(eq(nodes.id, "a"));
    expect(w.judged).toEqual(["- nodes:a"]);
  });

  it("follows a chain of thousands", { timeout: 60_000 }, async () => {
    const chain = Array.from({ length: 3_000 }, (_, at) => ({
      id: `n${at}`,
      ...(at > 0 && { cascade: `n${at - 1}` }),
    }));
    const w = world(chain);
    await w.db.delete(nodes).where(eq(nodes.id, "n0"));
    expect(w.rows("nodes")).toEqual({});
    expect(w.applied[0]).toBe("- nodes:n2999");
  });

  it(
    "in any graph leaves no reference to a deleted row (but noAction), or changes nothing",
    { timeout: 60_000 },
    async () => {
      const ids = ["a", "b", "c", "d", "e", "f"];
      const target = fc.option(fc.constantFrom(...ids), { nil: null, freq: 2 });
      const graph = fc.tuple(
        ...ids.map((one) =>
          fc.record({
            id: fc.constant(one),
            cascade: target,
            second: target,
            restrict: fc.oneof(
              { weight: 5, arbitrary: fc.constant(null) },
              fc.constantFrom(...ids),
            ),
            setNull: target,
            other: target,
          }),
        ),
      );
      let refused = 0;
      await fc.assert(
        fc.asyncProperty(graph, fc.subarray(ids, { minLength: 1 }), async (given, asked) => {
          const w = memoryWorld(schema, { nodes: given });
          const before = w.rows("nodes");
          try {
            await w.db.delete(nodes).where(inArray(nodes.id, asked));
          } catch (error) {
            refused++;
            expect(error).toMatchObject({ code: "restricted" });
            expect(w.rows("nodes")).toEqual(before);
            return;
          }
          const left = w.rows("nodes");
          expect(asked.some((one) => one in left)).toBe(false);
          for (const row of Object.values(left)) {
            for (const name of ["cascade", "second", "restrict", "setNull", "other"]) {
              const to = row[name] as string | null;
              expect(to === null || to in left, `${row["id"]}.${name}`).toBe(true);
            }
          }
          // Each row at most once: the fixture refuses a change whose `before` is not the row as it is.
          expect(new Set(w.changes.map((change) => change.id)).size).toBe(w.changes.length);
        }),
        { numRuns: 2_000 },
      );
      expect(refused).toBeGreaterThan(50);
    },
  );
});
