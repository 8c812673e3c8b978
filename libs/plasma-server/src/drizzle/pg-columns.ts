/**
 * The kinds of columns as Drizzle columns for Postgres: the types that our DDL gives them, and the values that our own
 * queries give. Where Drizzle has no column for that, or one that changes values (its `jsonb` reads the document
 * "123" as a number), there is one here.
 */

import type { ColumnKind } from "@sh1n4ps/plasma-core";
import { bigint, boolean, customType, doublePrecision, text } from "drizzle-orm/pg-core";
import type { PgColumnBuilder } from "drizzle-orm/pg-core";
import { bigintFromDriver, bytesFromDriver } from "./driver-values.ts";

export function pgColumn(
  kind: ColumnKind,
  enumValues: readonly string[] | undefined,
): PgColumnBuilder {
  return builderOf(kind, enumValues) as PgColumnBuilder;
}

function builderOf(kind: ColumnKind, enumValues: readonly string[] | undefined): unknown {
  switch (kind) {
    case "id":
    case "ref":
      return text();
    case "text":
      return enumValues ? text({ enum: enumValues as [string, ...string[]] }) : text();
    case "int":
      return bigint({ mode: "number" });
    case "bigint":
      return wholeNumber();
    case "real":
      return doublePrecision();
    case "boolean":
      return boolean();
    case "timestamp":
      return moment();
    case "blob":
      return bytes();
    case "json":
      return document();
  }
}

const wholeNumber = customType<{ data: bigint; driverData: unknown }>({
  dataType: () => "bigint",
  fromDriver: (value) => bigintFromDriver(value, "bigint"),
  toDriver: (value) => value.toString(),
});

/** Integer milliseconds, as everywhere in plasma. */
const moment = customType<{ data: Date; driverData: unknown }>({
  dataType: () => "bigint",
  fromDriver: (value) => new Date(Number(value)),
  toDriver: (value) => value.getTime(),
});

const bytes = customType<{ data: Uint8Array; driverData: unknown }>({
  dataType: () => "bytea",
  fromDriver: bytesFromDriver,
});

const document = customType<{ data: unknown; driverData: unknown }>({
  dataType: () => "jsonb",
  toDriver: (value) => JSON.stringify(value),
});
