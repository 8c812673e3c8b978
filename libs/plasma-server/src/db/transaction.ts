/**
 * The database as a mutation sees it: the stored rows, with its own writes over them.
 *
 * 1. `restricted` reads what the person may read, subqueries included, and writes what they may write. `unrestricted`
 *    asks no rules. Both share one overlay.
 * 2. Nothing is written before the commit; the commit fails if anything at all was committed since the transaction's
 *    first read. So reads need not be from one snapshot.
 * 3. A write is judged in SQL, in one query, against the state just before it.
 * 4. Operations of both run one after another, also when a mutator does not wait for them: two writes of one row must
 *    see each other.
 * 5. If a read fails, the transaction has failed, even when the mutator catches the error and goes on.
 */

import {
  executeWrite,
  PlasmaAuthorizationError,
  PlasmaError,
  requireTable,
  tablesOfCondition,
} from "@sh1n4ps/plasma-core";
import type {
  AuthorizePolicy,
  Condition,
  Row,
  RowChange,
  Schema,
  SelectAst,
  SelectRunner,
  TableInfo,
  WriteRunner,
  WriteStore,
} from "@sh1n4ps/plasma-core";
import { StorageFailure } from "../errors.ts";
import { compileSelect, newAliases } from "../sql/compile.ts";
import type { Compiler } from "../sql/compile.ts";
import { dialectOf } from "../sql/dialect-of.ts";
import type { SqlDialect } from "../sql/dialect.ts";
import type { SqlExecutor, SqlRow, Statement } from "../sql/executor.ts";
import { bind, columnOf, name, sql, withCtes } from "../sql/fragment.ts";
import type { Cte, SqlFragment } from "../sql/fragment.ts";
import { readColumns, rowFromSql, rowsToJson, selectJsonRows } from "../sql/row-codec.ts";
import { createOverlay } from "./overlay.ts";
import type { Overlay } from "./overlay.ts";
import { bindRules, compileRule } from "./rules.ts";
import type { Rules } from "./rules.ts";

export interface TransactionOptions {
  readonly schema: Schema;
  readonly executor: SqlExecutor;
  readonly ctx: unknown;
  readonly policy: AuthorizePolicy;
}

export type QueryRunner = SelectRunner & WriteRunner;

export interface Transaction {
  /** Reads and writes what the person may. */
  readonly restricted: QueryRunner;
  /** Asks no rules. */
  readonly unrestricted: QueryRunner;
  /** The net changes so far. */
  changes(): RowChange[];
  /** Ends it: whoever still holds one of its databases gets an error. Throws if a read has failed. */
  close(): void;
}

export function openTransaction(options: TransactionOptions): Transaction {
  const { schema, executor, ctx, policy } = options;
  const dialect = dialectOf(executor);
  const overlay = createOverlay(schema, dialect);
  const rules = bindRules(ctx, policy);
  let state: { kind: "open" } | { kind: "closed" } | { kind: "failed"; failure: StorageFailure } = {
    kind: "open",
  };
  let queue: Promise<unknown> = Promise.resolve();

  const read = async (statement: Statement): Promise<SqlRow[]> => {
    checkParameters(statement);
    try {
      return await executor.all(statement);
    } catch (cause) {
      const failure = new StorageFailure("A query of a mutation failed.", { cause });
      if (state.kind === "open") state = { kind: "failed", failure };
      throw failure;
    }
  };
  const runner = (restricted: boolean): QueryRunner => {
    const reader: Reader = { schema, dialect, overlay, rules: restricted ? rules : null, read };
    const store = writeStore(reader);
    const inTurn = <T>(operation: () => Promise<T>): Promise<T> => {
      const result = queue.then(() => {
        if (state.kind === "open") return operation();
        if (state.kind === "failed") throw state.failure;
        throw new PlasmaError(
          "transaction-over",
          "The mutation is over. Await every query and write in the mutator.",
        );
      });
      queue = result.catch(() => undefined);
      return result;
    };
    return {
      select: (query) => inTurn(() => store.select(query)),
      write: (write) => inTurn(() => executeWrite(schema, store, write)),
    };
  };
  return {
    restricted: runner(true),
    unrestricted: runner(false),
    changes: () => overlay.changes(),
    close() {
      if (state.kind === "failed") throw state.failure;
      state = { kind: "closed" };
    },
  };
}

/** D1's limit; a typed error is better than a database's. */
const MAX_PARAMETERS = 100;

function checkParameters(statement: Statement): void {
  if (statement.params.length <= MAX_PARAMETERS) return;
  throw new PlasmaError(
    "query-too-complex",
    `A query with its rules has ${statement.params.length} values, and at most ${MAX_PARAMETERS} fit. Use inArray() for lists of values.`,
  );
}

interface Reader {
  readonly schema: Schema;
  readonly dialect: SqlDialect;
  readonly overlay: Overlay;
  /** Null for an unrestricted reader. */
  readonly rules: Rules | null;
  read(statement: Statement): Promise<SqlRow[]>;
}

