/**
 * The triggers that write the log on Postgres: nothing else does, so a row changed by any SQL is logged like one
 * changed by a mutation.
 *
 * 1. Rows are logged a statement at a time, from its transition tables.
 * 2. The history keeps the *first* pre-image of a row in each version: later ones find their place taken.
 * 3. All that a transaction writes has one version. The engine announces its own (`plasma.version`); a transaction that
 *    announces none takes the next one at its first write, and announces it to its later ones. Servers are notified of
 *    those, because nobody else tells them (`node/postgres-pokes.ts`).
 * 4. A version is taken under the lock, which is held until the commit (see `postgres-schema.ts`). It is taken before
 *    the first row is locked: whoever waits for it holds no row that its owner may want.
 * 5. TRUNCATE logs each row, as DELETE does.
 * 6. A column may be called like anything in a function: no variable begins like a column, and OLD and NEW give way.
 * 7. The functions find the tables where they were made, whatever `search_path` their caller has.
 */

import type { Statement } from "../sql/executor.ts";
import { columnOf, join, name, sql } from "../sql/fragment.ts";
import type { SqlFragment } from "../sql/fragment.ts";
import type { TableDescription } from "./description.ts";
import { historyTable } from "./history-names.ts";

/** One lock for each place in which a plasma database can lie. */
export const LOCK = sql`pg_advisory_xact_lock(hashtextextended('plasma:' || current_schema(), 0))`;

const NOW = sql`CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)`;

export const LOG_FUNCTIONS: readonly Statement[] = [
  sql`CREATE OR REPLACE FUNCTION _plasma_version() RETURNS bigint LANGUAGE plpgsql SET search_path FROM CURRENT AS $plasma$
DECLARE
  announced text := current_setting('plasma.version', true);
  taken bigint;
BEGIN
  IF announced <> '' THEN RETURN CAST(announced AS bigint); END IF;
  PERFORM ${LOCK};
  UPDATE _plasma_meta SET version = version + 1 RETURNING version INTO STRICT taken;
  INSERT INTO _plasma_versions (version, nonce, time)
    VALUES (taken, replace(CAST(gen_random_uuid() AS text), '-', ''), ${NOW});
  PERFORM set_config('plasma.version', CAST(taken AS text), true);
  PERFORM pg_notify('plasma_changed', current_schema());
  RETURN taken;
END $plasma$`,
  sql`CREATE OR REPLACE FUNCTION _plasma_begin() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $plasma$
BEGIN
  PERFORM _plasma_version();
  RETURN NULL;
END $plasma$`,
];

export function postgresTriggersOf(table: TableDescription): Statement[] {
  return [
    ...trigger(table, "begin", {
      when: sql`BEFORE INSERT OR UPDATE OR DELETE`,
      calls: sql`_plasma_begin()`,
    }),
    ...logged(table, "insert", {
      when: sql`AFTER INSERT`,
      sees: sql`REFERENCING NEW TABLE AS new_rows`,
      does: [keepNothing(table, sql`TRUE`), note(table, "new_rows", "put", sql`TRUE`)],
    }),
    ...logged(table, "update", {
      when: sql`AFTER UPDATE`,
      sees: sql`REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows`,
      does: [
        keep(table, sql`old_rows`),
        note(table, "old_rows", "del", without("old_rows", "new_rows")),
        keepNothing(table, without("new_rows", "old_rows")),
        note(table, "new_rows", "put", sql`TRUE`),
      ],
    }),
    ...logged(table, "delete", {
      when: sql`AFTER DELETE`,
      sees: sql`REFERENCING OLD TABLE AS old_rows`,
      does: [keep(table, sql`old_rows`), note(table, "old_rows", "del", sql`TRUE`)],
    }),
    ...logged(table, "truncate", {
      when: sql`BEFORE TRUNCATE`,
      sees: sql``,
      does: [keep(table, name(table.name)), note(table, table.name, "del", sql`TRUE`)],
    }),
  ];
}

