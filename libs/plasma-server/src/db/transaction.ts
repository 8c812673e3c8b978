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
 * 5. Updates through `restricted` are asked about where somebody else was faster (`conflicts.ts`), if it is known who
 *    writes; what is written unrestricted is the server's own.
 * 6. If a read fails, the transaction has failed, even when the mutator catches the error and goes on.
 */

import {
  executeWrite,
  PlasmaAuthorizationError,
  PlasmaError,
  requireTable,
  tablesOfCondition,
  tablesOfSelect,
} from "@sh1n4ps/plasma-core";
import type {
  AuthorizePolicy,
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
import type { ReadStatement, SqlExecutor } from "../sql/executor.ts";
import { columnOf, name, sql, withCtes } from "../sql/fragment.ts";
import type { Cte, SqlFragment } from "../sql/fragment.ts";
import { resultFromSql } from "../sql/result-codec.ts";
import { readColumns, rowFromSql } from "../sql/row-codec.ts";
import { selectRows } from "../sql/row-list.ts";
import { createConflicts } from "./conflicts.ts";
import type { Conflicts, ConflictSource } from "./conflicts.ts";
import type { FullScanWatch } from "./full-scans.ts";
import { createOverlay } from "./overlay.ts";
import type { Overlay } from "./overlay.ts";
import { bindRules, compileRule } from "./rules.ts";
import type { Rules } from "./rules.ts";
import { tooLarge } from "./too-large.ts";

export interface TransactionOptions {
  readonly schema: Schema;
  readonly executor: SqlExecutor;
  readonly ctx: unknown;
  readonly policy: AuthorizePolicy;
  /** Is shown every query. */
  readonly fullScans?: FullScanWatch | undefined;
  /** Without it, `resolveConflict` is not asked. */
  readonly conflicts?: ConflictSource | undefined;
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
  const { schema, executor, ctx, policy, fullScans } = options;
  const dialect = dialectOf(executor);
  const overlay = createOverlay(schema, dialect);
  const rules = bindRules(ctx, policy);
  let state: { kind: "open" } | { kind: "closed" } | { kind: "failed"; failure: StorageFailure } = {
    kind: "open",
  };
  let queue: Promise<unknown> = Promise.resolve();

  const read: ReadStatement = async (statement) => {
    try {
      return await executor.all(statement);
    } catch (cause) {
      if (dialect.isOverflow(cause)) {
        throw new PlasmaError(
          "overflow",
          "A sum is too large for its type. Sum a bigint column instead, or fewer rows.",
          { cause },
        );
      }
      if (dialect.refusalOf(cause) === "too-large") throw tooLarge(cause);
      const failure = new StorageFailure("A query of a mutation failed.", { cause });
      if (state.kind === "open") state = { kind: "failed", failure };
      throw failure;
    }
  };
  const source = options.conflicts;
  const runner = (restricted: boolean): QueryRunner => {
    const asked = restricted ? rules : null;
    const reader: Reader = { schema, dialect, overlay, rules: asked, read, fullScans };
    const conflicts =
      source && restricted ? createConflicts({ schema, dialect, ctx, rules, source, read }) : null;
    const store = writeStore(reader, conflicts);
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

interface Reader {
  readonly schema: Schema;
  readonly dialect: SqlDialect;
  readonly overlay: Overlay;
  /** Null for an unrestricted reader. */
  readonly rules: Rules | null;
  readonly read: ReadStatement;
  readonly fullScans: FullScanWatch | undefined;
}

function writeStore(reader: Reader, conflicts: Conflicts | null): WriteStore {
  const { schema, dialect, overlay } = reader;
  return {
    select: (query) => select(reader, query),
    rowsWith: (tableName, column, values) =>
      readRows(
        reader,
        requireTable(schema, tableName),
        sql`${columnOf("t", column)} IN (${dialect.values(values)})`,
      ),
    authorize: (table, changes) => authorize(reader, table, changes),
    ...(conflicts && { resolve: (table, changes) => conflicts.resolve(table, changes) }),
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
  const { schema, rules } = reader;
  const predicate = predicateOf(reader, query);
  if (!predicate) {
    const readable = rules ? await readableIds(reader, rules, tablesOfSelect(query)) : null;
    return run(reader, query, readable);
  }
  // Asked of the rows that are found, and only then is the window cut.
  const table = requireTable(schema, predicate.table);
  const others = tablesOfCondition(query.where);
  const readable = rules ? await readableIds(reader, rules, others) : null;
  const asked = { ...query, limit: null, offset: 0 };
  const rows = await run(reader, asked, { ids: readable?.ids ?? new Map(), open: table.name });
  const end = query.limit === null ? undefined : query.offset + query.limit;
  return rows.filter((row) => predicate.allows(row)).slice(query.offset, end);
}

/** The predicate that decides about the rows of a query for whole rows of one table, if it is that simple. */
function predicateOf(
  { rules, schema }: Reader,
  { from, joins, projection, distinct, where }: SelectAst,
): { readonly table: string; readonly allows: (row: Row) => boolean } | null {
  if (!rules || from.kind !== "table" || joins.length > 0 || projection || distinct) return null;
  // Its table in a subquery as well: then each place needs the decision.
  if (tablesOfCondition(where).has(from.table)) return null;
  const rule = rules.of(requireTable(schema, from.table), "read");
  return rule.kind === "predicate" ? { table: from.table, allows: rule.allows } : null;
}

/** What a predicate allows cannot be asked from within SQL, so the ids are found beforehand. */
interface Readable {
  readonly ids: ReadonlyMap<string, SqlFragment>;
  /** A table whose rows are judged afterwards. */
  readonly open?: string;
}

async function readableIds(
  reader: Reader,
  rules: Rules,
  tables: ReadonlySet<string>,
): Promise<Readable> {
  const ids = new Map<string, SqlFragment>();
  for (const tableName of tables) {
    const table = requireTable(reader.schema, tableName);
    const rule = rules.of(table, "read");
    if (rule.kind !== "predicate") continue;
    const rows = await readRows(reader, table, reader.dialect.truth(true));
    const allowed = rows.filter((row) => rule.allows(row)).map((row) => row["id"] as string);
    ids.set(tableName, reader.dialect.values(allowed));
  }
  return { ids };
}

async function run(reader: Reader, query: SelectAst, readable: Readable | null): Promise<Row[]> {
  const { schema, dialect, overlay, rules } = reader;
  const compiler: Compiler = { schema, dialect, source: (table) => overlay.source(table) };
  const { statement, analyzed } = compileSelect(query, {
    ...compiler,
    restrict(table, alias, aliases) {
      if (!rules || table.name === readable?.open) return null;
      const rule = rules.of(table, "read");
      if (rule.kind === "expression") {
        return compileRule(rule.condition, { table, alias }, { compiler, aliases });
      }
      return sql`${columnOf(alias, "id")} IN (${readable!.ids.get(table.name)!})`;
    },
  });
  const stored = await reader.read(sql`${withCtes(overlay.ctes())}${statement}`);
  await reader.fullScans?.look(query, rules);
  return stored.map((row) => resultFromSql(analyzed, row));
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
    body: selectRows(table, images, dialect),
  };
  const [refused] = await reader.read(
    sql`${withCtes([...overlay.ctes(), judged])}SELECT 1 FROM ${name("@images")} AS ${name(alias)} WHERE ${allowed} IS NOT TRUE LIMIT 1`,
  );
  if (refused) throw new PlasmaAuthorizationError();
}
