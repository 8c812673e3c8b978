/** What push, pull and tickets work with: the handler's options, with defaults filled in. */

import type { AnyMutators, AuthorizePolicy, Schema } from "@sh1n4ps/plasma-core";
import type { OwedAttempts } from "./owed-attempts.ts";
import type { FullScanWatch } from "./db/full-scans.ts";
import type { SyncServerError } from "./errors.ts";
import type { Platform } from "./platform.ts";
import type { StandingMemory } from "./push/standing-memory.ts";
import type { SqlExecutor } from "./sql/executor.ts";

export interface Engine {
  readonly schema: Schema;
  readonly mutators: AnyMutators;
  readonly executor: SqlExecutor;
  readonly policy: AuthorizePolicy;
  readonly platform: Platform;
  readonly mutatorTimeoutMs: number;
  readonly quarantine: { readonly attempts: number; readonly afterMs: number };
  readonly standings: StandingMemory;
  readonly owedAttempts: OwedAttempts;
  /** Shown every query, if somebody wants to know of full scans. */
  readonly fullScans?: FullScanWatch | undefined;
  /** Tells the app. Never throws. */
  report(error: SyncServerError): void;
}
