/**
 * The seam to a database: everything the server does goes through one of these.
 *
 * 1. `batch` is one transaction: all of it happens, or nothing does, and its reads see one snapshot.
 * 2. Reads see the newest commit (never a lagging replica).
 * 3. Parameters are text, finite numbers or null. Everything else has a form in SQL (see `row-codec.ts`), because
 *    databases disagree about booleans, bigints and bytes.
 */

/** What may be bound. Databases may take a number as a double: store it in a typed column, or CAST it. */
export type SqlParam = null | string | number;

export interface Statement {
  /** SQL with one `?` for each parameter. */
  readonly text: string;
  readonly params: readonly SqlParam[];
}

/** A row as the driver gives it, by column name. */
export type SqlRow = Readonly<Record<string, unknown>>;

export interface SqlExecutor {
  readonly dialect: "sqlite";
  all(statement: Statement): Promise<SqlRow[]>;
  run(statement: Statement): Promise<{ readonly changes: number }>;
  /** The rows of each statement; an empty list for one that gives none. */
  batch(statements: readonly Statement[]): Promise<SqlRow[][]>;
}
