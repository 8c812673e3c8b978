/** The write builders, for use inside mutators: insert, update, delete. Awaiting one runs it, once; one that is not awaited never runs. */

import { PlasmaDefinitionError } from "../errors.ts";
import { tableInfo } from "../schema/table.ts";
import type { AnyTable, InferInsertRow, InferUpdateRow } from "../schema/table.ts";
import type { Condition } from "./ast.ts";
import { requireCondition } from "./expression.ts";
import { requireScope } from "./scope.ts";
import type { WriteAst } from "./write-ast.ts";

export interface WriteResult {
  /** How many rows were inserted, updated or deleted. No row found is not an error. */
  readonly rowCount: number;
}

export interface WriteRunner {
  write(write: WriteAst): Promise<WriteResult>;
}

export interface WriteQuery extends PromiseLike<WriteResult> {
  readonly ast: WriteAst;
}

/** Awaited without `where()`, it meets every row that the person may read. */
export interface FilteredWrite extends WriteQuery {
  where(condition: Condition): WriteQuery;
}

export interface WriteMethods {
  insert<T extends AnyTable>(
    table: T,
  ): { values(rows: InferInsertRow<T> | readonly InferInsertRow<T>[]): WriteQuery };
  update<T extends AnyTable>(table: T): { set(patch: InferUpdateRow<T>): FilteredWrite };
  delete(table: AnyTable): FilteredWrite;
}

export function writeMethods(runner: WriteRunner): WriteMethods {
  const query = (ast: WriteAst): WriteQuery => {
    // A write runs once, however often it is awaited: a second insert of the same row would be a conflict.
    let outcome: Promise<WriteResult> | undefined;
    return {
      ast,
      then: (resolve, reject) => (outcome ??= runner.write(ast)).then(resolve, reject),
    };
  };
  const filtered = (ast: Extract<WriteAst, { where: unknown }>): FilteredWrite => ({
    ...query(ast),
    where: (condition) => {
      // `undefined` is refused too: a condition that got lost must not turn into "every row".
      const where = requireCondition("where", condition);
      requireScope(where, new Set([ast.table]));
      return query({ ...ast, where });
    },
  });
  return {
    insert: (table) => ({
      values: (rows) =>
        query({
          kind: "insert",
          table: writableTable(table),
          rows: (Array.isArray(rows) ? rows : [rows]) as Readonly<Record<string, unknown>>[],
        }),
    }),
    update: (table) => ({
      set: (patch) => filtered({ kind: "update", table: writableTable(table), patch, where: null }),
    }),
    delete: (table) => filtered({ kind: "delete", table: writableTable(table), where: null }),
  };
}

function writableTable(table: AnyTable): string {
  const { name, alias } = tableInfo(table);
  if (name === alias) return name;
  throw new PlasmaDefinitionError(
    `"${alias}" is an alias. Write to the table itself, "${name}": aliases are for reading.`,
  );
}
