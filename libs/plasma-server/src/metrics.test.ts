import { describe, expect, it } from "vitest";
import { measurePull, measurePush } from "./metrics.ts";

describe("what is measured", () => {
  it("of a push is what became of its mutations; those that it did not reach are neither ok nor refused", () => {
    const answer = {
      lastMutationID: 2,
      results: [
        { id: 1, status: "ok" },
        { id: 2, status: "error", code: "forbidden", message: "No." },
        { id: 3, status: "not-reached" },
      ],
    } as const;
    expect(measurePush(3, answer)).toEqual({ mutations: 3, ok: 1, refused: 1 });
  });

  it("of a pull is how many rows come and go, and whether it begins anew", () => {
    const answer = {
      cookie: "c1:x",
      lastMutationIDs: {},
      rejections: [],
      hasMore: true,
      patch: [
        { op: "clear" },
        { op: "put", table: "todos", row: { id: "a" } },
        { op: "del", table: "todos", id: "b" },
      ],
    } as const;
    expect(measurePull(answer)).toEqual({ rows: 1, removed: 1, isSnapshot: true, hasMore: true });
  });
});
