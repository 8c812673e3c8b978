/**
 * The triggers that write the log on SQLite: nothing else does, so a row changed by any SQL is logged like one changed by a
 * mutation.
 *
 * 1. The history keeps the *first* pre-image of a row in each version: later ones find their place taken.
 * 2. Inside an engine commit the version was announced (`_plasma_origin_context` has its row). A trigger that finds
 *    no announcement takes a version of its own. What a commit mostly does has triggers of its own that do no more than
 *    that takes (`…_in_commit`): they are a good part of what a mutation costs.
 * 3. REPLACE removes rows without a delete trigger. What an insert might replace, by id or by a unique column, is
 *    logged before it; for rows that stay after all, that entry is harmless. The same goes for an update that may
 *    replace others.
 * 4. `ON CONFLICT … DO NOTHING` and `DO UPDATE`, never `OR IGNORE`: the conflict clause of the statement that fired
 *    the trigger overrides the latter.
 */

import type { Statement } from "../sql/executor.ts";
import { columnOf, join, name, sql, tree } from "../sql/fragment.ts";
import type { SqlFragment } from "../sql/fragment.ts";
import type { TableDescription } from "./description.ts";
import { historyTable } from "./history-names.ts";

const NOW = sql`CAST(unixepoch('subsec') * 1000 AS INTEGER)`;

const TAKE_VERSION = sql`
    UPDATE _plasma_meta SET version = version + 1 WHERE NOT EXISTS (SELECT 1 FROM _plasma_origin_context);
    INSERT INTO _plasma_versions (version, nonce, time)
      SELECT version, lower(hex(randomblob(16))), ${NOW} FROM _plasma_meta
      WHERE NOT EXISTS (SELECT 1 FROM _plasma_origin_context);`;

const IN_COMMIT = sql`EXISTS (SELECT 1 FROM _plasma_origin_context)`;
const SAME_ID = sql`${columnOf("NEW", "id")} = ${columnOf("OLD", "id")}`;

export function triggersOf(table: TableDescription): Statement[] {
  const on = name(table.name);
  const replaceable = [
    "id",
    ...table.columns.filter((column) => column.unique).map((column) => column.name),
  ];
  const inTheWay = tree(
    replaceable.map((column) => sql`${name(column)} = ${columnOf("NEW", column)}`),
    "OR",
  );
  const others = sql`id <> ${columnOf("OLD", "id")} AND ${inTheWay}`;
  return [
    ...trigger(table, "replace", {
      when: sql`BEFORE INSERT ON ${on} WHEN EXISTS (SELECT 1 FROM ${on} WHERE ${inTheWay})`,
      does: [TAKE_VERSION, keepRows(table, inTheWay), noteRows(table, inTheWay)],
    }),
    ...trigger(table, "insert", {
      when: sql`AFTER INSERT ON ${on} WHEN NOT ${IN_COMMIT}`,
      does: [TAKE_VERSION, keepNothing(table), note(table, "NEW", "put")],
    }),
    ...trigger(table, "replace_by_update", {
      when: sql`BEFORE UPDATE OF ${join(replaceable.map(name))} ON ${on} WHEN EXISTS (SELECT 1 FROM ${on} WHERE ${others})`,
      does: [TAKE_VERSION, keepRows(table, others), noteRows(table, others)],
    }),
    ...trigger(table, "update", {
      when: sql`AFTER UPDATE ON ${on} WHEN NOT (${IN_COMMIT} AND ${SAME_ID})`,
      does: [
        TAKE_VERSION,
        keepOld(table),
        note(table, "OLD", "del"),
        keepNothing(table),
        note(table, "NEW", "put"),
      ],
    }),
    ...trigger(table, "delete", {
      when: sql`AFTER DELETE ON ${on} WHEN NOT ${IN_COMMIT}`,
      does: [TAKE_VERSION, keepOld(table), note(table, "OLD", "del")],
    }),
    ...trigger(table, "insert_in_commit", {
      when: sql`AFTER INSERT ON ${on} WHEN ${IN_COMMIT}`,
      does: [keepNothing(table), noteInCommit(table, "NEW", "put")],
    }),
    ...trigger(table, "update_in_commit", {
      when: sql`AFTER UPDATE ON ${on} WHEN ${IN_COMMIT} AND ${SAME_ID}`,
      does: [keepOld(table), noteInCommit(table, "NEW", "put")],
    }),
    ...trigger(table, "delete_in_commit", {
      when: sql`AFTER DELETE ON ${on} WHEN ${IN_COMMIT}`,
      does: [keepOld(table), noteInCommit(table, "OLD", "del")],
    }),
    ...table.columns.flatMap((column) => (column.requiredBy ? requiring(table, column.name) : [])),
  ];
}

export function dropTriggersOf(table: TableDescription): Statement[] {
  return triggerNamesOf(table).map((label) => sql`DROP TRIGGER IF EXISTS ${name(label)}`);
}

