import { mutators } from "@plasma-starter/todo-domain";
import { expect, it } from "vitest";
import { describeMutation } from "./describe-mutation.ts";

it("has words for every mutator of the app", () => {
  for (const name of Object.keys(mutators)) {
    expect(describeMutation(name, {})).not.toContain(name);
  }
});

it("quotes what the person wrote", () => {
  expect(describeMutation("addTodo", { title: "Buy milk" })).toBe("Add “Buy milk”");
  expect(describeMutation("renameList", { name: "Home" })).toBe("Rename the list to “Home”");
  expect(describeMutation("setTodoDone", { done: false })).toBe("Reopen a todo");
});

it("stands args of another shape, and mutators that are no more", () => {
  expect(describeMutation("addTodo", null)).toBe("Add something");
  expect(describeMutation("addTodo", { title: 7 })).toBe("Add something");
  expect(describeMutation("oldMutator", {})).toBe("Do “oldMutator”");
});
