/** The write builders, for use inside mutators: insert, update, delete. Awaiting one runs it. */

import { tableInfo } from "../schema/table.ts";
import type { AnyTable, InferInsertRow, InferUpdateRow } from "../schema/table.ts";
import type { Condition, WriteAst } from "./ast.ts";

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
  const query = (ast: WriteAst): WriteQuery => ({
    ast,
    then: (resolve, reject) => runner.write(ast).then(resolve, reject),
  });
  const filtered = (ast: Extract<WriteAst, { where: unknown }>): FilteredWrite => ({
    ...query(ast),
    where: (where) => query({ ...ast, where }),
  });
  return {
    insert: (table) => ({
      values: (rows) =>
        query({
          kind: "insert",
          table: tableInfo(table).name,
          rows: (Array.isArray(rows) ? rows : [rows]) as Readonly<Record<string, unknown>>[],
        }),
    }),
    update: (table) => ({
      set: (patch) =>
        filtered({ kind: "update", table: tableInfo(table).name, patch, where: null }),
    }),
    delete: (table) => filtered({ kind: "delete", table: tableInfo(table).name, where: null }),
  };
}