/** Of those that `triggersOf` makes. */
export function triggerNamesOf(table: TableDescription): string[] {
  const events = [
    ...["replace", "insert", "replace_by_update", "update", "delete"],
    ...["insert_in_commit", "update_in_commit", "delete_in_commit"],
  ];
  for (const column of table.columns) {
    if (column.requiredBy)
      events.push(...REQUIRING.map((event) => requirement(event, column.name)));
  }
  return events.map((event) => triggerName(table, event));
}

const REQUIRING = ["INSERT", "UPDATE"] as const;

/** NOT NULL for a column that was there before: in the words of SQLite's own, so that it is told from nothing else. */
function requiring(table: TableDescription, column: string): Statement[] {
  return REQUIRING.flatMap((event) => {
    const label = name(triggerName(table, requirement(event, column)));
    const when: SqlFragment = { text: `BEFORE ${event} ON`, params: [] };
    return [
      sql`DROP TRIGGER IF EXISTS ${label}`,
      sql`CREATE TRIGGER ${label} ${when} ${name(table.name)} WHEN ${columnOf("NEW", column)} IS NULL BEGIN
    SELECT RAISE(ABORT, ${text(`NOT NULL constraint failed: ${table.name}.${column}`)});
  END`,
    ];
  });
}

function requirement(event: (typeof REQUIRING)[number], column: string): string {
  return `${event.toLowerCase()}_requires_${column}`;
}

function triggerName(table: TableDescription, event: string): string {
  return `_plasma_${table.name}$${event}`;
}

function trigger(
  table: TableDescription,
  event: string,
  body: { readonly when: SqlFragment; readonly does: readonly SqlFragment[] },
): Statement[] {
  const label = name(triggerName(table, event));
  return [
    sql`DROP TRIGGER IF EXISTS ${label}`,
    sql`CREATE TRIGGER ${label} ${body.when} BEGIN${join(body.does, "")}
  END`,
  ];
}

const CHANGE_COLUMNS = sql`(version, table_name, row_id, op, time, origin_client, origin_mutation)`;
const ORIGIN = sql`${NOW}, (SELECT client_id FROM _plasma_origin_context), (SELECT mutation_id FROM _plasma_origin_context)`;
const LAST_OP_WINS = sql`ON CONFLICT (region, version, table_name, row_id) DO UPDATE SET op = excluded.op;`;

function note(table: TableDescription, row: "OLD" | "NEW", op: "put" | "del"): SqlFragment {
  return sql`
    INSERT INTO _plasma_changes ${CHANGE_COLUMNS}
      SELECT version, ${text(table.name)}, ${columnOf(row, "id")}, ${text(op)}, ${ORIGIN} FROM _plasma_meta WHERE 1
      ${LAST_OP_WINS}`;
}

function noteInCommit(table: TableDescription, row: "OLD" | "NEW", op: "put" | "del"): SqlFragment {
  return sql`
    INSERT INTO _plasma_changes ${CHANGE_COLUMNS}
      SELECT version, ${text(table.name)}, ${columnOf(row, "id")}, ${text(op)}, ${NOW}, client_id, mutation_id
      FROM _plasma_meta, _plasma_origin_context WHERE 1
      ${LAST_OP_WINS}`;
}

/** `touch`: it may be replaced, or not. */
function noteRows(table: TableDescription, which: SqlFragment): SqlFragment {
  return sql`
    INSERT INTO _plasma_changes ${CHANGE_COLUMNS}
      SELECT (SELECT version FROM _plasma_meta), ${text(table.name)}, id, 'touch', ${ORIGIN}
      FROM ${name(table.name)} WHERE ${which}
      ${LAST_OP_WINS}`;
}

function keepRows(table: TableDescription, which: SqlFragment): SqlFragment {
  return sql`
    INSERT INTO ${history(table)} (_v, _present, ${columns(table)})
      SELECT (SELECT version FROM _plasma_meta), 1, ${columns(table)} FROM ${name(table.name)} WHERE ${which}
      ON CONFLICT (id, _v) DO NOTHING;`;
}

function keepOld(table: TableDescription): SqlFragment {
  const old = join(table.columns.map((column) => columnOf("OLD", column.name)));
  return sql`
    INSERT INTO ${history(table)} (_v, _present, ${columns(table)})
      SELECT version, 1, ${old} FROM _plasma_meta WHERE 1
      ON CONFLICT (id, _v) DO NOTHING;`;
}

/** The row was not there before, unless the history says otherwise already. */
function keepNothing(table: TableDescription): SqlFragment {
  return sql`
    INSERT INTO ${history(table)} (_v, _present, id)
      SELECT version, 0, NEW.id FROM _plasma_meta WHERE 1
      ON CONFLICT (id, _v) DO NOTHING;`;
}

function history(table: TableDescription): SqlFragment {
  return name(historyTable(table.name));
}

function columns(table: TableDescription): SqlFragment {
  return join(table.columns.map((column) => name(column.name)));
}

/** Names from the schema as text: letters, digits and underscores, and words of ours around them. */
function text(value: string): SqlFragment {
  return { text: `'${value}'`, params: [] };
}
