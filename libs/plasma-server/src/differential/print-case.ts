/** A case as TypeScript, to be pasted into `mended-cases.ts`. */

import type {
  Condition,
  Operand,
  OrderTerm,
  ProjectionField,
  QueryAst,
  SelectAst,
  Source,
} from "@sh1n4ps/plasma-core";
import type { Difference } from "./compare.ts";
import { isNode } from "./ast-tree.ts";

export function printDifference({ label, world, query, outcomes }: Difference): string {
  const said = [...outcomes].map(
    ([engine, outcome]) => `//   ${engine}: ${outcome.replaceAll("\n", "\n//     ")}`,
  );
  return [
    `// ${label}`,
    ...said,
    `{`,
    `  name: "…",`,
    `  world: {`,
    ...Object.entries(world).map(([name, spec]) => `    ${key(name)}: ${literal(spec)},`),
    `  },`,
    `  query: ${printQuery(query)},`,
    `},`,
  ].join("\n");
}

export function printQuery(query: QueryAst): string {
  if (query.kind === "select") return select(query);
  const related = query.with.map(({ related: child, ...relation }) => {
    return literal(relation).replace(/ \}$/, `, related: ${printQuery(child)} }`);
  });
  return `q.relational(${select(query.query)}, [${related.join(", ")}])`;
}

function select(query: SelectAst): string {
  const { joins, projection, where, groupBy, having, orderBy } = query;
  const parts = [`from: ${source(query.from)}`];
  if (joins.length > 0) {
    const list = joins.map(
      ({ kind, source: to, on }) => `q.join("${kind}", ${source(to)}, ${condition(on)})`,
    );
    parts.push(`joins: [${list.join(", ")}]`);
  }
  if (projection) parts.push(`projection: [${projection.map(projected).join(", ")}]`);
  if (query.distinct) parts.push("distinct: true");
  if (where) parts.push(`where: ${condition(where)}`);
  if (groupBy.length > 0) parts.push(`groupBy: [${groupBy.map(operand).join(", ")}]`);
  if (having) parts.push(`having: ${condition(having)}`);
  if (orderBy.length > 0) parts.push(`orderBy: [${orderBy.map(orderTerm).join(", ")}]`);
  if (query.limit !== null) parts.push(`limit: ${query.limit}`);
  if (query.offset > 0) parts.push(`offset: ${query.offset}`);
  return `q.select({ ${parts.join(", ")} })`;
}

function source(from: Source): string {
  if (from.kind === "subquery") return `q.sub(${select(from.query)}, ${literal(from.alias)})`;
  const alias = from.alias === from.table ? "" : `, ${literal(from.alias)}`;
  return `q.from(${literal(from.table)}${alias})`;
}

function projected(field: ProjectionField): string {
  if (field.kind === "row") return `q.rowField(${literal(field.name)}, ${literal(field.alias)})`;
  return `q.field(${literal(field.name)}, ${operand(field.operand)})`;
}

function orderTerm(term: OrderTerm): string {
  return `q.${term.direction}(${operand(term.operand)})`;
}

function operand(part: Operand): string {
  switch (part.kind) {
    case "column":
      return `q.col(${literal(`${part.alias}.${part.column}`)})`;
    case "value":
      return `q.val(${literal(part.value)})`;
    case "aggregate": {
      const column = part.operand ? `, ${operand(part.operand)}` : "";
      return `q.agg("${part.fn}"${column}${part.distinct ? ', "distinct"' : ""})`;
    }
  }
}

function condition(part: Condition): string {
  switch (part.kind) {
    case "constant":
      return `q.always(${part.value})`;
    case "compare":
      return `q.cmp("${part.op}", ${operand(part.left)}, ${operand(part.right)})`;
    case "in":
      return `q.within(${operand(part.operand)}, ${literal(part.values)})`;
    case "isNull":
      return `q.isNull(${operand(part.operand)})`;
    case "like":
      return `q.${part.foldCase ? "ilike" : "like"}(${operand(part.operand)}, ${literal(part.pattern)})`;
    case "and":
    case "or":
      return `q.${part.kind}(${part.conditions.map(condition).join(", ")})`;
    case "not":
      return `q.not(${condition(part.condition)})`;
    case "exists":
      return `q.exists(${select(part.query)})`;
  }
}

function literal(value: unknown): string {
  if (value instanceof Date) return `new Date(${value.getTime()})`;
  if (value instanceof Uint8Array) return `Uint8Array.of(${Array.from(value).join(", ")})`;
  if (typeof value === "bigint") return `${value}n`;
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (isNode(value)) {
    const entries = Object.entries(value).map(([name, item]) => `${key(name)}: ${literal(item)}`);
    return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
  }
  return JSON.stringify(value) ?? "undefined";
}

function key(name: string): string {
  return /^[a-zA-Z_]\w*$/.test(name) ? name : JSON.stringify(name);
}