const EVENTS = ["insert", "update", "delete", "truncate"] as const;

/** Of those that `postgresTriggersOf` makes. */
export function postgresTriggerNamesOf(table: TableDescription): string[] {
  return ["begin", ...EVENTS].map((event) => `${table.name}._plasma_${event}`);
}

export function dropPostgresTriggersOf(table: TableDescription): Statement[] {
  return [
    sql`DROP TRIGGER IF EXISTS _plasma_begin ON ${name(table.name)}`,
    ...EVENTS.flatMap((event) => [
      sql`DROP TRIGGER IF EXISTS ${name(`_plasma_${event}`)} ON ${name(table.name)}`,
      sql`DROP FUNCTION IF EXISTS ${name(`_plasma_${event}_${table.name}`)}()`,
    ]),
  ];
}

interface LoggedEvent {
  readonly when: SqlFragment;
  readonly sees: SqlFragment;
  readonly does: readonly SqlFragment[];
}

function logged(table: TableDescription, event: string, { when, sees, does }: LoggedEvent) {
  const call = sql`${name(`_plasma_${event}_${table.name}`)}()`;
  return [
    sql`CREATE OR REPLACE FUNCTION ${call} RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $plasma$
#variable_conflict use_column
DECLARE
  _version bigint := _plasma_version();
BEGIN${join(does, "")}
  RETURN NULL;
END $plasma$`,
    ...trigger(table, event, { when, sees, calls: call }),
  ];
}

function trigger(
  table: TableDescription,
  event: string,
  body: { readonly when: SqlFragment; readonly sees?: SqlFragment; readonly calls: SqlFragment },
): Statement[] {
  const label = name(`_plasma_${event}`);
  return [
    sql`DROP TRIGGER IF EXISTS ${label} ON ${name(table.name)}`,
    sql`CREATE TRIGGER ${label} ${body.when} ON ${name(table.name)} ${body.sees ?? sql``} FOR EACH STATEMENT EXECUTE FUNCTION ${body.calls}`,
  ];
}

function note(
  table: TableDescription,
  rows: string,
  op: "put" | "del",
  which: SqlFragment,
): SqlFragment {
  return sql`
  INSERT INTO _plasma_changes (version, table_name, row_id, op, time, origin_client, origin_mutation)
    SELECT _version, ${text(table.name)}, id, ${text(op)}, ${NOW}, nullif(current_setting('plasma.client', true), ''),
      CAST(nullif(current_setting('plasma.mutation', true), '') AS bigint)
    FROM ${name(rows)} WHERE ${which}
    ON CONFLICT (region, version, table_name, row_id) DO UPDATE SET op = excluded.op;`;
}

function keep(table: TableDescription, rows: SqlFragment): SqlFragment {
  return sql`
  INSERT INTO ${name(historyTable(table.name))} (_v, _present, ${columns(table)})
    SELECT _version, 1, ${columns(table)} FROM ${rows}
    ON CONFLICT (id, _v) DO NOTHING;`;
}

/** The rows were not there before, unless the history says otherwise already. */
function keepNothing(table: TableDescription, which: SqlFragment): SqlFragment {
  return sql`
  INSERT INTO ${name(historyTable(table.name))} (_v, _present, id)
    SELECT _version, 0, id FROM new_rows WHERE ${which}
    ON CONFLICT (id, _v) DO NOTHING;`;
}

/** The rows of one transition table whose ids are not in the other. */
function without(rows: string, others: string): SqlFragment {
  return sql`NOT EXISTS (SELECT 1 FROM ${name(others)} AS other WHERE other.id = ${columnOf(rows, "id")})`;
}

function columns(table: TableDescription): SqlFragment {
  return join(table.columns.map((column) => name(column.name)));
}

/** A name from the schema as text: letters, digits and underscores only. */
function text(value: string): SqlFragment {
  return { text: `'${value}'`, params: [] };
}
