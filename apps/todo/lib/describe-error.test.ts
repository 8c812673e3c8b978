import { PlasmaAuthorizationError, PlasmaValidationError } from "@sh1n4ps/plasma-core";
import { expect, it } from "vitest";
import { describeError } from "./describe-error.ts";

it("says what the validator said, without the names of fields and mutators", () => {
  const error = new PlasmaValidationError(
    'The args of "addTodo" are not valid. title: Write what is to be done.',
    {
      details: { issues: ["title: Write what is to be done."] },
    },
  );
  expect(describeError(error)).toBe("Write what is to be done.");
});

it("keeps a message that has no issues", () => {
  expect(describeError(new PlasmaValidationError("Too long."))).toBe("Too long.");
  expect(describeError(new Error("The device is full."))).toBe("The device is full.");
});

it("does not show people the inner words of a refusal", () => {
  expect(describeError(new PlasmaAuthorizationError("auth.write of lists said no"))).toBe(
    "You are not allowed to do this.",
  );
  expect(describeError("what?")).toBe("Something went wrong.");
});
