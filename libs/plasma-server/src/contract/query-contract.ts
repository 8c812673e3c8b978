/** SQL is held against core's evaluator, which defines what a query means. */

import {
  evaluateSelect,
  like,
  mutatorDb,
  PlasmaError,
  tableInfo,
  tableQuery,
} from "@sh1n4ps/plasma-core";
import type { Condition, Row, SelectAst, Source } from "@sh1n4ps/plasma-core";
import { beforeAll, describe, expect, it } from "vitest";
import { commit } from "../db/commit.ts";
import { bindRules } from "../db/rules.ts";
import { openTransaction } from "../db/transaction.ts";
import { runtimePlatform } from "../platform.ts";
import { ensureSchema } from "../schema/ensure-schema.ts";
import { compileSelect } from "../sql/compile.ts";
import { dialectOf } from "../sql/dialect-of.ts";
import type { SqlExecutor } from "../sql/executor.ts";
import { name } from "../sql/fragment.ts";
import { resultFromSql } from "../sql/result-codec.ts";
import { chance, left, randomQuery, randomRow, randomSchema, right } from "./random.ts";

export interface QueryContractOptions {
  readonly fresh: () => Promise<SqlExecutor>;
  readonly queries: number;
  readonly seed: number;
}

const LEFT: Source = { kind: "table", table: "left", alias: "left" };

export function queryContract({ fresh, queries, seed }: QueryContractOptions): void {
  describe("queries", () => {
    let executor: SqlExecutor;
    const rows = { left: [] as Row[], right: [] as Row[] };

    beforeAll(async () => {
      executor = await fresh();
      await ensureSchema({ schema: randomSchema, executor });
      const random = chance(seed);
      for (const target of [left, right]) {
        const { name: tableName } = tableInfo(target);
        const own = Array.from({ length: 24 }, (_, at) =>
          randomRow(random, `${random.pick(["a", "B", "é", "😀", "\uffff"])}${at}`),
        );
        rows[tableName as "left" | "right"] = own;
        const transaction = openTransaction({
          schema: randomSchema,
          executor,
          ctx: {},
          rules: bindRules({}, { default: "allow" }),
        });
        await mutatorDb(randomSchema, transaction.restricted)
          .insert(target)
          .values(own as never);
        const [meta] = await executor.all({ text: "SELECT version FROM _plasma_meta", params: [] });
        const done = await commit({
          schema: randomSchema,
          executor,
          platform: runtimePlatform(),
          base: meta!["version"] as number,
          changes: transaction.changes(),
        });
        expect(done.kind).toBe("committed");
      }
    });

    const inSql = async (query: SelectAst): Promise<Row[]> => {
      const dialect = dialectOf(executor);
      const compiler = {
        schema: randomSchema,
        dialect,
        source: (table: { name: string }) => name(table.name),
      };
      const { statement, analyzed } = compileSelect(query, compiler);
      const found = await executor.all(statement);
      return found.map((row) => resultFromSql(analyzed, row));
    };
    const inMemory = (query: SelectAst): Row[] =>
      evaluateSelect(query, {
        schema: randomSchema,
        rows: (tableName) => rows[tableName as "left" | "right"],
      });

    it("gives every value back exactly as it was written", async () => {
      const all: SelectAst = tableQuery(LEFT, {
        where: null,
      });
      expect(await inSql(all)).toEqual(inMemory(all));
    });

    it(`means in SQL what the evaluator says (${queries} random queries from seed ${seed})`, async () => {
      const random = chance(seed + 1);
      let matched = 0;
      let compared = 0;
      for (let at = 0; at < queries; at++) {
        const query = randomQuery(random, [], 3);
        const params = compileSelect(query, {
          schema: randomSchema,
          dialect: dialectOf(executor),
          source: (table) => name(table.name),
        }).statement.params.length;
        // More values than D1 takes in one statement.
        if (params > 100) continue;
        const expected = inMemory(query);
        const found = await inSql(query);
        if (JSON.stringify(ids(found)) !== JSON.stringify(ids(expected))) {
          expect.fail(
            `seed ${seed}, query ${at}: ${JSON.stringify(query, printable)}\nSQL ${ids(found).join()}\nevaluator ${ids(expected).join()}`,
          );
        }
        expect(found).toEqual(expected);
        compared++;
        if (expected.length > 0) matched++;
      }
      expect(compared).toBeGreaterThan(queries * 0.9);
      expect(matched).toBeGreaterThan(queries / 10);
    }, 120_000);

    it("keeps long `or` lists within the depth that databases allow", async () => {
      const conditions = Array.from({ length: 90 }, (_, at): Condition => ({
        kind: "compare",
        op: "eq",
        left: { kind: "column", alias: "left", column: "whole" },
        right: { kind: "value", value: at },
      }));
      const query: SelectAst = tableQuery(LEFT, {
        where: { kind: "or", conditions },
      });
      expect(ids(await inSql(query))).toEqual(ids(inMemory(query)));
    });

    it("takes lists of many thousand values", async () => {
      const values = Array.from({ length: 20_000 }, (_, at) => at - 5);
      const query: SelectAst = tableQuery(LEFT, {
        where: { kind: "in", operand: { kind: "column", alias: "left", column: "whole" }, values },
      });
      expect(ids(await inSql(query))).toEqual(ids(inMemory(query)));
    });

    it("matches long patterns as it does short ones", async () => {
      for (const pattern of [
        `a%${"a".repeat(57)}_`,
        `${"a".repeat(30)}%${"a".repeat(30)}b`,
        `%${"_".repeat(62)}%`,
        `%${"a".repeat(70)}%`,
        `${"a%".repeat(40)}b`,
      ]) {
        const where = like(left.word, pattern);
        const query: SelectAst = tableQuery(LEFT, {
          where,
        });
        expect(ids(await inSql(query))).toEqual(ids(inMemory(query)));
        const negated: SelectAst = { ...query, where: { kind: "not", condition: where } };
        expect(ids(await inSql(negated))).toEqual(ids(inMemory(negated)));
      }
    });

    it("refuses to compare kinds that do not compare", async () => {
      const query: SelectAst = tableQuery(LEFT, {
        where: {
          kind: "compare",
          op: "eq",
          left: { kind: "column", alias: "left", column: "word" },
          right: { kind: "value", value: 1 },
        },
      });
      await expect(inSql(query)).rejects.toThrow(PlasmaError);
    });

    it("refuses conditions that are nested deeper than databases allow", async () => {
      let where: Condition = { kind: "constant", value: true };
      for (let depth = 0; depth < 120; depth++) where = { kind: "not", condition: where };
      const query: SelectAst = tableQuery(LEFT, {
        where,
      });
      await expect(inSql(query)).rejects.toMatchObject({ code: "query-too-complex" });
    });
  });
}

function ids(rows: readonly Row[]): unknown[] {
  return rows.map((row) => row["id"]);
}

function printable(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${value}n` : value;
}
