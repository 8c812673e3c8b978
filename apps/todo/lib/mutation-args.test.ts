import { expect, it } from "vitest";
import { quoted, valueOf } from "./mutation-args.ts";

it("quotes what the person wrote", () => {
  expect(quoted({ title: "Buy milk" }, "title")).toBe("“Buy milk”");
  expect(valueOf({ done: false }, "done")).toBe(false);
});

it("stands args of another shape", () => {
  expect(quoted(null, "title")).toBe("something");
  expect(quoted({ title: 7 }, "title")).toBe("something");
  expect(valueOf({}, "toString")).toBeUndefined();
});
