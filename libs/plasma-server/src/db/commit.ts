/**
 * A commit: all that a mutation did, in one batch that happens only if nothing else was committed since it began.
 *
 * 1. The version after `base` is taken with a random nonce. If another commit has taken it, there is no such version to
 *    take, and the whole batch fails. There is no other protection, and none is needed.
 * 2. The triggers log each row under that version, because the batch announces its origin first and withdraws it last.
 * 3. References are checked by a guard. The database's own check comes at the end of the transaction, and D1 answers
 *    a failure there by resetting the database under everybody's feet.
 * 4. Rows whose unique columns change are deleted and inserted anew, so that two rows can trade values.
 */

import { encodeRow, PlasmaError, syncedSchema } from "@sh1n4ps/plasma-core";
import type { Row, RowChange, Schema, TableInfo } from "@sh1n4ps/plasma-core";
import { toHex } from "../bytes.ts";
import type { Platform } from "../platform.ts";
import { schemaDialectOf } from "../schema/schema-dialect-of.ts";
import type { Origin } from "../schema/schema-dialect.ts";
import { guardOf, isOvertaken } from "../schema/system-tables.ts";
import { dialectOf } from "../sql/dialect-of.ts";
import type { SqlDialect } from "../sql/dialect.ts";
import type { SqlExecutor, Statement } from "../sql/executor.ts";
import { bind, bindInteger, bindText, columnOf, join, name, sql, tree } from "../sql/fragment.ts";
import type { SqlFragment } from "../sql/fragment.ts";
import { columnNames } from "../sql/row-codec.ts";
import { selectRows } from "../sql/row-list.ts";
import { writeTooLarge } from "./too-large.ts";

export interface CommitRequest {
  readonly schema: Schema;
  readonly executor: SqlExecutor;
  readonly platform: Platform;
  /** The version that everything was read at. */
  readonly base: number;
  /** Net changes, one for each row. */
  readonly changes: readonly RowChange[];
  readonly origin?: Origin;
  /** Selects of what stands in the way: the kind of a guard (`schema/system-tables.ts`), or no row. */
  readonly guards?: readonly SqlFragment[];
  /** What else belongs to it, given its version: the client's last mutation id, the outcome. */
  readonly alongside?: (version: number) => readonly Statement[];
}

export type CommitResult =
  | { readonly kind: "committed"; readonly version: number }
  /** Something else was committed first. */
  | { readonly kind: "conflict" }
  /** The database's constraints say no, and would again. */
  | { readonly kind: "refused"; readonly error: PlasmaError }
  /** It may have been committed or not. `nonce` tells, if it can be looked up. */
  | { readonly kind: "unknown"; readonly nonce: string; readonly cause: unknown };

const NOBODY: Origin = { clientID: null, mutationID: null };

export async function commit(request: CommitRequest): Promise<CommitResult> {
  const version = request.base + 1;
  const nonce = toHex(request.platform.random.bytes(16));
  try {
    await request.executor.batch(statementsOf(request, version, nonce));
    return { kind: "committed", version };
  } catch (error) {
    return failureOf(error, { nonce, dialect: dialectOf(request.executor) });
  }
}

function statementsOf(request: CommitRequest, version: number, nonce: string): Statement[] {
  const { executor, platform, base, changes, origin, guards = [], alongside } = request;
  const schema = syncedSchema(request.schema);
  const log = schemaDialectOf(executor);
  return [
    ...log.begin(version, origin ?? NOBODY),
    sql`INSERT INTO _plasma_versions (version, nonce, time)
      SELECT (SELECT version + 1 FROM _plasma_meta WHERE version = ${bind(base)}), ${bindText(nonce)}, ${bindInteger(platform.clock.now())}`,
    ...groupsOf(guards, MAX_GUARDS).map(
      (some) => sql`INSERT INTO _plasma_guard (kind) ${join(some, " UNION ALL ")}`,
    ),
    sql`UPDATE _plasma_meta SET version = ${bind(version)} WHERE version = ${bind(base)}`,
    ...(alongside?.(version) ?? []),
    ...dataStatements(schema, changes, dialectOf(executor)),
    ...log.end,
  ];
}

/** D1 takes no more terms in a compound. */
const MAX_GUARDS = 5;

function groupsOf<T>(items: readonly T[], size: number): T[][] {
  const groups: T[][] = [];
  for (let at = 0; at < items.length; at += size) groups.push(items.slice(at, at + size));
  return groups;
}

function dataStatements(
  schema: Schema,
  changes: readonly RowChange[],
  dialect: SqlDialect,
): Statement[] {
  const deletes: Statement[] = [];
  const updates: Statement[] = [];
  const inserts: Statement[] = [];
  const guards: Statement[] = [];
  for (const [table, own] of byTable(schema, changes)) {
    const gone: string[] = [];
    const removed: string[] = [];
    const added: Row[] = [];
    const updated: Row[] = [];
    for (const { id, before, after } of own) {
      if (after && before && !changesUnique(table, before, after)) {
        updated.push(after);
        continue;
      }
      if (before) removed.push(id);
      if (after) added.push(after);
      else gone.push(id);
    }
    if (removed.length > 0) {
      deletes.push(sql`DELETE FROM ${name(table.name)} WHERE id IN (${dialect.values(removed)})`);
    }
    for (const rows of chunks(updated)) updates.push(...updateRows(table, rows, dialect));
    for (const rows of chunks(added)) {
      inserts.push(
        sql`INSERT INTO ${name(table.name)} (${columnNames(table)}) ${selectRows(table, rows, dialect)}`,
      );
    }
    guards.push(...outgoingReferences(table, [...updated, ...added], dialect));
    guards.push(...incomingReferences(schema, table, gone, dialect));
  }
  return [...deletes, ...updates, ...inserts, ...guards];
}

