import { describe, expect, it } from "vitest";
import { keepIdentity } from "./keep-identity.ts";

describe("rows that were evaluated anew", () => {
  it("keep the objects that hold the same, and the list if all do", () => {
    const old = [{ id: "a" }, { id: "b" }];
    expect(keepIdentity(old, [{ id: "a" }, { id: "b" }])).toBe(old);
    const fewer = keepIdentity(old, [{ id: "b" }]);
    expect(fewer).toEqual([{ id: "b" }]);
    expect(fewer[0]).toBe(old[1]);
  });

  it("keep the list if there were none and there are none", () => {
    const old: [] = [];
    expect(keepIdentity(old, [])).toBe(old);
  });
});
