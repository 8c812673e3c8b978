/** The client benchmark in small: in a real browser, with every result checked. Nothing is said about the times. */

import { describe, expect, it } from "vitest";
import { answer, difference } from "../bench/client/queries.ts";
import { makeLists, makeRows } from "../bench/client/rows.ts";
import { runScript } from "./run-script.fixture.ts";

const bench = (...args: readonly string[]) => runScript("bench-client", args);

describe("the client benchmark", () => {
  it("measures each work on raw and on plasma, and has checked as many results of both", async () => {
    const { failed, output } = await bench(
      ...["--adapters", "raw,plasma", "--sizes", "200", "--rounds", "1"],
    );
    expect(failed, output).toBe(false);
    const checked = [...output.matchAll(/^(raw|plasma): (\d+) results checked$/gm)];
    expect(checked.map(([, name]) => name)).toEqual(["raw", "plasma"]);
    // 30 changes under each of five kinds of query, 100 queries when opened and when closed, and the whole tables.
    expect(Number(checked[0]?.[2])).toBeGreaterThan(350);
    expect(checked[1]?.[2]).toBe(checked[0]?.[2]);
    for (const work of ["W1", "W2", "W3a", "W3e", "W3o", "W4", "W5", "W6"]) {
      expect(output).toMatch(new RegExp(`^## ${work}: [^#]*^\\| +200 \\| plasma \\|`, "m"));
    }
  });

  it("names the work there is when asked for another", async () => {
    const { failed, output } = await bench("--work", "W99");
    expect(failed).toBe(true);
    expect(output).toContain('There is no work "W99"');
  });
});

describe("the model of the client benchmark", () => {
  const [rows, lists] = [makeRows(200), makeLists(200)];
  const query = { kind: "window", listId: "l0", done: false } as const;
  const right = answer(query, rows, lists);

  it("takes an equal result, and minds a field, a row and the order of a window", () => {
    expect(difference(query, structuredClone(right), right)).toBeUndefined();
    const wrongField = right.map((row, at) => (at === 49 ? { ...row, notes: "other" } : row));
    expect(difference(query, wrongField, right)).toContain("instead of");
    expect(difference(query, right.slice(1), right)).toBe("49 rows instead of 50");
    expect(difference(query, right.toReversed(), right)).toContain("instead of");
    const more = right.map((row) => ({ ...row, more: undefined }));
    expect(difference(query, more, right)).toContain("instead of");
  });

  it("minds the rows, but not the order, where none is asked for", () => {
    const counts = { kind: "counts" } as const;
    const expected = answer(counts, rows, lists) as readonly { priority: number; count: number }[];
    expect(expected.reduce((sum, { count }) => sum + count, 0)).toBe(200);
    expect(difference(counts, expected.toReversed(), expected)).toBeUndefined();
    const wrong = expected.map((row, at) => (at === 0 ? { ...row, count: row.count + 1 } : row));
    expect(difference(counts, wrong, expected)).toContain("instead of");
  });
});
