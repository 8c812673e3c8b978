/** Table declarations: `table()`, its options, and the row types that follow from its columns. */

import { PlasmaDefinitionError } from "../errors.ts";
import { bindColumn, isColumn } from "./column.ts";
import type { AnyColumn, Column, ColumnData, ColumnRecord } from "./column.ts";
import type { RuleSet } from "./rule.ts";

/** A row as the engine handles it when the table is not known statically. */
export type Row = Record<string, unknown>;

// Inference only: rule callbacks are contravariant in the context, so `unknown` would refuse every real rule.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type AnyCtx = any;

export interface TableOptions<C extends ColumnRecord = ColumnRecord> {
  /** Who may read and write which rows. Without a rule the app's `AuthorizePolicy.default` decides. */
  readonly auth?: RuleSet<AnyCtx, C>;
  /** Column lists, used by SQL and by the client: `[["listId", "position"]]`. */
  readonly indexes?: readonly (readonly (keyof C & string)[])[];
}

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

/** A declared table. Its columns are its properties: `todos.id` is the column. */
export type Table<N extends string = string, C extends ColumnRecord = ColumnRecord> = {
  readonly [K in keyof C]: C[K];
} & { readonly [TABLE]: TableInfo & { readonly name: N; readonly $columns?: C } };

// Inference only: a table of any shape.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyTable = { readonly [TABLE]: TableInfo & { readonly $columns?: any } };

export type TableColumns<T extends AnyTable> = NonNullable<T[typeof TABLE]["$columns"]>;
export type TableName<T extends AnyTable> = T[typeof TABLE]["name"];

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

// A name that reaches an object's prototype, or that SQL or the engine's own tables use, is refused.
const RESERVED_NAMES = new Set([
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "valueOf",
  "hasOwnProperty",
]);
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,62}$/;

function checkName(what: string, name: string): void {
  if (RESERVED_NAMES.has(name) || !NAME.test(name)) {
    throw new PlasmaDefinitionError(
      `"${name}" cannot be the name of a ${what}. Use a letter followed by up to 62 letters, digits or underscores.`,
    );
  }
}

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
  if (!isColumn(columns["id"]) || columns["id"].kind !== "id") {
    throw new PlasmaDefinitionError(
      `Table "${name}" has no primary key. Add \`id: id()\` to its columns.`,
    );
  }
  for (const [key, column] of Object.entries(columns)) {
    checkName(`column of table "${name}"`, key);
    if (!isColumn(column)) {
      throw new PlasmaDefinitionError(
        `Column "${name}.${key}" is not a column. Use text(), int(), ref() and so on.`,
      );
    }
    if (column.kind === "id" && key !== "id") {
      throw new PlasmaDefinitionError(
        `Table "${name}" has a second primary key, "${key}". Keep \`id: id()\` only, and use ref() or text() for "${key}".`,
      );
    }
  }
  for (const index of options.indexes ?? []) {
    for (const column of index) {
      if (!Object.hasOwn(columns, column)) {
        throw new PlasmaDefinitionError(
          `An index of table "${name}" names "${column}", which is not one of its columns.`,
        );
      }
    }
  }
  return makeTable(columns, { name, alias: name, options: options as TableOptions }) as Table<N, C>;
}

/** The same table under another name, for queries that meet it twice. */
export function alias<T extends AnyTable>(target: T, name: string): T {
  checkName("table alias", name);
  const info = tableInfo(target);
  return makeTable(info.columns, {
    name: info.name,
    alias: name,
    options: info.options,
  }) as unknown as T;
}

function makeTable(
  columns: Readonly<ColumnRecord>,
  place: { name: string; alias: string; options: TableOptions },
): Table {
  const bound: Record<string, AnyColumn> = Object.create(null) as Record<string, AnyColumn>;
  for (const [key, column] of Object.entries(columns)) {
    bound[key] = bindColumn(column, { table: place.name, alias: place.alias, name: key });
  }
  const info: TableInfo = Object.freeze({
    ...place,
    columns: bound,
    columnNames: Object.keys(bound),
  });
  return Object.freeze({ ...bound, [TABLE]: info }) as unknown as Table;
}

/** A table's declaration as data. */
export function tableInfo(target: AnyTable): TableInfo {
  return target[TABLE];
}

export function isTable(value: unknown): value is AnyTable {
  return typeof value === "object" && value !== null && TABLE in value;
}
