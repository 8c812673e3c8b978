/**
 * A database that looks like Cloudflare's D1 to whoever uses it: its limits, its errors, its results, and no transaction but
 * `batch()`. That its network fails is what the simulated server adds to any database.
 */

import type { D1Like } from "@sh1n4ps/plasma-server";
import type Database from "better-sqlite3";

type D1Statement = ReturnType<D1Like["prepare"]>;
type Execute = () => {
  readonly success: true;
  readonly results: readonly unknown[];
  readonly meta: { readonly changes: number };
};

const MAX_PARAMETERS = 100;
const MAX_STATEMENT_BYTES = 100_000;
const MAX_VALUE_BYTES = 2_000_000;

export function d1Over(database: Database.Database): D1Like {
  database.pragma("foreign_keys = ON");
  const prepared = new Map<string, Database.Statement>();
  const executions = new WeakMap<D1Statement, Execute>();

  const prepare = (text: string) => {
    let statement = prepared.get(text);
    if (!statement) prepared.set(text, (statement = database.prepare(text)));
    return statement;
  };
  const execute = (text: string, params: readonly unknown[]): ReturnType<Execute> => {
    requireRoom(text, params);
    const statement = prepare(text);
    const bound = boundFor(text, params);
    const results = statement.reader ? statement.all(...bound).map(asSent) : [];
    const changes = statement.reader ? 0 : statement.run(...bound).changes;
    return { success: true, results, meta: { changes } };
  };
  const statementOf = (text: string, params: readonly unknown[]): D1Statement => {
    const run = async () => answerOf(() => execute(text, params));
    const bind = (...given: unknown[]) => statementOf(text, given.map(requireBindable));
    const statement = { bind, all: run, run };
    executions.set(statement, () => execute(text, params));
    return statement;
  };
  return {
    prepare: (text) => statementOf(text, []),
    batch: async (statements) => {
      const all = statements.map((statement) => executions.get(statement)!);
      return answerOf(database.transaction(() => all.map((run) => run())));
    },
  };
}

/** Nothing but a message comes back over the line. */
function answerOf<T>(ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    const { message, code = "SQLITE_ERROR" } = error as Error & { code?: string };
    throw new Error(message.startsWith("D1_") ? message : `D1_ERROR: ${message}: ${code}`);
  }
}

function requireBindable(value: unknown): unknown {
  if (value === null || typeof value === "string" || typeof value === "number") return value;
  throw new Error(
    `D1_TYPE_ERROR: Type '${typeof value}' not supported for value '${String(value)}'`,
  );
}

function requireRoom(text: string, params: readonly unknown[]): void {
  if (params.length > MAX_PARAMETERS)
    throw new Error("D1_ERROR: too many SQL variables: SQLITE_ERROR");
  if (Buffer.byteLength(text) > MAX_STATEMENT_BYTES)
    throw new Error("D1_ERROR: statement too long: SQLITE_TOOBIG");
  const isTooBig = (value: unknown) =>
    typeof value === "string" && Buffer.byteLength(value) > MAX_VALUE_BYTES;
  if (params.some(isTooBig)) throw new Error("D1_ERROR: string or blob too big: SQLITE_TOOBIG");
}

/** better-sqlite3 takes those of `?1` by their numbers. */
function boundFor(text: string, params: readonly unknown[]): readonly unknown[] {
  if (!/\?\d/.test(text)) return params;
  return [Object.fromEntries(params.map((value, at) => [at + 1, value]))];
}

/** Bytes arrive as a list of numbers. */
function asSent(row: unknown): unknown {
  const cells = Object.entries(row as Readonly<Record<string, unknown>>);
  if (!cells.some(([, value]) => value instanceof Uint8Array)) return row;
  return Object.fromEntries(
    cells.map(([column, value]) => [column, value instanceof Uint8Array ? [...value] : value]),
  );
}
