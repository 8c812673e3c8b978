/**
 * How failures are logged: what went wrong and where, and nothing of what people wrote or who they are.
 *
 * The message of an error may quote the args of a mutation or the body of a request, so only those messages are
 * logged that come from the database (which names tables and columns) or are about the worker's own set-up.
 */

import { PlasmaError } from "@sh1n4ps/plasma-core";
import type { SyncServerError, SyncServerErrorKind } from "@sh1n4ps/plasma-server";

/** What a request did wrong: its answer says so, and there is nothing to repair here. */
const FAULTS_OF_CALLERS: ReadonlySet<SyncServerErrorKind> = new Set([
  "unauthorized",
  "forbidden",
  "invalid-request",
  "protocol-mismatch",
  "schema-mismatch",
]);

export function logFailure(what: string, error: unknown): void {
  console.error(JSON.stringify({ what, ...describe(error) }));
}

/** The `onError` option of `createSyncHandler`. */
export function logSyncError(error: SyncServerError): void {
  if (!FAULTS_OF_CALLERS.has(error.kind)) logFailure("sync", error);
}

function describe(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { name: typeof error };
  const { cause } = error;
  return {
    name: error.name,
    ...(error instanceof PlasmaError && { code: error.code }),
    ...(quotesNobody(error) && { message: error.message }),
    at: stackOf(error),
    ...(cause !== undefined && { cause: describe(cause) }),
  };
}

function quotesNobody(error: Error): boolean {
  if (error instanceof PlasmaError) {
    return error.code === "invalid-configuration" || error.code === "tables-without-rules";
  }
  return error.message.startsWith("D1_");
}

/** The frames alone: the first lines of a stack repeat the message. */
function stackOf(error: Error): string[] {
  const lines = (error.stack ?? "").split("\n").map((line) => line.trim());
  return lines.filter((line) => line.startsWith("at ")).slice(0, 8);
}