function byTable(
  schema: Schema,
  changes: readonly RowChange[],
): ReadonlyMap<TableInfo, RowChange[]> {
  const groups = new Map<TableInfo, RowChange[]>();
  for (const change of changes) {
    const table = schema.byName.get(change.table)!;
    const group = groups.get(table);
    if (group) group.push(change);
    else groups.set(table, [change]);
  }
  return groups;
}

function changesUnique(table: TableInfo, before: Row, after: Row): boolean {
  const [old, next] = [encodeRow(table, before), encodeRow(table, after)];
  return table.columnNames.some(
    (column) => table.columns[column]?.isUnique && old[column] !== next[column],
  );
}

function updateRows(table: TableInfo, rows: readonly Row[], dialect: SqlDialect): Statement[] {
  const changeable = table.columnNames.filter(
    (column) => column !== "id" && !table.columns[column]?.isUnique,
  );
  if (changeable.length === 0) return [];
  const assignments = changeable.map(
    (column) => sql`${name(column)} = ${columnOf("@new", column)}`,
  );
  return [
    sql`UPDATE ${name(table.name)} SET ${join(assignments)} FROM (${selectRows(table, rows, dialect)}) AS "@new" WHERE ${columnOf(table.name, "id")} = ${columnOf("@new", "id")}`,
  ];
}

function outgoingReferences(
  table: TableInfo,
  rows: readonly Row[],
  dialect: SqlDialect,
): Statement[] {
  const references = table.columnNames.flatMap((column) => {
    const target = table.columns[column]?.reference?.column().table;
    return target && rows.some((row) => row[column] !== null) ? [{ column, target }] : [];
  });
  if (references.length === 0) return [];
  const dangling = references.map(
    ({ column, target }) =>
      sql`(${columnOf("own", column)} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ${name(target)} AS target WHERE target.id = ${columnOf("own", column)}))`,
  );
  const ids = dialect.values(rows.map((row) => row["id"] as string));
  return [
    sql`INSERT INTO _plasma_guard (kind) SELECT 'reference' WHERE EXISTS (SELECT 1 FROM ${name(table.name)} AS own WHERE own.id IN (${ids}) AND ${tree(dangling, "OR")})`,
  ];
}

function incomingReferences(
  schema: Schema,
  table: TableInfo,
  gone: readonly string[],
  dialect: SqlDialect,
): Statement[] {
  if (gone.length === 0) return [];
  return (schema.references.get(table.name) ?? []).map(
    (reference) =>
      sql`INSERT INTO _plasma_guard (kind) SELECT 'reference' WHERE EXISTS (SELECT 1 FROM ${name(reference.table)} AS other WHERE ${columnOf("other", reference.column)} IN (${dialect.values(gone)}))`,
  );
}

/** D1 takes parameters of up to 2 MB. */
const MAX_CHUNK = 900_000;

function chunks(rows: readonly Row[]): Row[][] {
  const result: Row[][] = [];
  let size = Infinity;
  for (const row of rows) {
    const weight = weightOf(row);
    if (size + weight > MAX_CHUNK) {
      result.push([]);
      size = 0;
    }
    result.at(-1)?.push(row);
    size += weight;
  }
  return result;
}

/** Roughly what a row takes as JSON; only large cells matter. */
function weightOf(row: Row): number {
  let weight = 0;
  for (const value of Object.values(row)) {
    if (typeof value === "string") weight += value.length;
    else if (value instanceof Uint8Array) weight += 2 * value.byteLength;
    else if (typeof value === "object" && value !== null && !(value instanceof Date)) {
      weight += JSON.stringify(value).length;
    } else weight += 20;
  }
  return weight;
}

function failureOf(
  error: unknown,
  { nonce, dialect }: { readonly nonce: string; readonly dialect: SqlDialect },
): CommitResult {
  const message = error instanceof Error ? error.message : String(error);
  switch (guardOf(message)) {
    case "reference":
      return { kind: "refused", error: danglingReference(error) };
    case "taken":
      return { kind: "refused", error: takenValue(error) };
    case "schema":
    case null:
  }
  switch (dialect.refusalOf(error)) {
    case "conflict":
      return { kind: "conflict" };
    case "unique":
      if (isOvertaken(message)) return { kind: "conflict" };
      return { kind: "refused", error: takenValue(error) };
    case "reference":
      return { kind: "refused", error: danglingReference(error) };
    case "constraint":
      if (isOvertaken(message)) return { kind: "conflict" };
      return { kind: "refused", error: brokenConstraint(error) };
    case "too-large":
      return { kind: "refused", error: writeTooLarge(error) };
    case null:
      return { kind: "unknown", nonce, cause: error };
  }
}

function takenValue(cause: unknown): PlasmaError {
  return new PlasmaError("conflict", "A row with one of these unique values exists already.", {
    cause,
  });
}

function brokenConstraint(cause: unknown): PlasmaError {
  return new PlasmaError("constraint", "A row does not fit the rules of its table.", { cause });
}

function danglingReference(cause: unknown): PlasmaError {
  return new PlasmaError(
    "missing-reference",
    "A row would refer to another row that does not exist.",
    { cause },
  );
}
