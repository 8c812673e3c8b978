/** The types of Drizzle's tables, computed from the schema's: a row of one is an `InferRow` of the other. */

import type { Column, Schema, TableColumns, TableName } from "@sh1n4ps/plasma-core";
import type { AnyTable } from "@sh1n4ps/plasma-core";
import type { ColumnDataType } from "drizzle-orm";
import type { PgColumn, PgTableWithColumns } from "drizzle-orm/pg-core";
import type { SQLiteColumn, SQLiteTableWithColumns } from "drizzle-orm/sqlite-core";

/** The tables of a schema, by name, for Drizzle on SQLite and D1. */
export type SqliteTables<S extends Schema> = {
  readonly [N in keyof S["tables"] & string]: SQLiteTableWithColumns<{
    name: N;
    schema: undefined;
    dialect: "sqlite";
    columns: SqliteColumns<S["tables"][N]>;
  }>;
};

/** The tables of a schema, by name, for Drizzle on Postgres. */
export type PgTables<S extends Schema> = {
  readonly [N in keyof S["tables"] & string]: PgTableWithColumns<{
    name: N;
    schema: undefined;
    dialect: "pg";
    columns: PgColumns<S["tables"][N]>;
  }>;
};

export type DrizzleTables<S extends Schema> = SqliteTables<S> | PgTables<S>;
export type DrizzleTable<S extends Schema> = DrizzleTables<S>[keyof S["tables"] & string];

type SqliteColumns<T extends AnyTable> = {
  [K in keyof TableColumns<T> & string]: SQLiteColumn<
    ColumnConfig<TableName<T>, K, TableColumns<T>[K]>
  >;
};

type PgColumns<T extends AnyTable> = {
  [K in keyof TableColumns<T> & string]: PgColumn<
    ColumnConfig<TableName<T>, K, TableColumns<T>[K]>
  >;
};

/** What Drizzle's types ask to know of a column. */
type ColumnConfig<N extends string, K extends string, C> =
  C extends Column<infer T, infer Optional>
    ? {
        name: K;
        tableName: N;
        dataType: DataType<NonNullable<T>>;
        columnType: string;
        data: NonNullable<T>;
        driverParam: unknown;
        notNull: null extends T ? false : true;
        hasDefault: Optional;
        isPrimaryKey: K extends "id" ? true : false;
        isAutoincrement: false;
        hasRuntimeDefault: false;
        enumValues: EnumValues<NonNullable<T>>;
        baseColumn: never;
        identity: undefined;
        generated: undefined;
      }
    : never;

type DataType<T> = (T extends string
  ? "string"
  : T extends number
    ? "number"
    : T extends bigint
      ? "bigint"
      : T extends boolean
        ? "boolean"
        : T extends Date
          ? "date"
          : T extends Uint8Array
            ? "custom"
            : "json") &
  ColumnDataType;

type EnumValues<T> = [T] extends [string]
  ? string extends T
    ? undefined
    : [T, ...T[]]
  : undefined;
