/** The SQLite of a Durable Object for tests in workerd: each statement is run inside the object, which alone may. */

import { env, runInDurableObject } from "cloudflare:test";
import { fromDurableObjectSql } from "../sql/durable-object-sql.ts";
import type { SqlExecutor } from "../sql/executor.ts";

const { COORDINATOR } = env as unknown as { COORDINATOR: DurableObjectNamespace };

/** A new object with an empty database. */
export function openDurableObjectSql(): SqlExecutor {
  const stub = COORDINATOR.get(COORDINATOR.newUniqueId());
  const inside = <T>(work: (executor: SqlExecutor) => Promise<T>): Promise<T> =>
    runInDurableObject(stub, (_object, state) => work(fromDurableObjectSql(state.storage)));
  return {
    dialect: "sqlite",
    all: (statement) => inside((executor) => executor.all(statement)),
    run: (statement) => inside((executor) => executor.run(statement)),
    batch: (statements) => inside((executor) => executor.batch(statements)),
  };
}
