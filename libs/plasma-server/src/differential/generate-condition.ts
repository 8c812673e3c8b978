/** Random conditions of any depth over the operands in sight. */

import { canCompare } from "@sh1n4ps/plasma-core";
import type { CompareOp, Condition, Operand, Value, ValueType } from "@sh1n4ps/plasma-core";
import type { Random } from "./random.ts";
import * as q from "./shorthand.ts";
import { comparable } from "./sight.ts";
import type { Generated, Site, Typed, TypedColumn } from "./sight.ts";
import { EXTREME_REALS, somePattern, someValue } from "./values.ts";

export interface ConditionSite extends Site {
  /** What may be compared here: columns, or a group's columns and aggregates. */
  readonly operands: readonly Typed[];
  /** What a subquery sees of this query. */
  readonly visible: readonly TypedColumn[];
  /** How much deeper it may go. */
  readonly height: number;
  /** Makes a subquery for `exists`. */
  readonly subquery: (site: Site) => Generated;
}

const OPERATORS: readonly CompareOp[] = ["eq", "ne", "gt", "gte", "lt", "lte"];
const MAX_DEPTH = 2;

export function generateCondition(site: ConditionSite): Condition {
  const { random } = site.generation;
  if (site.height > 0 && random.chance(0.55)) return composed({ ...site, height: site.height - 1 });
  return atom(site);
}

function composed(site: ConditionSite): Condition {
  const { random } = site.generation;
  if (random.chance(0.3)) return q.not(generateCondition(site));
  const count = random.chance(0.03) ? 0 : random.chance(0.02) ? 30 : 1 + random.below(3);
  // A long list of simple parts: databases limit the depth of the tree that it becomes.
  const parts = Array.from({ length: count }, () =>
    count > 5 ? atom({ ...site, depth: MAX_DEPTH }) : generateCondition(site),
  );
  return random.chance(0.5) ? q.and(...parts) : q.or(...parts);
}

function atom(site: ConditionSite): Condition {
  const { random } = site.generation;
  const operands = comparable(site.operands);
  const dice = random.next();
  if (dice < 0.12 && site.depth < MAX_DEPTH) return existence(site);
  if (dice < 0.14 || operands.length === 0) return q.always(random.chance(0.5));
  if (dice < 0.24) return q.isNull(random.pick(site.operands).operand);
  const texts = operands.filter(({ type }) => type === "text");
  if (dice < 0.38 && texts.length > 0) {
    const pattern = withoutLooseEnd(somePattern(random));
    const { operand } = random.pick(texts);
    return random.chance(0.6) ? q.like(operand, pattern) : q.ilike(operand, pattern);
  }
  const left = random.pick(operands);
  if (dice < 0.55) return membership(random, left);
  const right = otherSide(random, left, operands);
  const sides: [Operand, Operand] = random.chance(0.9)
    ? [left.operand, right]
    : [right, left.operand];
  return q.cmp(random.pick(OPERATORS), ...sides);
}

function existence(site: ConditionSite): Condition {
  const outer = [...site.outer, ...site.visible];
  const { query } = site.subquery({ generation: site.generation, depth: site.depth + 1, outer });
  return q.exists(query);
}

function membership(random: Random, { operand, type }: Typed): Condition {
  const count = random.chance(0.1) ? 0 : random.chance(0.05) ? 150 : 1 + random.below(4);
  const values = Array.from({ length: count }, (): Value =>
    random.chance(0.1) ? null : comparedValue(random, type),
  );
  return q.within(operand, values);
}

function otherSide(random: Random, left: Typed, operands: readonly Typed[]): Operand {
  if (random.chance(0.05)) return q.val(null);
  const others = operands.filter(({ type }) => canCompare(left.type, type));
  if (random.chance(0.4) && others.length > 0) return random.pick(others).operand;
  return q.val(comparedValue(random, left.type));
}

/** A value that can be compared with the type: an int also with the other numbers. */
function comparedValue(random: Random, type: ValueType): Value {
  switch (type) {
    case "json":
      return null;
    case "int":
      return someValue(random, random.pick(["int", "int", "real", "bigint"]));
    case "bigint":
      return someValue(random, random.pick(["bigint", "bigint", "int"]));
    case "real":
      if (random.chance(0.2))
        return random.pick(EXTREME_REALS.filter((real) => !(real >= 2 ** 63)));
      return someValue(random, random.pick(["real", "real", "int"]));
    case "text":
      return random.chance(0.3) ? random.pick(["a", "A", "b", "1"]) : someValue(random, "text");
    default:
      return someValue(random, type);
  }
}

/** As `like()` leaves it: a backslash at the end stands for itself. */
function withoutLooseEnd(pattern: string): string {
  const backslashes = /\\*$/.exec(pattern)![0].length;
  return backslashes % 2 === 1 ? `${pattern}\\` : pattern;
}
