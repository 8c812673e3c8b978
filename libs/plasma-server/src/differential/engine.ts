/** The engines that are held against each other: core's evaluator, and SQL on a database. */

import {
  evaluateRelational,
  evaluateSelect,
  PlasmaError,
  runRelational,
} from "@sh1n4ps/plasma-core";
import type { AnyColumn, QueryAst, Row, SelectAst, TableInfo } from "@sh1n4ps/plasma-core";
import { compileSelect } from "../sql/compile.ts";
import { dialectOf } from "../sql/dialect-of.ts";
import type { SqlDialect } from "../sql/dialect.ts";
import type { SqlExecutor, Statement } from "../sql/executor.ts";
import { join, name, sql } from "../sql/fragment.ts";
import type { SqlFragment } from "../sql/fragment.ts";
import { resultFromSql } from "../sql/result-codec.ts";
import { columnNames } from "../sql/row-codec.ts";
import { selectRows } from "../sql/row-list.ts";
import { rowSourceOf } from "./world.ts";
import type { LoadedWorld } from "./world.ts";

export interface Engine {
  readonly name: string;
  /** Forgets the world before. */
  load(world: LoadedWorld): Promise<void>;
  run(query: QueryAst): Promise<readonly Row[]>;
}

export function evaluatorEngine(): Engine {
  let source = rowSourceOf({
    schema: { tables: {}, byName: new Map(), references: new Map() },
    rows: new Map(),
  });
  return {
    name: "evaluator",
    async load(world) {
      source = rowSourceOf(world);
    },
    async run(query) {
      if (query.kind === "select") return evaluateSelect(query, source);
      return evaluateRelational(query, (select) => evaluateSelect(select, source));
    },
  };
}

export function sqlEngine(engineName: string, executor: SqlExecutor): Engine {
  const dialect = dialectOf(executor);
  let loaded: LoadedWorld | null = null;
  let drops: Statement[] = [];

  const runSelect = async (query: SelectAst): Promise<Row[]> => {
    const { schema } = loaded!;
    const source = (table: TableInfo) => name(table.name);
    const { statement, analyzed } = compileSelect(query, { schema, dialect, source });
    const stored = await all(statement);
    return stored.map((row) => resultFromSql(analyzed, row));
  };
  const all = async (statement: Statement) => {
    try {
      return await executor.all(statement);
    } catch (cause) {
      if (dialect.isOverflow(cause)) throw new PlasmaError("overflow", "A sum is too large.");
      throw cause;
    }
  };
  return {
    name: engineName,
    async load(world) {
      const tables = [...world.schema.byName.values()];
      await executor.batch([
        ...drops,
        ...tables.flatMap((table) => createTable(table, dialect)),
        ...tables.map((table) => insertRows(table, world.rows.get(table.name) ?? [], dialect)),
      ]);
      drops = tables.map((table) => sql`DROP TABLE ${name(table.name)}`);
      loaded = world;
    },
    async run(query) {
      return query.kind === "select" ? runSelect(query) : runRelational(query, runSelect);
    },
  };
}

/** The columns and indexes of the real tables; not their change log, which queries never see. */
function createTable(table: TableInfo, dialect: SqlDialect): Statement[] {
  const columns = table.columnNames.map((columnName) => {
    const column = table.columns[columnName] as AnyColumn;
    const parts: SqlFragment[] = [name(columnName), raw(dialect.columnType(column.kind))];
    if (column.kind === "id") parts.push(sql`PRIMARY KEY`);
    if (!column.isNullable) parts.push(sql`NOT NULL`);
    return join(parts, " ");
  });
  const strict = dialect.name === "sqlite" ? sql` STRICT` : sql``;
  const indexes = (table.options.indexes ?? []).map((index, at) => {
    const label = name(`${table.name}$${at}`);
    return sql`CREATE INDEX ${label} ON ${name(table.name)} (${join(index.map(name))})`;
  });
  return [sql`CREATE TABLE ${name(table.name)} (${join(columns)})${strict}`, ...indexes];
}

function insertRows(table: TableInfo, rows: readonly Row[], dialect: SqlDialect): Statement {
  return sql`INSERT INTO ${name(table.name)} (${columnNames(table)}) ${selectRows(table, rows, dialect)}`;
}

function raw(text: string): SqlFragment {
  return { text, params: [] };
}
