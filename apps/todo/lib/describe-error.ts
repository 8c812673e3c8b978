/** An error in words for people. */

import { PlasmaError, PlasmaValidationError } from "@sh1n4ps/plasma-core";

export function describeError(error: unknown): string {
  if (error instanceof PlasmaValidationError) return issuesOf(error) ?? error.message;
  if (error instanceof PlasmaError) return describeRefusal(error);
  return error instanceof Error ? error.message : "Something went wrong.";
}

/** Why the server said no. */
export function describeRefusal({
  code,
  message,
}: {
  readonly code: string;
  readonly message: string;
}): string {
  return code === "forbidden" ? "You are not allowed to do this." : message;
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
