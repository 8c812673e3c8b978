/** How tables and log are made on an executor's database. */

import type { SqlExecutor } from "../sql/executor.ts";
import { postgresSchema } from "./postgres-schema.ts";
import type { SchemaDialect } from "./schema-dialect.ts";
import { sqliteSchema } from "./sqlite-schema.ts";

export function schemaDialectOf(executor: SqlExecutor): SchemaDialect {
  switch (executor.dialect) {
    case "sqlite":
      return sqliteSchema;
    case "postgres":
      return postgresSchema;
  }
}