function writeStore(reader: Reader): WriteStore {
  const { schema, overlay } = reader;
  return {
    select: (query) => select(reader, query),
    async get(tableName, id) {
      const written = overlay.get(tableName, id);
      if (written !== undefined) return written ?? undefined;
      const table = requireTable(schema, tableName);
      const [row] = await readRows(reader, table, sql`${columnOf("t", "id")} = ${bind(id)}`);
      return row;
    },
    referencing: (tableName, column, id) =>
      readRows(
        reader,
        requireTable(schema, tableName),
        sql`${columnOf("t", column)} = ${bind(id)}`,
      ),
    authorize: (table, changes) => authorize(reader, table, changes),
    apply: (change) => overlay.apply(change),
  };
}

/** Rows that meet a condition on `t`, whoever may read them. */
async function readRows(reader: Reader, table: TableInfo, condition: SqlFragment): Promise<Row[]> {
  const { dialect, overlay } = reader;
  const query = sql`SELECT ${readColumns(table, "t", dialect)} FROM ${overlay.source(table)} AS t WHERE ${condition} ORDER BY t.id`;
  const rows = await reader.read(sql`${withCtes(overlay.ctes())}${query}`);
  return rows.map((row) => rowFromSql(table, row));
}

async function select(reader: Reader, query: SelectAst): Promise<Row[]> {
  const { schema, overlay, rules } = reader;
  const table = requireTable(schema, query.from.table);
  const compiler = await personalCompiler(reader, query.where);
  const rule = rules?.of(table, "read");
  const predicate = rule?.kind === "predicate" ? rule : null;
  const asked = predicate ? { ...query, limit: null, offset: 0 } : query;
  const compiled = compileSelect(asked, {
    compiler,
    also: (alias, aliases) =>
      rule?.kind === "expression"
        ? compileRule(rule.condition, { table, alias }, { compiler, aliases })
        : null,
  });
  const stored = await reader.read(sql`${withCtes(overlay.ctes())}${compiled}`);
  const rows = stored.map((row) => rowFromSql(table, row));
  if (!predicate) return rows;
  const end = query.limit === null ? undefined : query.offset + query.limit;
  return rows.filter((row) => predicate.allows(row)).slice(query.offset, end);
}

/** A compiler whose subqueries see what the person may read. */
async function personalCompiler(reader: Reader, where: Condition | null): Promise<Compiler> {
  const { schema, dialect, overlay, rules } = reader;
  const compiler: Compiler = { schema, dialect, source: (table) => overlay.source(table) };
  if (!rules || !where) return compiler;
  // A predicate cannot be asked from within SQL: its tables are read beforehand.
  const readable = new Map<string, SqlFragment>();
  for (const tableName of tablesOfCondition(where)) {
    const table = requireTable(schema, tableName);
    const rule = rules.of(table, "read");
    if (rule.kind !== "predicate") continue;
    const rows = await readRows(reader, table, sql`1`);
    const ids = rows.filter((row) => rule.allows(row)).map((row) => row["id"] as string);
    readable.set(tableName, dialect.values(ids));
  }
  return {
    ...compiler,
    restrict(table, alias, aliases) {
      const rule = rules.of(table, "read");
      if (rule.kind === "expression")
        return compileRule(rule.condition, { table, alias }, { compiler, aliases });
      return sql`${columnOf(alias, "id")} IN (${readable.get(table.name)!})`;
    },
  };
}

async function authorize(
  reader: Reader,
  table: TableInfo,
  changes: readonly RowChange[],
): Promise<void> {
  const { schema, dialect, overlay, rules } = reader;
  const rule = rules?.of(table, "write");
  if (!rule || changes.length === 0) return;
  const images = changes.flatMap(({ before, after }) =>
    [before, after].filter((image) => image !== null),
  );
  if (rule.kind === "predicate") {
    if (images.every((image) => rule.allows(image))) return;
    throw new PlasmaAuthorizationError();
  }
  if (rule.condition.kind === "constant") {
    if (rule.condition.value) return;
    throw new PlasmaAuthorizationError();
  }
  const aliases = newAliases();
  const alias = aliases.next();
  const compiler: Compiler = { schema, dialect, source: (other) => overlay.source(other) };
  const allowed = compileRule(rule.condition, { table, alias }, { compiler, aliases });
  const judged: Cte = {
    name: "@images",
    body: selectJsonRows(table, rowsToJson(table, images, dialect), dialect),
  };
  const [refused] = await reader.read(
    sql`${withCtes([...overlay.ctes(), judged])}SELECT 1 FROM ${name("@images")} AS ${name(alias)} WHERE ${allowed} IS NOT TRUE LIMIT 1`,
  );
  if (refused) throw new PlasmaAuthorizationError();
}
