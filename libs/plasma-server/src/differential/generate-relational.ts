/** Random relational queries: rows with related rows nested inside, each with a window of its own. */

import { relationsOf } from "@sh1n4ps/plasma-core";
import type { RelatedAst, RelationalAst } from "@sh1n4ps/plasma-core";
import { generateCondition } from "./generate-condition.ts";
import { generateSelect } from "./generate-select.ts";
import * as q from "./shorthand.ts";
import { columnsOf, comparable, fieldsOfTable } from "./sight.ts";
import type { Generation } from "./sight.ts";

const MAX_DEPTH = 3;

export function generateRelational(
  generation: Generation,
  table?: string,
  depth = 0,
): RelationalAst {
  const { random, world, schema } = generation;
  const name = table ?? random.pick(Object.keys(world));
  const columns = columnsOf(name, fieldsOfTable(generation, name));
  const where = random.chance(0.3)
    ? generateCondition({
        generation,
        depth: 1,
        outer: [],
        operands: columns,
        visible: columns,
        height: 1,
        subquery: generateSelect,
      })
    : null;
  const terms = random.chance(0.5) ? random.sample(comparable(columns), 1 + random.below(2)) : [];
  const query = q.select({
    from: q.from(name),
    where,
    orderBy: terms.map(({ operand }) => (random.chance(0.5) ? q.asc(operand) : q.desc(operand))),
    limit: random.chance(0.3) ? random.below(4) : null,
    offset: random.chance(0.15) ? random.below(3) : 0,
  });
  const relations = [...relationsOf(schema, name).values()];
  const chosen =
    depth < MAX_DEPTH ? random.sample(relations, random.below(depth === 0 ? 4 : 3)) : [];
  const related = chosen.map(
    ({ name: relation, cardinality, table: other, parentColumn, childColumn }): RelatedAst => ({
      name: relation,
      cardinality,
      parentColumn,
      childColumn,
      related: generateRelational(generation, other, depth + 1),
    }),
  );
  return q.relational(query, related);
}
