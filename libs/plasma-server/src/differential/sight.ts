/** What a generated query can name at some place: the columns in sight, with their types. */

import { typeOfKind } from "@sh1n4ps/plasma-core";
import type {
  AggregateOperand,
  ColumnOperand,
  Schema,
  SelectAst,
  ValueType,
} from "@sh1n4ps/plasma-core";
import type { Random } from "./random.ts";
import { agg } from "./shorthand.ts";
import type { World } from "./world.ts";

export interface Typed<O = ColumnOperand | AggregateOperand> {
  readonly operand: O;
  readonly type: ValueType;
}

export type TypedColumn = Typed<ColumnOperand>;

/** The state of one generation. */
export interface Generation {
  readonly random: Random;
  readonly world: World;
  readonly schema: Schema;
  /** Makes aliases that are used nowhere else. */
  nextAlias(): string;
}

/** A place in a query. */
export interface Site {
  readonly generation: Generation;
  /** How many queries are around this one. */
  readonly depth: number;
  /** Columns of the queries around this one. */
  readonly outer: readonly TypedColumn[];
}

/** A query, and what its rows are for a query around it; null if they are not flat. */
export interface Generated {
  readonly query: SelectAst;
  readonly fields: readonly FieldSpec[] | null;
}

export interface FieldSpec {
  readonly name: string;
  readonly type: ValueType;
}

export function fieldsOfTable({ world }: Generation, table: string): FieldSpec[] {
  const columns = Object.entries(world[table]!.columns);
  return [
    { name: "id", type: "text" },
    ...columns.map(([name, { kind }]) => ({
      name,
      type: typeOfKind(kind),
    })),
  ];
}

export function columnsOf(alias: string, fields: readonly FieldSpec[]): TypedColumn[] {
  return fields.map(({ name, type }) => ({
    operand: { kind: "column", alias, column: name },
    type,
  }));
}

export function comparable<T extends Typed>(operands: readonly T[]): T[] {
  return operands.filter(({ type }) => type !== "json");
}

const NUMBERS: readonly ValueType[] = ["int", "bigint", "real"];

/** Some aggregate over one of these columns. */
export function someAggregate(
  random: Random,
  columns: readonly TypedColumn[],
): Typed<AggregateOperand> {
  const numbers = columns.filter(({ type }) => NUMBERS.includes(type));
  const ordered = comparable(columns);
  const dice = random.next();
  if (dice < 0.4 && numbers.length > 0) {
    const { operand, type } = random.pick(numbers);
    return random.chance(0.6)
      ? { operand: agg("sum", operand), type }
      : { operand: agg("avg", operand), type: "real" };
  }
  if (dice < 0.7 && ordered.length > 0) {
    const { operand, type } = random.pick(ordered);
    return { operand: agg(random.pick(["min", "max"]), operand), type };
  }
  if (dice < 0.8 && ordered.length > 0) {
    return {
      operand: agg("count", random.pick(ordered).operand, "distinct"),
      type: "int",
    };
  }
  const counted = random.chance(0.5) || columns.length === 0 ? null : random.pick(columns).operand;
  return { operand: agg("count", counted), type: "int" };
}
