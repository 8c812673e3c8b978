/** The dialect that an executor's database speaks. */

import type { SqlDialect } from "./dialect.ts";
import type { SqlExecutor } from "./executor.ts";
import { sqliteDialect } from "./sqlite-dialect.ts";

export function dialectOf(executor: SqlExecutor): SqlDialect {
  switch (executor.dialect) {
    case "sqlite":
      return sqliteDialect;
  }
}
