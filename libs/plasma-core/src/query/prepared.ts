/** What the evaluator works out once for each condition, not for each row: its matcher, its set of values. */

import type { Condition, Value } from "./ast.ts";
import { likeMatcher } from "./like.ts";
import type { LikeMatcher } from "./like.ts";

type InCondition = Extract<Condition, { kind: "in" }>;
type LikeCondition = Extract<Condition, { kind: "like" }>;

/** A list of values all of one primitive type, as a set; null where they have to be compared one by one. */
type ValueSet = { readonly type: string; readonly values: ReadonlySet<Value> } | null;

// Conditions are immutable, so what was worked out for one stays right as long as it lives.
const matchers = new WeakMap<LikeCondition, LikeMatcher>();
const sets = new WeakMap<InCondition, { readonly set: ValueSet }>();

export function matcherOf(condition: LikeCondition): LikeMatcher {
  let matcher = matchers.get(condition);
  if (!matcher)
    matchers.set(condition, (matcher = likeMatcher(condition.pattern, condition.foldCase)));
  return matcher;
}

export function valueSetOf(condition: InCondition): ValueSet {
  let known = sets.get(condition);
  if (!known) sets.set(condition, (known = { set: makeSet(condition.values) }));
  return known.set;
}

function makeSet(values: readonly Value[]): ValueSet {
  const type = typeof values[0];
  if (type === "object" || values.some((value) => typeof value !== type)) return null;
  return { type, values: new Set(values) };
}
