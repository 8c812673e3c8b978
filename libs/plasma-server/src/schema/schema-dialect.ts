/** What differs between databases in making tables and keeping the log, and nothing else. */

import type { Statement } from "../sql/executor.ts";
import type { ColumnDescription, TableDescription } from "./description.ts";
import type { AlterationSteps } from "./table-alterations.ts";

export interface AddedToTable {
  readonly newColumns: readonly ColumnDescription[];
  readonly newIndexes: readonly (readonly string[])[];
}

/** On whose behalf rows are written. */
export interface Origin {
  readonly clientID: string | null;
  readonly mutationID: number | null;
}

export interface SchemaDialect {
  /** What comes first in a batch that writes, so that it happens after all others and before all others. */
  readonly lock: readonly Statement[];
  /** The names of all tables, each as `name`. */
  readonly tableNames: Statement;
  readonly systemTables: readonly Statement[];
  /** The names of all triggers that are at work, each as `name`; on Postgres "table.trigger". */
  readonly triggerNames: Statement;
  /** The triggers that log a table. */
  triggersOf(table: TableDescription): {
    readonly names: readonly string[];
    readonly make: Statement[];
  };
  /** Why a table cannot be here, or null. */
  objectionTo(table: TableDescription): string | null;
  /** Tables with indexes, histories and triggers. */
  createTables(tables: readonly TableDescription[]): Statement[];
  /** `table` is what it is afterwards. */
  addToTable(table: TableDescription, added: AddedToTable): Statement[];
  readonly alterations: AlterationSteps;
  /** The column as the database can have it once each row has a value. */
  required(column: ColumnDescription): ColumnDescription;
  /** Around a commit, its lock included: the triggers log what it writes under this version and for this origin. */
  begin(version: number, origin: Origin): Statement[];
  readonly end: readonly Statement[];
}
