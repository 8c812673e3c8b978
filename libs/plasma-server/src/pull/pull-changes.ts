/**
 * What changed for a person in one table, between two versions: the statements, and what their rows mean.
 *
 * The rule is asked twice, of the table as it was at the cookie (`before`) and as it is at the pull's version
 * (`after`): visible after and (changed or not visible before) ⇒ put; visible before and not after ⇒ del; anything
 * else ⇒ nothing, so that no id crosses the wire that the person never could see.
 *
 * Asked are the candidates (`candidates.ts`): the rows that changed, and those whose visibility hangs on a row of
 * another table that did. Too many candidates cost time; they never change the answer.
 *
 * A predicate in JavaScript knows the row alone, so its candidates are the changed rows, and both images are fetched.
 *
 * A row that does not fit the schema (only other SQL can write one) is as good as none: no client could take it, and one
 * such row must not keep the others from arriving. Whoever had it before loses it, so that all see the same. Its repair
 * is a change like any other.
 */

import { compareText, encodeRow, tablesOfCondition } from "@sh1n4ps/plasma-core";
import type { BoundRule, PatchOperation, Row, Schema, TableInfo } from "@sh1n4ps/plasma-core";
import { asOf, asOfName, withUsed } from "../change-log/as-of.ts";
import { compileRule } from "../db/rules.ts";
import { candidates, log } from "./candidates.ts";
import type { TouchedTables } from "./touched.ts";
import { historyTable } from "../schema/history-names.ts";
import { newAliases } from "../sql/compile.ts";
import type { Compiler } from "../sql/compile.ts";
import type { SqlDialect } from "../sql/dialect.ts";
import type { SqlRow, Statement } from "../sql/executor.ts";
import { bind, bindInteger, integer, name, sql } from "../sql/fragment.ts";
import type { Cte, SqlFragment } from "../sql/fragment.ts";
import { checkedRowFromSql, readColumns } from "../sql/row-codec.ts";
import type { CheckedRow, Misfit } from "../sql/row-codec.ts";

export interface TableQuestion {
  readonly schema: Schema;
  readonly dialect: SqlDialect;
  readonly table: TableInfo;
  readonly rule: BoundRule;
  /** The version that the client has seen; null: it has nothing. */
  readonly since: number | null;
  /** The version of the pull; null: the one that the statements find. */
  readonly until: number | null;
  /** The tables that have changed since, be it after the version of the pull. */
  readonly touched: TouchedTables;
  /** Ids up to this one were on earlier pages. */
  readonly after: string;
  /** How many rows a page takes. */
  readonly limit: number;
}

export interface TableAnswer {
  /** In the order of their ids, at most `limit`. */
  readonly operations: readonly { readonly id: string; readonly operation: PatchOperation }[];
  /** The id after which to go on, or null when that was all. */
  readonly goOnAfter: string | null;
  /** Rows that were left out. */
  readonly misfits: readonly Misfit[];
}

/** The statements to run in one batch. Their rows go to `readAnswer`. */
export function askTable(question: TableQuestion): Statement[] {
  const { rule, since } = question;
  if (since !== null && !mayHaveChanged(question)) return [];
  if (rule.kind === "predicate") {
    if (since !== null) return predicateImages(question);
    return [snapshotOf(question, question.dialect.truth(true))];
  }
  if (rule.condition.kind === "constant" && !rule.condition.value) return [];
  if (since === null) return [snapshotOf(question, null)];
  return [putsOf(question), delsOf(question)];
}

function mayHaveChanged({ table, rule, touched }: TableQuestion): boolean {
  if (touched.has(table.name)) return true;
  return (
    rule.kind === "expression" &&
    [...tablesOfCondition(rule.condition)].some((other) => touched.has(other))
  );
}

