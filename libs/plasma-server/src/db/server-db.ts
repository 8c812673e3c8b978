/**
 * `createServerDb()`: the database for an app's own server code: seeds, scheduled jobs, webhooks.
 *
 * Each write is a commit of its own and reaches the clients like any other. With a `ctx` it reads and writes what
 * that person may; without one, no rules are asked.
 */

import { mutatorDb, requireRunnable } from "@sh1n4ps/plasma-core";
import type { AuthorizePolicy, MutatorDb, Schema } from "@sh1n4ps/plasma-core";
import { backOff } from "../backoff.ts";
import { metaFrom, SELECT_META } from "../change-log/meta.ts";
import { StorageFailure } from "../errors.ts";
import { runtimePlatform } from "../platform.ts";
import type { Platform } from "../platform.ts";
import { ensureSchema } from "../schema/ensure-schema.ts";
import type { SqlExecutor } from "../sql/executor.ts";
import { bind, sql } from "../sql/fragment.ts";
import { commit } from "./commit.ts";
import { explainSelect } from "./explain.ts";
import { bindRules } from "./rules.ts";
import { openTransaction } from "./transaction.ts";
import type { QueryRunner } from "./transaction.ts";

export interface ServerDbOptions<S extends Schema = Schema> {
  readonly schema: S;
  readonly executor: SqlExecutor;
  /** The person on whose behalf. Without it nothing is refused. */
  readonly ctx?: unknown;
  /** What becomes of tables without a rule. Default: allowed. */
  readonly policy?: AuthorizePolicy;
  readonly platform?: Platform;
}

export function createServerDb<S extends Schema>(options: ServerDbOptions<S>): MutatorDb<S> {
  requireRunnable(options.schema);
  return mutatorDb(options.schema, {
    select: (query) => transact(options, (runner) => runner.select(query)),
    write: (write) => transact(options, (runner) => runner.write(write)),
    explain: async (query) => {
      await ensureSchema(options);
      return explainSelect({ ...options, query });
    },
  });
}

const MAX_ATTEMPTS = 10;

async function transact<T>(
  options: ServerDbOptions,
  work: (runner: QueryRunner) => Promise<T>,
): Promise<T> {
  const {
    schema,
    executor,
    ctx,
    policy = { default: "allow" },
    platform = runtimePlatform(),
  } = options;
  await ensureSchema({ schema, executor, platform });
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    if (attempt > 0) await backOff(platform, attempt - 1);
    const base = metaFrom(await executor.all(SELECT_META)).version;
    const transaction = openTransaction({
      schema,
      executor,
      ctx,
      rules: bindRules(ctx, policy),
    });
    const result = await work(
      ctx === undefined ? transaction.unrestricted : transaction.restricted,
    );
    transaction.close();
    const changes = transaction.changes();
    if (changes.length === 0) return result;
    const committed = await commit({ schema, executor, platform, base, changes });
    switch (committed.kind) {
      case "committed":
        return result;
      case "refused":
        throw committed.error;
      case "conflict":
        break;
      case "unknown": {
        const found = await executor.all(
          sql`SELECT 1 FROM _plasma_versions WHERE region = 0 AND version = ${bind(base + 1)} AND nonce = ${bind(committed.nonce)}`,
        );
        if (found.length > 0) return result;
      }
    }
  }
  throw new StorageFailure("A write could not be committed within its attempts.");
}
