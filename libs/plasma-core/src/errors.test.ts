import { describe, expect, it } from "vitest";
import {
  MutationRefused,
  PlasmaAuthorizationError,
  PlasmaDefinitionError,
  PlasmaError,
  PlasmaValidationError,
} from "./errors.ts";

describe("an error of the engine", () => {
  it.each([
    [new PlasmaError("some-code", "m"), "PlasmaError", "some-code"],
    [new PlasmaDefinitionError("m"), "PlasmaDefinitionError", "invalid-definition"],
    [new PlasmaValidationError("m"), "PlasmaValidationError", "invalid-value"],
    [new PlasmaAuthorizationError("m"), "PlasmaAuthorizationError", "forbidden"],
    [new MutationRefused("list-full", "m"), "MutationRefused", "list-full"],
  ])("%s has its name, its code and its message", (error, name, code) => {
    expect(error).toMatchObject({ name, code, message: "m", details: undefined });
    expect(error).toBeInstanceOf(PlasmaError);
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).toBe(`${name}: m`);
  });

  it("carries details and a cause, and no cause when there is none", () => {
    const cause = new Error("disk");
    const error = new PlasmaValidationError("m", { details: { column: "x" }, cause });
    expect(error).toMatchObject({ details: { column: "x" }, cause });
    expect("cause" in new PlasmaValidationError("m")).toBe(false);
  });

  it("has a message for whoever may not do something", () => {
    expect(new PlasmaAuthorizationError().message).toBe("You are not allowed to do this.");
  });
});
