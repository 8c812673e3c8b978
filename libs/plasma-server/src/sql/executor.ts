/**
 * The seam to a database: everything the server does goes through one of these.
 *
 * 1. `batch` is one transaction: all of it happens, or nothing does. The reads of a batch that only reads see one
 *    snapshot. In a batch that writes, each statement sees at least what was committed before the batch.
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

export interface SqlSession {
  all(statement: Statement): Promise<SqlRow[]>;
  /** `changes`: how many rows were written. */
  run(statement: Statement): Promise<{ readonly changes: number }>;
}

/** For whoever reads through somebody else, who sees to it what a failure means. */
export type ReadStatement = (statement: Statement) => Promise<SqlRow[]>;

export interface SqlExecutor extends SqlSession {
  readonly dialect: "sqlite" | "postgres";
  /** The rows of each statement; an empty list for one that gives none. */
  batch(statements: readonly Statement[]): Promise<SqlRow[][]>;
  /**
   * Statements of one transaction that depend on each other, where the database can keep one open (D1 cannot). What
   * `work` throws undoes all of them.
   */
  transaction?<T>(work: (session: SqlSession) => Promise<T>): Promise<T>;
}
