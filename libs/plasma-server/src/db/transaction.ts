/**
 * The database as a mutation sees it: the stored rows, with its own writes over them.
 *
 * 1. `restricted` reads what the person may read, subqueries included, and writes what they may write. `unrestricted`
 *    asks no rules. Both share one overlay.
 * 2. Nothing is written before the commit; the commit fails if anything at all was committed since the transaction's
 *    first read. So reads need not be from one snapshot.
 * 3. A write is judged against the state just before it: by a rule that looks at the row alone in memory, by any other
 *    in SQL, in one query. Likewise a query for one row by its id, which most writes are, is answered in memory.
 * 4. Operations of both run one after another, also when a mutator does not wait for them: two writes of one row must
 *    see each other.
 * 5. Updates through `restricted` are asked about where somebody else was faster (`conflicts.ts`), if it is known who
 *    writes; what is written unrestricted is the server's own.
 * 6. An optimistic transaction takes what an insert wants to be free for free, without a look. The commit looks, and refuses
 *    if it was not; then all has to run again, looking itself. Likewise where the mutator itself has refused something.
 * 7. Tables that stay on the device are empty here, and writes to them are skipped.
 * 8. If a read fails, the transaction has failed, even when the mutator catches the error and goes on.
 */

import {
  analyzeSelect,
  evaluateCondition,
  executeWrite,
  isLocalOnly,
  PlasmaAuthorizationError,
  PlasmaError,
  requireTable,
  RULE_ROW,
  syncedSchema,
  tablesOfCondition,
  tablesOfSelect,
} from "@sh1n4ps/plasma-core";
import type {
  BoundRule,
  Condition,
  Row,
  RowChange,
  Schema,
  MutatorRunner,
  SelectAst,
  TableInfo,
  Value,
  WriteStore,
} from "@sh1n4ps/plasma-core";
import { StorageFailure } from "../errors.ts";
import { compileSelect, newAliases } from "../sql/compile.ts";
import type { Compiler } from "../sql/compile.ts";
import { dialectOf } from "../sql/dialect-of.ts";
import type { SqlDialect } from "../sql/dialect.ts";
import type { ReadStatement, SqlExecutor } from "../sql/executor.ts";
import { bind, columnOf, name, sql, withCtes } from "../sql/fragment.ts";
import type { Cte, SqlFragment } from "../sql/fragment.ts";
import { resultFromSql } from "../sql/result-codec.ts";
import { readColumns, rowFromSql } from "../sql/row-codec.ts";
import { selectRows } from "../sql/row-list.ts";
import { createConflicts } from "./conflicts.ts";
import type { Conflicts, ConflictSource } from "./conflicts.ts";
import type { FullScanWatch } from "./full-scans.ts";
import { createOverlay } from "./overlay.ts";
import type { Overlay } from "./overlay.ts";
import { asksForIdAlone, hasSubquery, idOfLookup, tableOfLookup } from "./lookup.ts";
import { checkRule, compileRule } from "./rules.ts";
import type { Rules } from "./rules.ts";
import { queryTooLarge } from "./too-large.ts";

export interface TransactionOptions {
  readonly schema: Schema;
  readonly executor: SqlExecutor;
  readonly ctx: unknown;
  /** Those of `ctx`. */
  readonly rules: Rules;
  /** Is shown every query. */
  readonly fullScans?: FullScanWatch | undefined;
  /** Without it, `resolveConflict` is not asked. */
  readonly conflicts?: ConflictSource | undefined;
  /** What was written before it and is not committed yet. Default: nothing. */
  readonly overlay?: Overlay;
  /** Default: false. */
  readonly optimistic?: boolean;
}

/** That no stored row has one of these values in this column. */
export interface Assumption {
  readonly table: string;
  readonly column: string;
  readonly values: readonly NonNullable<Value>[];
}

export type QueryRunner = MutatorRunner;

export interface Transaction {
  /** Reads and writes what the person may. */
  readonly restricted: QueryRunner;
  /** Asks no rules. */
  readonly unrestricted: QueryRunner;
  /** The net changes so far, those that the overlay held before included. */
  changes(): RowChange[];
  /** What was taken for free without a look. */
  readonly assumed: readonly Assumption[];
  /** Ends it: whoever still holds one of its databases gets an error. Throws if a read has failed. */
  close(): void;
}

