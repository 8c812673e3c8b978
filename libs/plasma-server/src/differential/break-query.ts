/** Makes a wrong query of a right one (or, by chance, another right one): one node is replaced by one that may not fit. */

import type { QueryAst } from "@sh1n4ps/plasma-core";
import { replacements } from "./ast-tree.ts";
import type { Random } from "./random.ts";
import * as q from "./shorthand.ts";
import type { Generation } from "./sight.ts";
import { columnsOf, fieldsOfTable } from "./sight.ts";

export function breakQuery<Q extends QueryAst>(generation: Generation, query: Q): Q {
  const { random } = generation;
  const broken = [...replacements(query, (node) => wrongNodes(generation, node))];
  return broken.length > 0 ? random.pick(broken) : query;
}

function wrongNodes({ random, world, ...rest }: Generation, node: object): unknown[] {
  if (!("kind" in node)) return [];
  const table = random.pick(Object.keys(world));
  const columns = columnsOf(table, fieldsOfTable({ random, world, ...rest }, table));
  const stranger = random.pick(columns).operand;
  switch (node.kind) {
    case "column":
      return [{ ...node, column: "missing" }, { ...node, alias: "ghost" }, stranger];
    case "value":
      // Not the output of a projection, which is of this kind too.
      if ("name" in node) return [];
      return [q.val(strangeValue(random))];
    case "aggregate":
      return [
        { ...node, operand: stranger },
        { ...node, fn: "sum", distinct: true },
        { ...node, fn: random.pick(["sum", "avg", "max"]) },
      ];
    case "like":
    case "in":
      return [{ ...node, operand: q.agg("max", stranger) }];
    case "compare":
    case "isNull":
    case "constant":
      return [
        q.cmp("gt", q.agg(random.pick(["count", "sum", "avg", "min", "max"]), stranger), q.val(0)),
        q.cmp("lt", stranger, q.val(strangeValue(random))),
        q.like(stranger, "%"),
        q.within(stranger, [strangeValue(random)]),
        deep(q.isNull(stranger), 20 + random.below(30)),
      ];
    case "table":
      return [{ ...node, table: "nowhere" }, q.from(table)];
    case "select":
      return [
        { ...node, projection: null },
        { ...node, distinct: true },
        { ...node, groupBy: [stranger] },
        { ...node, orderBy: [q.asc(stranger)] },
        { ...node, orderBy: [q.desc(q.agg("max", stranger))] },
        { ...node, having: q.cmp("gt", stranger, q.val(0)) },
        { ...node, projection: [q.rowField("all", "ghost")] },
      ];
    default:
      return [];
  }
}

function strangeValue(random: Random) {
  return random.pick([null, "text", 1, 1.5, 2 ** 53, 1n, true, new Date(0), Uint8Array.of(1)]);
}

function deep(condition: ReturnType<typeof q.not>, levels: number) {
  let nested = condition;
  for (let level = 0; level < levels; level++)
    nested = level % 3 ? q.not(nested) : q.and(nested, condition);
  return nested;
}