export function readAnswer(
  question: TableQuestion,
  results: readonly (readonly SqlRow[])[],
): TableAnswer {
  const { table, rule, since, limit } = question;
  if (rule.kind === "expression") {
    const [puts = [], dels = []] = results;
    const found: { readonly id: string; readonly put?: CheckedRow }[] = [
      ...puts.map((row) => ({ id: row["id"] as string, put: checkedRowFromSql(table, row) })),
      ...dels.map((row) => ({ id: row["id"] as string })),
    ];
    found.sort((left, right) => compareText(left.id, right.id));
    const page = found.slice(0, limit);
    return {
      operations: page.flatMap(({ id, put: checked }) => {
        if (checked?.kind === "row") return [put(table, checked.row)];
        return since === null ? [] : [del(table, id)];
      }),
      goOnAfter: found.length > limit ? page.at(-1)!.id : null,
      misfits: page.flatMap(({ put: checked }) =>
        checked?.kind === "misfit" ? [checked.misfit] : [],
      ),
    };
  }
  if (since === null) {
    const [rows = []] = results;
    const page = rows.slice(0, limit);
    const { fitting, misfits } = checkedRows(table, page);
    return {
      operations: fitting.filter((row) => rule.allows(row)).map((row) => put(table, row)),
      goOnAfter: rows.length > limit ? (page.at(-1)!["id"] as string) : null,
      misfits,
    };
  }
  const [candidates = [], before = [], after = []] = results;
  const page = candidates.slice(0, limit).map((row) => row["id"] as string);
  const visible = (rows: readonly Row[]) =>
    new Map(rows.filter((row) => rule.allows(row)).map((row) => [row["id"] as string, row]));
  const now = checkedRows(table, after);
  const visibleBefore = visible(checkedRows(table, before).fitting);
  const visibleAfter = visible(now.fitting);
  return {
    operations: page.flatMap((id) => {
      const row = visibleAfter.get(id);
      if (row) return [put(table, row)];
      return visibleBefore.has(id) ? [del(table, id)] : [];
    }),
    goOnAfter: candidates.length > limit ? page.at(-1)! : null,
    misfits: now.misfits,
  };
}

function checkedRows(
  table: TableInfo,
  stored: readonly SqlRow[],
): { readonly fitting: readonly Row[]; readonly misfits: readonly Misfit[] } {
  const fitting: Row[] = [];
  const misfits: Misfit[] = [];
  for (const row of stored) {
    const checked = checkedRowFromSql(table, row);
    if (checked.kind === "misfit") misfits.push(checked.misfit);
    else fitting.push(checked.row);
  }
  return { fitting, misfits };
}

function put(table: TableInfo, row: Row): TableAnswer["operations"][number] {
  const encoded = encodeRow(table, row);
  return { id: encoded["id"] as string, operation: { op: "put", table: table.name, row: encoded } };
}

function del(table: TableInfo, id: string): TableAnswer["operations"][number] {
  return { id, operation: { op: "del", table: table.name, id } };
}

// The versions are bound once and read from here: rules may need most of the 100 parameters that D1 allows.
const SINCE = sql`(SELECT since FROM "@span")`;
const UNTIL = sql`(SELECT until FROM "@span")`;

interface Moment {
  readonly compiler: Compiler;
  readonly ctes: readonly Cte[];
}

/** The tables as they were at the cookie. */
function beforeOf(question: TableQuestion): Moment {
  return momentOf(question, "before", SINCE);
}

/** The tables as they are at the pull's version: the stored ones, unless that is past. */
function afterOf(question: TableQuestion): Moment {
  if (question.until !== null) return momentOf(question, "after", UNTIL);
  const { schema, dialect } = question;
  return { compiler: { schema, dialect, source: (table) => name(table.name) }, ctes: [] };
}

/** A table that nobody has touched is stored as it was. */
function momentOf(
  { schema, dialect, touched }: TableQuestion,
  moment: string,
  version: SqlFragment,
): Moment {
  const source = (table: TableInfo) =>
    name(touched.has(table.name) ? asOfName(table, moment) : table.name);
  const tables = [...schema.byName.values()].filter((table) => touched.has(table.name));
  return {
    compiler: { schema, dialect, source },
    ctes: tables.map((table) => asOf(table, moment, version)),
  };
}

function span({ since, until }: TableQuestion): Cte {
  const end = until === null ? sql`(SELECT version FROM _plasma_meta)` : bindInteger(until);
  return {
    name: "@span",
    body: sql`SELECT ${bindInteger(since ?? 0)} AS since, ${end} AS until`,
  };
}

