/**
 * `resolveConflict`: what becomes of a row that a mutation updates after somebody else has changed it.
 *
 * 1. A conflict is: a column whose value the write changes was changed by another client (or by other SQL) since the
 *    person made the mutation. The log says so, column by column; whoever wrote a column last does not matter.
 * 2. Of a mutation whose base is not known (no pull yet, an older client, longer ago than the log reaches), every row
 *    that somebody else may have written is a conflict: rather one question too many than a lost change.
 * 3. The base row is what the person could read then: the table as it was, by the rule over all tables as they were.
 * 4. A column is asked about once a mutation: later writes of it come from the same hand.
 * 5. Everything is read from the log and stored rows, which stand still until the commit or make it fail. So a mutation
 *    that runs again asks again, and of all its runs one counts.
 */

import { encodeRow, patchRow, PlasmaValidationError } from "@sh1n4ps/plasma-core";
import type { Row, RowChange, Schema, TableInfo } from "@sh1n4ps/plasma-core";
import { asOf, asOfName, withUsed } from "../change-log/as-of.ts";
import { historyTable } from "../schema/history-names.ts";
import { newAliases } from "../sql/compile.ts";
import type { Compiler } from "../sql/compile.ts";
import type { SqlDialect } from "../sql/dialect.ts";
import type { ReadStatement } from "../sql/executor.ts";
import { bindInteger, bindText, columnOf, integer, join, name, sql } from "../sql/fragment.ts";
import type { Cte, SqlFragment } from "../sql/fragment.ts";
import { checkedRowFromSql, readColumns } from "../sql/row-codec.ts";
import type { BasePosition } from "./base-position.ts";
import { compileRule } from "./rules.ts";
import type { Rules } from "./rules.ts";

/** Whose mutation it is, and what they had seen. */
export interface ConflictSource {
  readonly clientID: string;
  /** Null: nobody knows. */
  position(read: ReadStatement): Promise<BasePosition | null>;
}

export interface ConflictOptions {
  readonly schema: Schema;
  readonly dialect: SqlDialect;
  readonly ctx: unknown;
  readonly rules: Rules;
  readonly source: ConflictSource;
  readonly read: ReadStatement;
}

export interface Conflicts {
  /** The changes to make: those planned, or the resolver's in the places of some. */
  resolve(table: TableInfo, planned: readonly RowChange[]): Promise<readonly RowChange[]>;
}

/** For one mutation. */
export function createConflicts(options: ConflictOptions): Conflicts {
  const asked = new Map<string, Set<string>>();
  return {
    async resolve(table, planned) {
      if (!table.options.resolveConflict) return planned;
      const columnsOf = new Map<RowChange, readonly string[]>();
      for (const change of planned) {
        const done = asked.get(JSON.stringify([table.name, change.id]));
        const open = changedColumns(table, change).filter((column) => !done?.has(column));
        if (open.length > 0) columnsOf.set(change, open);
      }
      const found = await findConflicts(options, table, columnsOf);
      if (found.length === 0) return planned;
      const bases = await readBases(options, table, found);
      const merged = new Map<RowChange, RowChange>();
      for (const { change, columns } of found) {
        const key = JSON.stringify([table.name, change.id]);
        asked.set(key, new Set([...(asked.get(key) ?? []), ...columns]));
        const base = bases.get(change.id) ?? null;
        merged.set(change, { ...change, after: merge(table, change, { base, ctx: options.ctx }) });
      }
      return planned.map((change) => merged.get(change) ?? change);
    },
  };
}

function changedColumns(table: TableInfo, { before, after }: RowChange): string[] {
  if (!before || !after) return [];
  const [old, next] = [encodeRow(table, before), encodeRow(table, after)];
  return table.columnNames.filter(
    (column) => JSON.stringify(old[column]) !== JSON.stringify(next[column]),
  );
}

interface Conflict {
  readonly change: RowChange;
  readonly columns: readonly string[];
  readonly position: BasePosition | null;
}

/** After every version that there can be. */
const NOW = integer(Number.MAX_SAFE_INTEGER);

