import type { Row } from "@sh1n4ps/plasma-core";
import { describe, expect, it } from "vitest";
import { inOrderOf } from "./cluster.ts";
import { placed } from "./directory.ts";
import { placesWith, rowsIn } from "./part.ts";
import { packRows } from "./segment.ts";

const BY = ["list", "rank"];

/** Segments of three rows each. */
function stored(rows: readonly Row[]) {
  const inOrder = inOrderOf(BY, rows);
  const pieces = Array.from({ length: Math.ceil(rows.length / 3) }, (_, at) =>
    inOrder.slice(at * 3, at * 3 + 3),
  );
  const places = pieces.map((piece, at) => placed(at, piece, BY));
  const segments = pieces.map((piece) => packRows("todos", piece));
  const directory = { tables: new Map([["todos", { by: BY, places }]]), next: pieces.length };
  return {
    ask(
      values: Readonly<Record<string, string>>,
      {
        count,
        descending = false,
      }: { readonly count?: number; readonly descending?: boolean } = {},
      { gone = [] as readonly string[], pending = 0 } = {},
    ) {
      const window = count === undefined ? undefined : { columns: ["rank"], descending, count };
      const part = placesWith(directory, {
        table: "todos",
        values: new Map(Object.entries(values)),
        ...(window && { window }),
      });
      if (!part) return null;
      const logged = new Map([["todos", new Map(gone.map((id) => [id, null]))]]);
      const found = rowsIn(
        part,
        part.places.map(({ segment }) => segments[segment]),
        { table: "todos", logged, pending },
      );
      return found && { ids: [...found.rows.keys()], until: found.until };
    },
  };
}

const row = (id: string, list: string, rank: number): Row => ({ id, list, rank });
const ranked = (list: string, ranks: readonly number[]) =>
  ranks.map((rank, at) => row(`${list}${at}`, list, rank));
const table = stored([
  ...ranked("a", [1, 2]),
  ...ranked("b", [1, 2, 2, 2, 3, 4, 5, 6]),
  ...ranked("c", [1]),
]);

describe("a part of a table", () => {
  it("is the rows with the values that were asked for, whatever else lies in their segments", () => {
    expect(table.ask({ list: "a" })).toEqual({ ids: ["a0", "a1"], until: null });
    expect(table.ask({ list: "c" })).toEqual({ ids: ["c0"], until: null });
    expect(table.ask({ list: "z" })).toEqual({ ids: [], until: null });
  });

  it("is as many rows of a window as it wants, and says from where on others may be missing", () => {
    expect(table.ask({ list: "b" }, { count: 1 })).toEqual({ ids: ["b0"], until: [2] });
    expect(table.ask({ list: "b" }, { count: 20 })?.until).toBeNull();
  });

  it("has all of the rows that tie at the end of a window", () => {
    const found = table.ask({ list: "b" }, { count: 2 });
    expect(found).toEqual({ ids: ["b0", "b1", "b2", "b3"], until: [3] });
  });

  it("begins at the end of the order for a window that descends", () => {
    const found = table.ask({ list: "b" }, { count: 2, descending: true });
    expect(found).toEqual({ ids: ["b7", "b6"], until: [4] });
  });

  it("has as many rows more as could have gone since", () => {
    const found = table.ask({ list: "b" }, { count: 1 }, { gone: ["b0"] });
    expect(found).toEqual({ ids: ["b1", "b2", "b3"], until: [3] });
    expect(table.ask({ list: "b" }, { count: 1 }, { pending: 1 })?.ids).toHaveLength(4);
  });
});
