/**
 * The kinds of columns as Drizzle columns for SQLite: the types that our DDL gives them, and the values that our own
 * queries give.
 *
 * bigint: drivers hand integers over as doubles, better-sqlite3 unless told otherwise and D1 always. Drizzle's own way
 * out is that of its `numeric` columns: what is selected is cast to text. Ours does the same over an INTEGER column,
 * so a selected bigint is exact whatever the driver does. Where Drizzle does not select the column itself (in nested
 * rows of relational queries, in max() and min()), a number may arrive, and one that has lost digits is an error.
 */

import type { ColumnKind } from "@sh1n4ps/plasma-core";
import { entityKind } from "drizzle-orm";
import type { ColumnBaseConfig, ColumnBuilderBaseConfig } from "drizzle-orm";
import {
  customType,
  integer,
  real,
  SQLiteColumn,
  SQLiteColumnBuilder,
  text,
} from "drizzle-orm/sqlite-core";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import { bigintFromDriver, bytesFromDriver } from "./driver-values.ts";

export function sqliteColumn(
  kind: ColumnKind,
  enumValues: readonly string[] | undefined,
): SQLiteColumnBuilder {
  return builderOf(kind, enumValues) as SQLiteColumnBuilder;
}

function builderOf(kind: ColumnKind, enumValues: readonly string[] | undefined): unknown {
  switch (kind) {
    case "id":
    case "ref":
      return text();
    case "text":
      return enumValues ? text({ enum: enumValues as [string, ...string[]] }) : text();
    case "int":
      return integer();
    case "bigint":
      return new BigIntBuilder("");
    case "real":
      return real();
    case "boolean":
      return integer({ mode: "boolean" });
    case "timestamp":
      return integer({ mode: "timestamp_ms" });
    case "blob":
      return bytes();
    case "json":
      return text({ mode: "json" });
  }
}

/** Drizzle's own gives a `Buffer`, which not every runtime has. */
const bytes = customType<{ data: Uint8Array; driverData: unknown }>({
  dataType: () => "blob",
  fromDriver: bytesFromDriver,
});

/** The type by which Drizzle knows columns to be cast to text. */
const READ_AS_TEXT = "SQLiteNumericBigInt";

// Classes, because columns of Drizzle are.
class BigIntBuilder extends SQLiteColumnBuilder<
  ColumnBuilderBaseConfig<"bigint", typeof READ_AS_TEXT>
> {
  static override readonly [entityKind] = "PlasmaBigIntBuilder";

  constructor(name: string) {
    super(name, "bigint", READ_AS_TEXT);
  }

  /** Called by `sqliteTable()`. */
  build(table: SQLiteTable): BigIntColumn {
    return new BigIntColumn(table, this.config);
  }
}

class BigIntColumn extends SQLiteColumn<ColumnBaseConfig<"bigint", typeof READ_AS_TEXT>> {
  static override readonly [entityKind] = "PlasmaBigInt";

  getSQLType(): string {
    return "integer";
  }

  override mapFromDriverValue(value: unknown): bigint {
    return bigintFromDriver(value, this.name);
  }

  /** D1 binds no bigint. The column's affinity makes a number of the text, in comparisons too. */
  override mapToDriverValue(value: unknown): string {
    return String(value);
  }
}
