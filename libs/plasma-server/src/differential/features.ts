/** Which parts of the language a query uses: so that a run can tell what it has tried, and how often. */

import type { Condition, Operand, QueryAst, SelectAst } from "@sh1n4ps/plasma-core";

export type FeatureCounts = Map<string, number>;

export function countFeatures(query: QueryAst, outcome: string, counts: FeatureCounts): void {
  const features = new Set<string>();
  ofQuery(query, (feature) => features.add(feature));
  features.add(outcome.startsWith("error ") ? outcome : outcome === "no rows" ? "no rows" : "rows");
  for (const feature of features) counts.set(feature, (counts.get(feature) ?? 0) + 1);
}

type Add = (feature: string) => void;

function ofQuery(query: QueryAst, add: Add, depth = 0): void {
  if (query.kind === "select") return ofSelect(query, add);
  add(depth === 0 ? "relational" : `related, level ${depth}`);
  ofSelect(query.query, add);
  for (const { cardinality, related } of query.with) {
    add(`with ${cardinality}`);
    if (related.query.limit !== null || related.query.offset > 0) add("window of related rows");
    ofQuery(related, add, depth + 1);
  }
}

function ofSelect(query: SelectAst, add: Add): void {
  for (const from of [query.from, ...query.joins.map(({ source }) => source)]) {
    if (from.kind === "table") continue;
    add("subquery in from");
    ofSelect(from.query, add);
  }
  const tables = [query.from, ...query.joins.map(({ source }) => source)].flatMap((from) =>
    from.kind === "table" ? [from.table] : [],
  );
  if (new Set(tables).size < tables.length) add("self join");
  for (const { kind, on } of query.joins) {
    add(`${kind} join`);
    ofCondition(on, "on", add);
  }
  if (query.joins.length > 1) add("several joins");
  for (const field of query.projection ?? []) {
    add(field.kind === "row" ? "row in projection" : "value in projection");
    if (field.kind === "value" && "operand" in field) ofOperand(field.operand, "projection", add);
  }
  if (!query.projection) add("whole rows");
  if (query.distinct) add("distinct");
  if (query.where) ofCondition(query.where, "where", add);
  if (query.groupBy.length > 0) add("group by");
  if (query.having) ofCondition(query.having, "having", add);
  for (const { operand, direction } of query.orderBy) {
    add(`order ${direction}`);
    ofOperand(operand, "order", add);
  }
  if (query.orderBy.length > 1) add("order by several");
  if (query.limit !== null) add("limit");
  if (query.offset > 0) add("offset");
}

function ofCondition(condition: Condition, place: string, add: Add): void {
  switch (condition.kind) {
    case "constant":
      return add("constant");
    case "compare":
      add(`${condition.op} in ${place}`);
      ofOperand(condition.left, place, add);
      return ofOperand(condition.right, place, add);
    case "in":
      add(
        condition.values.includes(null)
          ? "in with null"
          : condition.values.length
            ? "in"
            : "in nothing",
      );
      return ofOperand(condition.operand, place, add);
    case "isNull":
      add("is null");
      return ofOperand(condition.operand, place, add);
    case "like":
      add(condition.foldCase ? "ilike" : "like");
      return ofOperand(condition.operand, place, add);
    case "and":
    case "or":
      add(condition.kind);
      for (const part of condition.conditions) ofCondition(part, place, add);
      return;
    case "not":
      add(`not ${condition.condition.kind}`);
      return ofCondition(condition.condition, place, add);
    case "exists":
      add(`exists in ${place}`);
      return ofSelect(condition.query, add);
  }
}

function ofOperand(operand: Operand, place: string, add: Add): void {
  if (operand.kind === "aggregate") {
    add(`${operand.fn}${operand.distinct ? " distinct" : ""} in ${place}`);
  }
  if (operand.kind === "value" && operand.value === null) add("null value");
}
