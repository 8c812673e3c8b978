/**
 * The write builders, for use inside mutators: insert, update, increment, delete. Awaiting one runs it, once; one that
 * is not awaited never runs. What a write means is told in `mutators/execute-write.ts`.
 */

import { PlasmaDefinitionError, PlasmaError } from "../errors.ts";
import { isColumn } from "../schema/column.ts";
import type { Column, ColumnData } from "../schema/column.ts";
import { isTable, tableInfo } from "../schema/table.ts";
import type { Schema } from "../schema/schema.ts";
import type {
  AnyTable,
  InferInsertRow,
  InferRow,
  InferUpdateRow,
  Row,
  TableColumns,
} from "../schema/table.ts";
import { describeValue } from "../schema/value.ts";
import type { Condition } from "./ast.ts";
import { requireCondition } from "./expression.ts";
import { requireScope } from "./scope.ts";
import type { GivenValues, InsertAst, WriteAst } from "./write-ast.ts";

export interface WriteResult {
  /** How many rows were inserted, changed or deleted. No row found is not an error. */
  readonly rowCount: number;
}

export interface WriteOutcome extends WriteResult {
  /** What `returning()` gives; empty for a write that does not ask. */
  readonly rows: readonly Row[];
}

export interface WriteRunner {
  write(write: WriteAst): Promise<WriteOutcome>;
}

export interface WriteQuery<R = Row> extends PromiseLike<WriteResult> {
  readonly ast: WriteAst;
  /**
   * Gives the rows instead of their number: inserted and changed ones as they are now, deleted ones as they were.
   * Rows that the writer may not read are left out.
   */
  returning(): ReturningWrite<R>;
}

export interface ReturningWrite<R = Row> extends PromiseLike<R[]> {
  readonly ast: WriteAst;
}

/** Awaited without `where()`, it meets every row that the person may read. */
export interface FilteredWrite<R = Row> extends WriteQuery<R> {
  where(condition: Condition): WriteQuery<R>;
}

type ColumnOf<T extends AnyTable> = T[keyof TableColumns<T> & keyof T];

export interface ConflictUpdate<T extends AnyTable> {
  /** The id (default) or unique columns: the row that has the same value in one of them is changed. */
  readonly target?: ColumnOf<T> | readonly ColumnOf<T>[];
  readonly set: InferUpdateRow<T>;
}

export interface InsertQuery<T extends AnyTable> extends WriteQuery<InferRow<T>> {
  /** A row whose id or unique value is taken is left out. */
  onConflictDoNothing(): WriteQuery<InferRow<T>>;
  /** In place of a row whose id or unique value is taken, the row that has it is changed. */
  onConflictDoUpdate(update: ConflictUpdate<T>): WriteQuery<InferRow<T>>;
}

/** Columns that `increment` can add to, as far as types can tell. */
export type NumericColumn = Column<number | null, boolean> | Column<bigint | null, boolean>;

type RowOfColumn<S extends Schema, A extends string> = A extends keyof S["tables"]
  ? InferRow<S["tables"][A]>
  : Row;

// Inference only: code that serves any app's database leaves the schema out.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type AnySchema = any;

export interface WriteMethods<S extends Schema = AnySchema> {
  insert<T extends AnyTable>(
    table: T,
  ): { values(rows: InferInsertRow<T> | readonly InferInsertRow<T>[]): InsertQuery<T> };
  update<T extends AnyTable>(
    table: T,
  ): { set(patch: InferUpdateRow<T>): FilteredWrite<InferRow<T>> };
  /** Adds to a column of type int, bigint or real. A column that is null stays null. */
  increment<C extends NumericColumn>(
    column: C,
    delta: NonNullable<ColumnData<C>>,
  ): FilteredWrite<RowOfColumn<S, C["alias"]>>;
  delete<T extends AnyTable>(table: T): FilteredWrite<InferRow<T>>;
}