async function findConflicts(
  { dialect, source, read }: ConflictOptions,
  table: TableInfo,
  columnsOf: ReadonlyMap<RowChange, readonly string[]>,
): Promise<Conflict[]> {
  if (columnsOf.size === 0) return [];
  const position = await source.position(read);
  const wanted = new Set([...columnsOf.values()].flat());
  const columns = table.columnNames.filter((column) => wanted.has(column));
  const ids = dialect.values([...columnsOf.keys()].map(({ id }) => id));
  const cells = join(columns.map(name));
  const states: Cte = {
    name: "@states",
    body: sql`SELECT id, _v, _present, ${cells} FROM ${name(historyTable(table.name))} WHERE id IN (${ids}) AND _v > ${SINCE}
      UNION ALL SELECT id, ${NOW} AS _v, 1 AS _present, ${cells} FROM ${name(table.name)} WHERE id IN (${ids})`,
  };
  const differs = columns.map(
    (column, at) =>
      sql`CASE WHEN _present <> lead(_present) OVER states OR ${name(column)} IS DISTINCT FROM lead(${name(column)}) OVER states THEN 1 ELSE 0 END AS ${name(flag(at))}`,
  );
  const steps: Cte = {
    name: "@steps",
    body: sql`SELECT id, _v, first_value(_present) OVER states AS existed, ${join(differs)} FROM "@states" WINDOW states AS (PARTITION BY id ORDER BY _v)`,
  };
  const byOthers = columns.map(
    (_, at) =>
      sql`max(CASE WHEN step._v < ${NOW} AND (origin.origin_client IS NULL OR origin.origin_client <> ${bindText(source.clientID)}) THEN ${columnOf("step", flag(at))} ELSE 0 END) AS ${name(flag(at))}`,
  );
  // A row that is not stored was made by this very mutation.
  const rows = await read(
    withUsed(
      [span(position), states, steps],
      sql`SELECT step.id AS id, min((SELECT known FROM "@base")) AS known, max(step.existed) AS existed, ${join(byOthers)}
        FROM "@steps" AS step LEFT JOIN _plasma_changes AS origin
          ON origin.region = 0 AND origin.version = step._v AND origin.table_name = ${bindText(table.name)} AND origin.row_id = step.id
        GROUP BY step.id HAVING max(step._v) = ${NOW}`,
    ),
  );
  const byId = new Map(rows.map((row) => [row["id"], row]));
  return [...columnsOf].flatMap(([change, own]): Conflict[] => {
    const row = byId.get(change.id);
    if (!row) return [];
    const isKnown = row["known"] === 1;
    const isForeign = (column: string) =>
      (!isKnown && row["existed"] === 1) || row[flag(columns.indexOf(column))] === 1;
    const conflicting = own.filter(isForeign);
    if (conflicting.length === 0) return [];
    return [{ change, columns: conflicting, position: isKnown ? position : null }];
  });
}

function flag(at: number): string {
  return `c${at}`;
}

const SINCE = sql`(SELECT since FROM "@base")`;

/** From where the log is read: the base, if it is known and the log reaches that far; otherwise its beginning. */
function span(position: BasePosition | null): Cte {
  if (!position) {
    return { name: "@base", body: sql`SELECT horizon AS since, 0 AS known FROM _plasma_meta` };
  }
  const { version, nonce } = position;
  const holds = sql`(${bindInteger(version)} >= horizon AND EXISTS (SELECT 1 FROM _plasma_versions WHERE region = 0 AND version = ${bindInteger(version)} AND nonce = ${bindText(nonce)}))`;
  return {
    name: "@base",
    body: sql`SELECT CASE WHEN ${holds} THEN ${bindInteger(version)} ELSE horizon END AS since, CASE WHEN ${holds} THEN 1 ELSE 0 END AS known FROM _plasma_meta`,
  };
}

/** The rows as the person saw them, by id. */
async function readBases(
  { schema, dialect, rules, read }: ConflictOptions,
  table: TableInfo,
  conflicts: readonly Conflict[],
): Promise<ReadonlyMap<string, Row>> {
  const known = conflicts.filter(({ position }) => position !== null);
  const position = known[0]?.position;
  if (!position) return new Map();
  const rule = rules.of(table, "read");
  const compiler: Compiler = {
    schema,
    dialect,
    source: (other) => name(asOfName(other, "base")),
  };
  const visible: SqlFragment =
    rule.kind === "predicate"
      ? dialect.truth(true)
      : compileRule(rule.condition, { table, alias: "old" }, { compiler, aliases: newAliases() });
  const tables = [...schema.byName.values()].map((other) => asOf(other, "base", SINCE));
  const ids = dialect.values(known.map(({ change }) => change.id));
  const stored = await read(
    withUsed(
      [span(position), ...tables],
      sql`SELECT ${readColumns(table, "old", dialect)} FROM ${compiler.source(table)} AS old
        WHERE old.id IN (${ids}) AND ${visible} AND EXISTS (SELECT 1 FROM "@base" WHERE known = 1)`,
    ),
  );
  // One that does not fit the schema was never sent to anybody.
  const rows = stored.flatMap((row) => {
    const checked = checkedRowFromSql(table, row);
    return checked.kind === "row" ? [checked.row] : [];
  });
  const readable = rule.kind === "predicate" ? rows.filter((row) => rule.allows(row)) : rows;
  return new Map(readable.map((row) => [row["id"] as string, row]));
}

function merge(
  table: TableInfo,
  change: RowChange,
  { base, ctx }: { readonly base: Row | null; readonly ctx: unknown },
): Row {
  const current = change.before as Row;
  const incoming = change.after as Row;
  const kept: unknown = table.options.resolveConflict?.({ base, current, incoming, ctx });
  if (typeof (kept as { then?: unknown } | null | undefined)?.then === "function") {
    throw new PlasmaValidationError(
      `resolveConflict of table "${table.name}" must return the row itself, not a promise of it.`,
    );
  }
  return patchRow(table, current, kept as Row);
}
