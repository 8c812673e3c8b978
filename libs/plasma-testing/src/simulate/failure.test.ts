import { expect, it } from "vitest";
import { isAlike, messageOf } from "./failure.ts";

it("failures are alike if they are of one kind and concern the same, whatever their texts and names say", () => {
  const empty = { kind: "invariant", name: "a list: never empty", text: "list1" } as const;
  expect(isAlike(empty, { ...empty, text: "list2" })).toBe(true);
  expect(isAlike(empty, { ...empty, name: "a list: never full" })).toBe(false);
  const [onDevice, again] = (["mutator on the device", "mutator run again"] as const).map(
    (kind) => ({ kind, name: "add", text: "No." }),
  );
  expect(isAlike(onDevice!, again!)).toBe(false);
});

it("what was thrown has a message, whatever it is", () => {
  expect(messageOf(new Error("Broken."))).toBe("Broken.");
  expect(messageOf(new TypeError())).toBe("TypeError");
  expect(messageOf("text")).toBe("text");
});
