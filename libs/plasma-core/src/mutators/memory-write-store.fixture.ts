/** A `WriteStore` over plain maps, for tests: the rules are asked of the rows as they are when they are asked. */

import { bindRule } from "../auth/bind-rule.ts";
import type { RuleKind } from "../auth/bind-rule.ts";
import { PlasmaAuthorizationError } from "../errors.ts";
import { RULE_ROW } from "../query/ast.ts";
import { mutatorDb } from "../query/db.ts";
import type { MutatorDb } from "../query/db.ts";
import { evaluateCondition, evaluateSelect } from "../query/evaluate.ts";
import type { RowSource } from "../query/evaluate.ts";
import { completeRow } from "../schema/row.ts";
import { requireTable } from "../schema/schema.ts";
import type { Schema } from "../schema/schema.ts";
import type { Row, TableInfo } from "../schema/table.ts";
import { executeWrite } from "./execute-write.ts";
import type { RowChange, WriteStore } from "./write-store.ts";

export interface MemoryWorld {
  readonly store: WriteStore;
  readonly db: MutatorDb;
  /** What was applied, in order: "+ todos:1", "~ todos:1", "- todos:1". */
  readonly applied: string[];
  readonly changes: RowChange[];
  /** What `authorize` was asked about. */
  readonly judged: string[];
  /** The rows of a table, by id. */
  rows(table: string): Record<string, Row>;
  /** The same rows for another person. */
  as(ctx: unknown): MemoryWorld;
}

export function memoryWorld(
  schema: Schema,
  given: Readonly<Record<string, readonly Row[]>>,
  ctx: unknown = undefined,
): MemoryWorld {
  const tables = new Map<string, Map<string, Row>>();
  for (const name of schema.byName.keys()) tables.set(name, new Map());
  for (const [name, rows] of Object.entries(given)) {
    for (const values of rows) {
      const row = completeRow(requireTable(schema, name), values);
      tableOf(tables, name).set(row["id"] as string, row);
    }
  }
  return view(schema, tables, ctx);
}

type Tables = Map<string, Map<string, Row>>;

function tableOf(tables: Tables, name: string): Map<string, Row> {
  const rows = tables.get(name);
  if (!rows) throw new Error(`no table ${name}`);
  return rows;
}

function view(schema: Schema, tables: Tables, ctx: unknown): MemoryWorld {
  const source: RowSource = { rows: (name) => tableOf(tables, name).values() };
  const changes: RowChange[] = [];
  const judged: string[] = [];

  const allows = (table: TableInfo, kind: RuleKind, row: Row): boolean => {
    const rule = bindRule(table, kind, ctx, { default: "allow" });
    if (rule.kind === "predicate") return rule.allows(row);
    return evaluateCondition(rule.condition, source, new Map([[RULE_ROW, row]])) === true;
  };

  const store: WriteStore = {
    select: async (query) => {
      const table = requireTable(schema, query.from.table);
      return evaluateSelect(query, source).filter((row) => allows(table, "read", row));
    },
    get: async (table, id) => tableOf(tables, table).get(id),
    referencing: async (table, column, id) =>
      [...tableOf(tables, table).values()].filter((row) => row[column] === id),
    authorize: async (table, asked) => {
      for (const change of asked) {
        judged.push(describe(change));
        const images = [change.before, change.after].filter((row) => row !== null);
        if (!images.every((row) => allows(table, "write", row)))
          throw new PlasmaAuthorizationError();
      }
    },
    apply: (change) => {
      const rows = tableOf(tables, change.table);
      if (rows.get(change.id) !== (change.before ?? undefined)) {
        throw new Error(`${describe(change)}: its "before" is not the row as it is`);
      }
      if (change.after) rows.set(change.id, change.after);
      else rows.delete(change.id);
      changes.push(change);
    },
  };
  return {
    store,
    changes,
    judged,
    get applied() {
      return changes.map(describe);
    },
    db: mutatorDb({
      select: (query) => store.select(query),
      write: (write) => executeWrite(schema, store, write),
    }),
    rows: (table) => Object.fromEntries(tableOf(tables, table)),
    as: (other) => view(schema, tables, other),
  };
}

function describe({ table, id, before, after }: RowChange): string {
  return `${before === null ? "+" : after === null ? "-" : "~"} ${table}:${id}`;
}
