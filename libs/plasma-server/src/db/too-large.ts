/**
 * What a database cannot take at once: D1 takes values of up to 2 MB. Rows are bound in pieces (`row-list.ts`), but a
 * condition may hold a larger value. Trying again would not help, so it is a refusal and no failure of the storage.
 */

import { PlasmaError } from "@sh1n4ps/plasma-core";

export function writeTooLarge(cause: unknown): PlasmaError {
  return new PlasmaError(
    "write-too-large",
    "This mutation writes more than the database takes at once. Do it in several mutations.",
    { cause },
  );
}

export function queryTooLarge(cause: unknown): PlasmaError {
  return new PlasmaError(
    "query-too-large",
    "A value in this query is larger than the database takes at once. Compare with smaller values, or with shorter lists.",
    { cause },
  );
}