function visible(
  question: TableQuestion,
  moment: Moment,
  alias: string,
  prefix: string,
): SqlFragment {
  const { rule, table } = question;
  if (rule.kind === "predicate") return question.dialect.truth(true);
  const aliases = newAliases(prefix);
  return compileRule(rule.condition, { table, alias }, { compiler: moment.compiler, aliases });
}

function snapshotOf(question: TableQuestion, condition: SqlFragment | null): Statement {
  const { table, dialect, after, limit } = question;
  const moment = afterOf(question);
  const allowed = condition ?? visible(question, moment, "row", "a");
  return withUsed(
    [span(question), ...moment.ctes],
    sql`SELECT ${readColumns(table, "row", dialect)} FROM ${moment.compiler.source(table)} AS "row" WHERE "row".id > ${bind(after)} AND ${allowed} ORDER BY "row".id LIMIT ${integer(limit + 1)}`,
  );
}

const CHANGED_SINCE = sql`_v > ${SINCE} AND _v <= ${UNTIL}`;

/** Of a rule that is a condition. */
function candidatesOf(question: TableQuestion, moments: Record<"before" | "after", Moment>): Cte[] {
  const { schema, dialect, table, rule, touched, after: beyond } = question;
  if (rule.kind === "predicate") return [];
  const { before, after } = moments;
  return candidates(
    {
      schema,
      dialect,
      touched,
      before: before.compiler,
      after: after.compiler,
      since: SINCE,
      until: UNTIL,
    },
    { table, rule: rule.condition, beyond },
  );
}

function putsOf(question: TableQuestion): Statement {
  const { table, dialect, limit } = question;
  const [before, after] = [beforeOf(question), afterOf(question)];
  const history = name(historyTable(table.name));
  return withUsed(
    [span(question), ...before.ctes, ...after.ctes, ...candidatesOf(question, { before, after })],
    sql`SELECT ${readColumns(table, "row", dialect)}
      FROM "@candidates" AS candidate ${dialect.joinInOrder} ${after.compiler.source(table)} AS "row" ON "row".id = candidate.id
      WHERE ${visible(question, after, "row", "a")} AND (
        EXISTS (SELECT 1 FROM ${history} AS entry WHERE entry.id = candidate.id AND entry._v > ${SINCE} AND entry._v <= ${UNTIL})
        OR NOT EXISTS (SELECT 1 FROM ${before.compiler.source(table)} AS old WHERE old.id = candidate.id AND ${visible(question, before, "old", "b")})
      )
      ORDER BY candidate.id LIMIT ${integer(limit + 1)}`,
  );
}

function delsOf(question: TableQuestion): Statement {
  const { table, dialect, limit } = question;
  const [before, after] = [beforeOf(question), afterOf(question)];
  return withUsed(
    [span(question), ...before.ctes, ...after.ctes, ...candidatesOf(question, { before, after })],
    sql`SELECT candidate.id AS id
      FROM "@candidates" AS candidate ${dialect.joinInOrder} ${before.compiler.source(table)} AS old ON old.id = candidate.id
      WHERE ${visible(question, before, "old", "b")}
        AND NOT EXISTS (SELECT 1 FROM ${after.compiler.source(table)} AS "row" WHERE "row".id = candidate.id AND ${visible(question, after, "row", "a")})
      ORDER BY candidate.id LIMIT ${integer(limit + 1)}`,
  );
}

function predicateImages(question: TableQuestion): Statement[] {
  const { table, dialect, after: lastId, limit } = question;
  const [before, after] = [beforeOf(question), afterOf(question)];
  const page: Cte = {
    name: "@candidates",
    materialized: true,
    body: sql`SELECT DISTINCT id FROM ${log(question, table)} WHERE ${CHANGED_SINCE} AND id > ${bind(lastId)} ORDER BY id LIMIT ${integer(limit + 1)}`,
  };
  const image = (moment: Moment) =>
    withUsed(
      [span(question), ...moment.ctes, page],
      sql`SELECT ${readColumns(table, "row", dialect)} FROM "@candidates" AS candidate ${dialect.joinInOrder} ${moment.compiler.source(table)} AS "row" ON "row".id = candidate.id`,
    );
  return [
    withUsed([span(question), page], sql`SELECT id FROM "@candidates" ORDER BY id`),
    image(before),
    image(after),
  ];
}
