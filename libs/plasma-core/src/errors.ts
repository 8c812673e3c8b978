/** The engine's typed errors: every failure has a stable code and a message that says what to do. */

export interface PlasmaErrorOptions {
  readonly details?: unknown;
  readonly cause?: unknown;
}

/** The base of every error the engine throws. `code` is stable and in kebab-case; show `message` to people. */
export class PlasmaError extends Error {
  override readonly name: string = "PlasmaError";
  readonly code: string;
  readonly details: unknown;

  constructor(code: string, message: string, options: PlasmaErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details;
  }
}

/** A table, schema, query or mutator registry is declared wrongly. Thrown while the declaration runs. */
export class PlasmaDefinitionError extends PlasmaError {
  override readonly name = "PlasmaDefinitionError";

  constructor(message: string, options: PlasmaErrorOptions = {}) {
    super("invalid-definition", message, options);
  }
}

/** A value, row or argument does not fit its declaration. Nothing was stored. */
export class PlasmaValidationError extends PlasmaError {
  override readonly name = "PlasmaValidationError";

  constructor(message: string, options: PlasmaErrorOptions = {}) {
    super("invalid-value", message, options);
  }
}

/**
 * The person may not do this. Throw it in a mutator to refuse a mutation; the engine throws it
 * itself when a table's `auth.write` says no. The outcome is stored, and the queue goes on.
 */
export class PlasmaAuthorizationError extends PlasmaError {
  override readonly name = "PlasmaAuthorizationError";

  constructor(message = "You are not allowed to do this.", options: PlasmaErrorOptions = {}) {
    super("forbidden", message, options);
  }
}

/** A refusal that an app's own mutator decides on, with a code of its own choice. */
export class MutationRefused extends PlasmaError {
  override readonly name = "MutationRefused";
}

/** What a refusal looks like on the wire, in an outcome or in the body of a failed request. */
export interface ErrorBody {
  readonly code: string;
  readonly message: string;
  readonly details?: unknown;
}
