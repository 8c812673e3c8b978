/** All that a database must stand, in one call. */

import type { SqlExecutor } from "../sql/executor.ts";
import { compactionContract } from "./compaction-contract.ts";
import { conflictContract } from "./conflict-contract.ts";
import { cookieContract } from "./cookie-contract.ts";
import { exactlyOnceContract } from "./exactly-once-contract.ts";
import { foreignWritesContract } from "./foreign-writes-contract.ts";
import { groupContract } from "./group-contract.ts";
import { historyContract } from "./history-contract.ts";
import { isolationContract } from "./isolation-contract.ts";
import { liveSelectContract } from "./live-select-contract.ts";
import { localOnlyContract } from "./local-only-contract.ts";
import { migrationContract } from "./migration-contract.ts";
import { namesContract } from "./names-contract.ts";
import { outcomeContract } from "./outcome-contract.ts";
import { pagesContract } from "./pages-contract.ts";
import { permissionContract } from "./permission-contract.ts";
import { pullContract } from "./pull-contract.ts";
import { quarantineContract } from "./quarantine-contract.ts";
import { queryContract } from "./query-contract.ts";
import { schemaContract } from "./schema-contract.ts";
import { serverDbContract } from "./server-db-contract.ts";
import { snapshotAsOfContract } from "./snapshot-as-of-contract.ts";
import { snapshotContract } from "./snapshot-contract.ts";
import { standingContract } from "./standing-contract.ts";
import { troubleContract } from "./trouble-contract.ts";
import { visibilityContract } from "./visibility-contract.ts";

export interface ContractOptions {
  readonly dialect: SqlExecutor["dialect"];
  /** An empty database. */
  readonly fresh: () => Promise<SqlExecutor>;
  readonly seed: number;
  readonly queries: number;
  readonly histories: number;
  readonly pullsEach: number;
}

export function everyContract(options: ContractOptions): void {
  const { fresh } = options;
  exactlyOnceContract(fresh);
  groupContract(fresh);
  standingContract(fresh);
  isolationContract(fresh);
  troubleContract(fresh);
  permissionContract(fresh);
  conflictContract(fresh);
  localOnlyContract(fresh);
  outcomeContract(fresh);
  quarantineContract(fresh);
  pullContract(fresh);
  visibilityContract(fresh);
  foreignWritesContract(options);
  pagesContract(fresh);
  snapshotContract(fresh);
  cookieContract(fresh);
  compactionContract(fresh);
  snapshotAsOfContract(fresh);
  schemaContract(options);
  migrationContract(fresh);
  namesContract(fresh);
  serverDbContract(fresh);
  liveSelectContract(fresh);
  queryContract(options);
  historyContract(options);
}