export function writeMethods<S extends Schema>(runner: WriteRunner): WriteMethods<S> {
  const query = (ast: WriteAst): WriteQuery<never> => ({
    ast,
    ...once(() => runner.write(ast).then(({ rowCount }) => ({ rowCount }))),
    returning: () => {
      const returning = { ...ast, returning: true };
      // The rows are of the table that the AST names, which is what the types say.
      return {
        ast: returning,
        ...once(() => runner.write(returning).then(({ rows }) => [...rows] as never[])),
      };
    },
  });
  const filtered = (ast: Extract<WriteAst, { where: unknown }>): FilteredWrite<never> => ({
    ...query(ast),
    where: (condition) => {
      // `undefined` is refused too: a condition that got lost must not turn into "every row".
      const where = requireCondition("where", condition);
      requireScope(where, new Set([ast.table]), (alias) => notInWrite(ast.table, alias));
      return query({ ...ast, where });
    },
  });
  const insertion = (ast: InsertAst): InsertQuery<AnyTable> => ({
    ...query(ast),
    onConflictDoNothing: () => query({ ...ast, onConflict: { kind: "nothing" } }),
    onConflictDoUpdate: (update) => {
      const { target, set } = (update ?? {}) as Partial<ConflictUpdate<AnyTable>>;
      if (typeof set !== "object" || set === null) {
        throw new PlasmaDefinitionError(
          "onConflictDoUpdate() takes { set: { column: value } }, and the target if it is not the id.",
        );
      }
      return query({
        ...ast,
        onConflict: { kind: "update", target: targetColumns(ast.table, target), set },
      });
    },
  });
  return {
    insert: <T extends AnyTable>(table: T) => {
      const name = writableTable("insert", table);
      return {
        values: (rows) =>
          insertion({
            kind: "insert",
            table: name,
            rows: (Array.isArray(rows) ? rows : [rows]) as GivenValues[],
            onConflict: null,
            returning: false,
          }) as unknown as InsertQuery<T>,
      };
    },
    update: (table) => {
      const name = writableTable("update", table);
      return {
        set: (patch) =>
          filtered({ kind: "update", table: name, patch, where: null, returning: false }),
      };
    },
    increment: (column, delta) =>
      filtered({
        kind: "increment",
        ...writableColumn(column),
        delta,
        where: null,
        returning: false,
      }),
    delete: (table) =>
      filtered({
        kind: "delete",
        table: writableTable("delete", table),
        where: null,
        returning: false,
      }),
  };
}

/** A write runs once, however often it is awaited: a second insert of the same row would be a conflict. */
function once<T>(run: () => Promise<T>): Pick<Promise<T>, "then"> {
  let outcome: Promise<T> | undefined;
  return { then: (resolve, reject) => (outcome ??= run()).then(resolve, reject) };
}

function writableTable(method: string, table: unknown): string {
  if (!isTable(table)) {
    throw new PlasmaDefinitionError(
      `${method}() takes a table that was declared with table(), but was given ${describeValue(table)}.`,
    );
  }
  const { name, alias } = tableInfo(table);
  if (name === alias) return name;
  throw aliasRefused(name, alias);
}

function writableColumn(column: unknown): { readonly table: string; readonly column: string } {
  if (!isColumn(column) || column.name === "") {
    throw new PlasmaDefinitionError(
      "increment() takes a column of a table: increment(todos.votes, 1).",
    );
  }
  if (column.table !== column.alias) throw aliasRefused(column.table, column.alias);
  return { table: column.table, column: column.name };
}

function notInWrite(table: string, alias: string): PlasmaError {
  return new PlasmaError(
    "unknown-table",
    `A write to "${table}" cannot use a column of "${alias}" by itself. Look into other tables with exists(select().from(${alias}).where(…)).`,
  );
}

function aliasRefused(name: string, alias: string): PlasmaDefinitionError {
  return new PlasmaDefinitionError(
    `"${alias}" is an alias. Write to the table itself, "${name}": aliases are for reading.`,
  );
}

function targetColumns(table: string, target: unknown): readonly string[] {
  if (target === undefined) return ["id"];
  const columns = Array.isArray(target) ? (target as readonly unknown[]) : [target];
  const names = columns.map((column) => {
    if (isColumn(column) && column.table === table) {
      if (column.kind === "id" || column.isUnique) return column.name;
      throw new PlasmaDefinitionError(
        `onConflictDoUpdate() cannot find a row by "${table}.${column.name}", which is not unique. Declare it .unique(), or use the id as target.`,
      );
    }
    throw new PlasmaDefinitionError(
      `The target of onConflictDoUpdate() must be columns of "${table}": its id or unique ones.`,
    );
  });
  if (names.length > 0) return names;
  throw new PlasmaDefinitionError(
    "The target of onConflictDoUpdate() is empty. Leave it out for the id, or name a unique column.",
  );
}
