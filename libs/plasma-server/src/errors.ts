/** The server's own errors: what `onError` is told, and what a refused request or migration throws. */

import { PlasmaError } from "@sh1n4ps/plasma-core";
import type { PlasmaErrorOptions } from "@sh1n4ps/plasma-core";

export type SyncServerErrorKind =
  /** A mutator threw something that is no refusal, or took too long: a bug. Its client tries again, for a while. */
  | "mutation-error"
  | "onPushed-failed"
  | "protocol-mismatch"
  | "schema-mismatch"
  | "unauthorized"
  | "forbidden"
  | "invalid-request"
  /** A person asked more often than `rateLimit` allows: the client was told to wait. */
  | "rate-limited"
  /** The database failed or was too busy; the client was told to try again. */
  | "storage"
  /** Other SQL wrote rows that do not fit the schema: clients do without them. `details`: table, ids, columns. */
  | "invalid-rows"
  /** A warning: tables that everyone may read or write, because they have no rule. */
  | "tables-without-rules"
  /** A warning, in development: a query reads all rows of a large table. */
  | "full-scan"
  /** A bug of the engine. */
  | "internal";

/** What `onError` is told. Unlike answers to clients, `cause` holds the whole truth: log it, do not send it on. */
export class SyncServerError extends PlasmaError {
  override readonly name = "SyncServerError";
  readonly kind: SyncServerErrorKind;

  constructor(kind: SyncServerErrorKind, message: string, options: PlasmaErrorOptions = {}) {
    super(kind, message, options);
    this.kind = kind;
  }
}

/** The schema differs from the database's in ways that nobody has allowed. Nothing was changed. */
export class MigrationRefused extends PlasmaError {
  override readonly name = "MigrationRefused";
  /** Every reason, each with what to do about it. */
  readonly refusals: readonly string[];

  constructor(reasons: string | readonly string[], options: PlasmaErrorOptions = {}) {
    const refusals = typeof reasons === "string" ? [reasons] : reasons;
    super("migration-refused", refusals.join("\n"), options);
    this.refusals = refusals;
  }
}

/** The change log does not reach the version that was asked for: it was compacted, or is still to come. */
export class SnapshotUnavailable extends PlasmaError {
  override readonly name = "SnapshotUnavailable";

  constructor(code: "version-compacted" | "version-unknown", message: string) {
    super(code, message);
  }
}

/** The database did not answer, or not now: nothing was decided, and trying again is right. */
export class StorageFailure extends Error {
  override readonly name = "StorageFailure";
}

/** A request that is answered with an error. `code` and `message` are what the client gets. */
export class RequestRefused extends PlasmaError {
  override readonly name = "RequestRefused";
  readonly status: number;
  readonly kind: SyncServerErrorKind;
  readonly headers: Readonly<Record<string, string>>;

  constructor(refusal: {
    readonly status: number;
    readonly code: string;
    readonly message: string;
    readonly kind?: SyncServerErrorKind;
    readonly details?: unknown;
    readonly headers?: Readonly<Record<string, string>>;
    readonly cause?: unknown;
  }) {
    super(refusal.code, refusal.message, { details: refusal.details, cause: refusal.cause });
    this.status = refusal.status;
    this.kind = refusal.kind ?? "invalid-request";
    this.headers = refusal.headers ?? {};
  }
}