export function openTransaction(options: TransactionOptions): Transaction {
  const { schema, executor, ctx, fullScans } = options;
  const rules = withoutLocalTables(options.rules, schema);
  const dialect = dialectOf(executor);
  const overlay = options.overlay ?? createOverlay(schema, dialect);
  const assumed: Assumption[] = [];
  const assume = options.optimistic
    ? (assumption: Assumption) => void assumed.push(assumption)
    : null;
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
      if (dialect.refusalOf(cause) === "too-large") throw queryTooLarge(cause);
      const failure = new StorageFailure("A query of a mutation failed.", { cause });
      if (state.kind === "open") state = { kind: "failed", failure };
      throw failure;
    }
  };
  const requireOpen = () => {
    if (state.kind === "open") return;
    if (state.kind === "failed") throw state.failure;
    throw new PlasmaError(
      "transaction-over",
      "The mutation is over. Await every query and write in the mutator.",
    );
  };
  const inTurn = <T>(operation: () => Promise<T>): Promise<T> => {
    const next = () => {
      requireOpen();
      return operation();
    };
    const result = queue.then(next, next);
    queue = result;
    return result;
  };
  const source = options.conflicts;
  const newStore = (restricted: boolean): WriteStore => {
    const asked = restricted ? rules : null;
    const reader: Reader = { schema, dialect, overlay, rules: asked, read, fullScans };
    const conflicts =
      source && restricted ? createConflicts({ schema, dialect, ctx, rules, source, read }) : null;
    return writeStore(reader, { conflicts, assume, requireOpen });
  };
  const runner = (restricted: boolean): QueryRunner => {
    // Hardly anybody asks for the unrestricted one.
    let made: WriteStore | undefined;
    const store = () => (made ??= newStore(restricted));
    return {
      inOrder: true,
      select: (query) => inTurn(() => store().select(query)),
      write: (write) =>
        inTurn(() =>
          isLocalOnly(requireTable(schema, write.table))
            ? Promise.resolve({ rowCount: 0, rows: [] })
            : executeWrite(schema, store(), write),
        ),
    };
  };
  return {
    restricted: runner(true),
    unrestricted: runner(false),
    changes: () => overlay.changes(),
    assumed,
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

function writeStore(
  reader: Reader,
  guard: {
    readonly conflicts: Conflicts | null;
    readonly assume: ((assumption: Assumption) => void) | null;
    readonly requireOpen: () => void;
  },
): WriteStore {
  const { schema, dialect, overlay } = reader;
  const { conflicts, assume, requireOpen } = guard;
  return {
    select: (query) => select(reader, query),
    rowsWith: (tableName, column, values) =>
      readRows(
        reader,
        requireTable(schema, tableName),
        sql`${columnOf("t", column)} IN (${dialect.values(values)})`,
      ),
    ...(assume && {
      takenBy: async (table, column, values) => {
        assume({ table, column, values });
        return overlay.rowsWith(table, column, values);
      },
    }),
    authorize: (table, changes) => authorize(reader, table, changes),
    ...(conflicts && { resolve: (table, changes) => conflicts.resolve(table, changes) }),
    apply(change) {
      // Who has not waited for a read may get here when the overlay is another mutation's already.
      requireOpen();
      overlay.apply(change);
    },
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
  const id = idOfLookup(query);
  if (id !== null && isAboutRowAlone(reader, query)) return lookUp(reader, query, id);
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

function isAboutRowAlone({ schema, rules }: Reader, query: SelectAst): boolean {
  const table = requireTable(schema, tableOfLookup(query));
  if (isLocalOnly(table)) return false;
  const rule = rules?.of(table, "read");
  return rule?.kind !== "expression" || !hasSubquery(rule.condition);
}

/** The row with this id, if it meets the query and may be read. */
async function lookUp(reader: Reader, query: SelectAst, id: string): Promise<Row[]> {
  const { schema, dialect, overlay, rules } = reader;
  const table = requireTable(schema, tableOfLookup(query));
  if (!asksForIdAlone(query)) analyzeSelect(schema, query);
  let row = overlay.get(table.name, id);
  if (row === undefined) {
    const [stored] = await reader.read(
      sql`SELECT ${readColumns(table, "t", dialect)} FROM ${name(table.name)} AS t WHERE t.id = ${bind(id)}`,
    );
    row = stored ? rowFromSql(table, stored) : null;
  }
  if (!row || !meets(schema, query.where!, new Map([[query.from.alias, row]]))) return [];
  return !rules || allows(reader, rules.of(table, "read"), { table, row }) ? [{ ...row }] : [];
}

/** By a rule that looks at the row alone. */
function allows(
  { schema }: Reader,
  rule: BoundRule,
  { table, row }: { readonly table: TableInfo; readonly row: Row },
): boolean {
  if (rule.kind === "predicate") return rule.allows(row);
  checkRule(schema, table, rule.condition);
  return meets(schema, rule.condition, new Map([[RULE_ROW, row]]));
}

function meets(schema: Schema, condition: Condition, scope: ReadonlyMap<string, Row>): boolean {
  return evaluateCondition(condition, { schema, rows: () => [] }, scope) === true;
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
  if (!speaksOfLocal(schema, query)) await reader.fullScans?.look(query, rules);
  return stored.map((row) => resultFromSql(analyzed, row));
}

/** What lies on the devices can decide nothing here. */
function withoutLocalTables(rules: Rules, schema: Schema): Rules {
  const synced = syncedSchema(schema);
  if (synced === schema) return rules;
  return {
    of(table, kind) {
      const rule = rules.of(table, kind);
      if (isLocalOnly(table) || rule.kind === "predicate") return rule;
      for (const other of tablesOfCondition(rule.condition)) {
        if (synced.byName.has(other)) continue;
        throw new PlasmaError(
          "invalid-rule",
          `The ${kind} rule of table "${table.name}" looks into "${other}", whose rows stay on the device (changeLogSuppressed). Let it look into synced tables only.`,
        );
      }
      return rule;
    },
  };
}

function speaksOfLocal(schema: Schema, query: SelectAst): boolean {
  return [...tablesOfSelect(query)].some((table) => isLocalOnly(requireTable(schema, table)));
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
  if (rule.kind === "predicate" || !hasSubquery(rule.condition)) {
    if (images.every((row) => allows(reader, rule, { table, row }))) return;
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
