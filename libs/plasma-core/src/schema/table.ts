/** Table declarations: `table()`, its options, and the row types that follow from its columns. */

import { PlasmaDefinitionError } from "../errors.ts";
import { bindColumn, isColumn } from "./column.ts";
import type { AnyColumn, Column, ColumnData, ColumnRecord } from "./column.ts";
import { checkDistinct, checkName } from "./name.ts";
import { describeValue } from "./value.ts";
import { checkOptions, requireComparableColumn } from "./table-options.ts";
import type { TableOptions } from "./table-options.ts";
import { checkValue } from "./value.ts";

/** A row as the engine handles it when the table is not known statically. */
export type Row = Record<string, unknown>;

/** What `tableInfo()` gives: a table's declaration as data. */
export interface TableInfo {
  readonly name: string;
  /** What the query calls it: its name, or the name given by `alias()`. */
  readonly alias: string;
  readonly columns: Readonly<Record<string, AnyColumn>>;
  readonly columnNames: readonly string[];
  readonly options: TableOptions;
}

const TABLE = Symbol("plasma.table");

/** A declared table. Its columns are its properties: `todos.id` is the column. `A` is what a query calls it. */
export type Table<
  N extends string = string,
  C extends ColumnRecord = ColumnRecord,
  A extends string = N,
> = {
  readonly [K in keyof C]: C[K] & { readonly alias: A };
} & {
  readonly [TABLE]: TableInfo & { readonly name: N; readonly alias: A; readonly $columns?: C };
};

// Inference only: a table of any shape.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyTable = { readonly [TABLE]: TableInfo & { readonly $columns?: any } };

export type TableColumns<T extends AnyTable> = NonNullable<T[typeof TABLE]["$columns"]>;
export type TableName<T extends AnyTable> = T[typeof TABLE]["name"];
export type TableAlias<T extends AnyTable> = T[typeof TABLE]["alias"];

type Simplify<T> = { [K in keyof T]: T[K] } & {};

/** A stored row. */
export type InferRow<T extends AnyTable> = Simplify<{
  -readonly [K in keyof TableColumns<T>]: ColumnData<TableColumns<T>[K]>;
}>;

type OptionalKeys<C> = {
  [K in keyof C]: C[K] extends Column<infer _T, infer Optional>
    ? Optional extends true
      ? K
      : never
    : never;
}[keyof C];

/** What an insert takes: nullable and defaulted columns may be left out. */
export type InferInsertRow<T extends AnyTable> = Simplify<
  {
    [K in Exclude<keyof TableColumns<T>, OptionalKeys<TableColumns<T>>>]: ColumnData<
      TableColumns<T>[K]
    >;
  } & {
    [K in OptionalKeys<TableColumns<T>>]?: ColumnData<TableColumns<T>[K]>;
  }
>;

/** What an update takes: any column but the id. */
export type InferUpdateRow<T extends AnyTable> = Simplify<{
  [K in Exclude<keyof TableColumns<T>, "id">]?: ColumnData<TableColumns<T>[K]>;
}>;

/** D1's tables have 100 columns at most, two of which the history of a table needs for itself. */
const MAX_COLUMNS = 98;

/**
 * Declares a table.
 *
 * ```ts
 * const todos = table("todos", { id: id(), listId: ref(() => lists.id), title: text() });
 * ```
 */
export function table<N extends string, C extends ColumnRecord>(
  name: N,
  columns: C,
  options: TableOptions<C> = {},
): Table<N, C> {
  checkName("table", name);
  if (typeof options !== "object" || options === null) {
    throw new PlasmaDefinitionError(
      `The options of table "${name}" must be an object: { auth, indexes }.`,
    );
  }
  const key: unknown = (columns as Partial<C> | undefined)?.["id"];
  if (!isColumn(key) || key.kind !== "id") {
    throw new PlasmaDefinitionError(
      `Table "${name}" has no primary key. Add \`id: id()\` to its columns.`,
    );
  }
  for (const [key, column] of Object.entries(columns)) checkColumn(name, key, column);
  if (Object.keys(columns).length > MAX_COLUMNS) {
    throw new PlasmaDefinitionError(
      `Table "${name}" has ${Object.keys(columns).length} columns, and ${MAX_COLUMNS} at most. Put some of them into a table of their own, or into a json() column.`,
    );
  }
  checkDistinct(`columns of table "${name}"`, Object.keys(columns));
  checkOptions(name, columns, options);
  return makeTable(columns, { name, alias: name, options: options as TableOptions }) as Table<N, C>;
}

/** The same table under another name, for queries that meet it twice. */
export function alias<T extends AnyTable, A extends string>(
  target: T,
  name: A,
): Table<TableName<T>, TableColumns<T>, A> {
  checkName("table alias", name);
  if (!isTable(target)) {
    throw new PlasmaDefinitionError(
      `alias() takes a table that was declared with table(), but was given ${describeValue(target)}.`,
    );
  }
  const info = tableInfo(target);
  return makeTable(info.columns, {
    name: info.name,
    alias: name,
    options: info.options,
  }) as unknown as Table<TableName<T>, TableColumns<T>, A>;
}

/** A table's declaration as data. */
export function tableInfo(target: AnyTable): TableInfo {
  return target[TABLE];
}

export function isTable(value: unknown): value is AnyTable {
  return typeof value === "object" && value !== null && TABLE in value;
}

function checkColumn(table: string, key: string, column: unknown): void {
  checkName(`column of table "${table}"`, key);
  if (!isColumn(column)) {
    throw new PlasmaDefinitionError(
      `Column "${table}.${key}" is not a column. Use text(), int(), ref() and so on.`,
    );
  }
  if (column.kind === "id" && key !== "id") {
    throw new PlasmaDefinitionError(
      `Table "${table}" has a second primary key, "${key}". Keep \`id: id()\` only, and use ref() or text() for "${key}".`,
    );
  }
  if (column.isUnique) requireComparableColumn(`"${table}.${key}" is unique`, column);
}

function makeTable(
  columns: Readonly<ColumnRecord>,
  place: { name: string; alias: string; options: TableOptions },
): Table {
  const bound: Record<string, AnyColumn> = Object.create(null) as Record<string, AnyColumn>;
  for (const [key, column] of Object.entries(columns)) {
    bound[key] = withCheckedDefault(
      bindColumn(column, { table: place.name, alias: place.alias, name: key }),
    );
  }
  Object.freeze(bound);
  const columnNames = Object.freeze(Object.keys(bound));
  const info: TableInfo = Object.freeze({ ...place, columns: bound, columnNames });
  return Object.freeze({ ...bound, [TABLE]: info }) as unknown as Table;
}

/** The column with a default that it accepts: a wrong one shows here, not at some insert. */
function withCheckedDefault(column: AnyColumn): AnyColumn {
  if (!column.hasDefault) return column;
  try {
    return bindColumn(column, { ...column, defaultValue: checkValue(column, column.defaultValue) });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PlasmaDefinitionError(
      `The default of "${column.table}.${column.name}" does not fit its column. ${reason}`,
      { cause },
    );
  }
}
