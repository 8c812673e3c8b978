import { describe, expect, it } from "vitest";
import { planMove, positionAtEnd } from "./todo-order.ts";
import type { Placed } from "./todo-order.ts";

function listOf(...keys: [id: string, position: string][]): Placed[] {
  return keys.map(([id, position]) => ({ id, position }));
}

/** The order that everyone sees once the moves are done: by position, then by id. */
function orderAfter(todos: readonly Placed[], moves: readonly Placed[]): string {
  const moved = new Map(moves.map((move) => [move.id, move.position]));
  return todos
    .map(({ id, position }) => ({ id, position: moved.get(id) ?? position }))
    .sort((a, b) =>
      a.position === b.position ? (a.id < b.id ? -1 : 1) : a.position < b.position ? -1 : 1,
    )
    .map(({ id }) => id)
    .join("");
}

const abcd = listOf(["a", "a0"], ["b", "a1"], ["c", "a2"], ["d", "a3"]);

describe("positionAtEnd", () => {
  it("starts an empty list and sorts after the last todo", () => {
    expect(positionAtEnd([])).toBe("a0");
    expect(positionAtEnd(abcd) > "a3").toBe(true);
  });
});

describe("planMove", () => {
  it.each([
    ["a", "d", "bcda"],
    ["d", "a", "dabc"],
    ["a", "b", "bacd"],
    ["c", "b", "acbd"],
  ])("moves %s to the place of %s with one change", (id, over, order) => {
    const moves = planMove(abcd, id, over);
    expect(moves).toHaveLength(1);
    expect(orderAfter(abcd, moves)).toBe(order);
  });

  it("changes nothing when the todo stays, or is gone", () => {
    expect(planMove(abcd, "a", "a")).toEqual([]);
    expect(planMove(abcd, "a", "gone")).toEqual([]);
    expect(planMove(abcd, "gone", "a")).toEqual([]);
  });

  it("moves into a run of equal keys, which two people made while apart", () => {
    const tied = listOf(["a", "a0"], ["b", "a1"], ["c", "a1"], ["d", "a1"], ["e", "a2"]);
    const moves = planMove(tied, "e", "c");
    expect(orderAfter(tied, moves)).toBe("abecd");
    expect(moves.map((move) => move.id)).toEqual(["e", "c", "d"]);
  });

  it("moves within a run of equal keys that ends the list", () => {
    const tied = listOf(["a", "a1"], ["b", "a1"], ["c", "a1"]);
    expect(orderAfter(tied, planMove(tied, "a", "b"))).toBe("bac");
    expect(orderAfter(tied, planMove(tied, "c", "a"))).toBe("cab");
    expect(orderAfter(tied, planMove(tied, "a", "c"))).toBe("bca");
  });

  it("reaches every place from every place", () => {
    const tied = listOf(["a", "a0"], ["b", "a1"], ["c", "a1"], ["d", "a3"]);
    for (const [from, { id }] of tied.entries()) {
      for (const [to, over] of tied.entries()) {
        const expected = tied.map((todo) => todo.id).filter((other) => other !== id);
        expected.splice(to, 0, id);
        const moves = planMove(tied, id, over.id);
        expect(orderAfter(tied, moves), `${id} (${from}) to ${to}`).toBe(expected.join(""));
      }
    }
  });
});
