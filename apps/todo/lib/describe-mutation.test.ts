import { mutators } from "@plasma-starter/todo-domain";
import { expect, it } from "vitest";
import { describeMutation } from "./describe-mutation.ts";

it("has words for every mutator of the app", () => {
  for (const name of Object.keys(mutators)) {
    expect(describeMutation(name, {})).not.toContain(name);
  }
});

it("stands mutators that are no more, and names that are none", () => {
  expect(describeMutation("oldMutator", {})).toBe("Do “oldMutator”");
  expect(describeMutation("toString", {})).toBe("Do “toString”");
});
