/**
 * Values of every kind, at their extremes, through a database and back: as cells, as values in a query, as lists, in
 * order, in groups, in aggregates. What the evaluator says is right.
 */

import { completeRow, eq, evaluateSelect, PlasmaError, select } from "@sh1n4ps/plasma-core";
import type { Row, SelectAst, TableInfo } from "@sh1n4ps/plasma-core";
import { expect, it } from "vitest";
import { ensureSchema } from "../schema/ensure-schema.ts";
import { describeSchema } from "../schema/description.ts";
import { plainPostgresTables } from "../schema/postgres-tables.ts";
import { compileSelect } from "../sql/compile.ts";
import { dialectOf } from "../sql/dialect-of.ts";
import type { SqlExecutor } from "../sql/executor.ts";
import { name, sql } from "../sql/fragment.ts";
import { resultFromSql } from "../sql/result-codec.ts";
import { columnNames } from "../sql/row-codec.ts";
import { selectRows } from "../sql/row-list.ts";
import { everything, valueQueries } from "./values-queries.ts";
import { cells, ROWS, SCHEMA, TABLE } from "./values-world.ts";

export function valuesContract(executor: () => SqlExecutor): void {
  const run = async ({ ast }: { readonly ast: SelectAst }): Promise<Row[]> => {
    const dialect = dialectOf(executor());
    const source = ({ name: tableName }: TableInfo) => name(tableName);
    const { statement, analyzed } = compileSelect(ast, { schema: SCHEMA, dialect, source });
    try {
      const stored = await executor().all(statement);
      return stored.map((row) => resultFromSql(analyzed, row));
    } catch (cause) {
      if (dialect.isOverflow(cause)) throw new PlasmaError("overflow", "too large", { cause });
      throw cause;
    }
  };
  const evaluate = ({ ast }: { readonly ast: SelectAst }) =>
    evaluateSelect(ast, { schema: SCHEMA, rows: () => ROWS });

  it("the tables can be made, and rows of all kinds go in and come out as they were", async () => {
    const dialect = dialectOf(executor());
    if (dialect.name === "sqlite") await ensureSchema({ schema: SCHEMA, executor: executor() });
    else await executor().batch(plainPostgresTables(describeSchema(SCHEMA).tables));
    for (let at = 0; at < ROWS.length; at += 40) {
      const rows = ROWS.slice(at, at + 40);
      await executor().run(
        sql`INSERT INTO ${name(TABLE.name)} (${columnNames(TABLE)}) ${selectRows(TABLE, rows, dialect)}`,
      );
    }
    expect(await run(everything)).toEqual(evaluate(everything));
  });

  it("defaults are the same whoever fills them in", async () => {
    await executor().run(sql`INSERT INTO ${name(TABLE.name)} (id) VALUES ('defaults')`);
    const own = select().from(cells).where(eq(cells.id, "defaults"));
    const [row] = await run(own);
    await executor().run(sql`DELETE FROM ${name(TABLE.name)} WHERE id = 'defaults'`);
    expect(row).toEqual(completeRow(TABLE, { id: "defaults" }));
  });

  it.each(valueQueries())("$what", async ({ query }) => {
    let expected: Row[];
    try {
      expected = evaluate(query);
    } catch (error) {
      await expect(run(query)).rejects.toMatchObject({ code: (error as PlasmaError).code });
      return;
    }
    expect(await run(query)).toEqual(expected);
  });
}
