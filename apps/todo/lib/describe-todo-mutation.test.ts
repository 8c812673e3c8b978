import { expect, it } from "vitest";
import { describeMutation } from "./describe-mutation.ts";

it("says what was meant to happen to a todo or a list, with the words of the person", () => {
  expect(describeMutation("addTodo", { title: "Buy milk" })).toBe("Add “Buy milk”");
  expect(describeMutation("renameList", { name: "Home" })).toBe("Rename the list to “Home”");
  expect(describeMutation("setTodoDone", { done: false })).toBe("Reopen a todo");
});
