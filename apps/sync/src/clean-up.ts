/** What the worker does once a day: forgets what nobody needs any more. */

import { schema } from "@plasma-starter/todo-domain";
import { ensureSchema, runMaintenance } from "@sh1n4ps/plasma-server";
import type { MaintenanceResult, SqlExecutor } from "@sh1n4ps/plasma-server";

/** D1 allows a worker some 1,000 queries a run, and each slice of 500 rows is one. What is left waits for tomorrow. */
const MAX_ROWS = 100_000;

export async function cleanUp(executor: SqlExecutor): Promise<MaintenanceResult> {
  await ensureSchema({ schema, executor });
  return runMaintenance({ executor, maxRows: MAX_ROWS });
}
