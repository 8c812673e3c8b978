/** An error in words for people. */

import { PlasmaError, PlasmaValidationError } from "@sh1n4ps/plasma-core";

export function describeError(error: unknown): string {
  if (error instanceof PlasmaValidationError) return issuesOf(error) ?? error.message;
  if (error instanceof PlasmaError && error.code === "forbidden") {
    return "You are not allowed to do this.";
  }
  return error instanceof Error ? error.message : "Something went wrong.";
}

/** The validator's own sentences, without the names of the fields. */
function issuesOf(error: PlasmaValidationError): string | null {
  const details: unknown = error.details;
  if (typeof details !== "object" || details === null || !("issues" in details)) return null;
  if (!Array.isArray(details.issues)) return null;
  return details.issues
    .filter((issue): issue is string => typeof issue === "string")
    .map((issue) => issue.replace(/^\w+: /, ""))
    .join(" ");
}
